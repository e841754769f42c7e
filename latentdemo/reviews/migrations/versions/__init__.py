"""The forms that a database of reviews has had, one a file."""
