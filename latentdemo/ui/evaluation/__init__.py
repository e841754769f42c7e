"""What an evaluation says, in sentences, cards, curves and tables."""
