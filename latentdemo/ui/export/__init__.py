"""Exports of what a page shows: the button, and what deck and sheet of paper say."""
