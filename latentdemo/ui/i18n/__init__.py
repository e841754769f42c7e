"""The words on screen, in English and Japanese."""
