"""What only the person at a browser can find out about the way between it and the demo: ?doctor=1."""
