"""What work on a cluster costs and brings."""
