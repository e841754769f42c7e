"""What people take away from a page: the button, and what deck and sheet of paper say."""
