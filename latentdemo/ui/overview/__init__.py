"""What only the page “Overview” needs."""
