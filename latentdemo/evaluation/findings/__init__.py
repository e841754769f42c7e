"""What the figures of an evaluation say: pure functions of what was measured."""
