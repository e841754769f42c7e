"""What the demo is started with: streamlit run app.py -- --checkpoints FOLDER."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from latentdemo.checkpoints.roots import add_checkpoint_root
from latentdemo.ui.i18n.words import _


def parse_args(arguments: Sequence[str]) -> None:
    """Show the models of the folders that are named, beside those that are shown anyway."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--checkpoints", nargs="*", action="extend", default=[], type=Path)
    for folder in parser.parse_known_args(arguments)[0].checkpoints:
        if folder.expanduser().is_dir():
            add_checkpoint_root(folder.expanduser().resolve())
        else:
            st.warning(_("There is no folder {folder}; --checkpoints names one that models lie in.", folder=folder))
