"""What only the page “Models” needs."""
