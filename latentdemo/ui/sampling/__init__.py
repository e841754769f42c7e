"""What only the page “Sampling” needs."""
