"""What is looked at on the machine, one check a file."""
