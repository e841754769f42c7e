"""What only the page “Quality review” needs."""
