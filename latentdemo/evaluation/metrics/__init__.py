"""One family of metrics a file, each with its formula, its source and its bias."""
