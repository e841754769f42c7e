"""Samples reduced to what figures need of them, batch by batch, where they are made."""
