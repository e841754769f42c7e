"""The page that asks people: a presenter's side and a reviewer's side."""
