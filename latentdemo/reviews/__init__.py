"""People's judgement: what they say of pictures of several ways, and what follows from it."""
