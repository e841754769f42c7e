"""How many people can review at once."""
