"""How fast the demo is, and what it bears: measured, never assumed."""
