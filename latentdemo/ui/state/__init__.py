"""What a session has chosen and what works for it: links, selection, background jobs."""
