"""The engine at a distance: what is asked of one in another process, what it answers, and an engine that asks it."""
