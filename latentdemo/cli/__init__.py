"""The command line: python -m latentdemo models | sample | rerun | data | train | fit | evaluate | bench | ..."""

from latentdemo.cli.main import main

__all__ = ["main"]
