"""The spaces that metrics are taken in."""
