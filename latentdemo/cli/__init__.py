"""The command line: latentdemo models | sample | data | train | fit | evaluate | bench | demo | ...

One module a group of commands, each of which imports what it needs only when it runs; `main` puts them together.
"""

from latentdemo.cli.main import main

__all__ = ["main"]
