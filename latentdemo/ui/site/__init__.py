"""A site of files that shows all models without a server."""
