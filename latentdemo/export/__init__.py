"""What people take away from a page: pictures, animations, slides, a sheet of paper, and a run that can be repeated.

Nothing here knows the screen or a language: texts come in as they are to be read. `run.json` (`RunSettings`) with
`latents.npz` beside it is repeated by `python -m latentdemo rerun run.json --output FOLDER`.
"""

from latentdemo.export.picture import frames_of, picture_of, sheets_of
from latentdemo.export.run_file import read_settings, write_settings
from latentdemo.export.settings import GIVEN, Branch, Layout, RunSettings

__all__ = [
    "GIVEN",
    "Branch",
    "Layout",
    "RunSettings",
    "frames_of",
    "picture_of",
    "read_settings",
    "sheets_of",
    "write_settings",
]
