"""What only the page “Step by step” needs."""
