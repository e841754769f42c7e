"""The words and curves of the quality review."""
