"""How a database of reviews comes from one form to the next: one file a form in `versions`."""
