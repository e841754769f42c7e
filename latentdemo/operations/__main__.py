"""Starts the web app as `python -m streamlit` does, with health, metrics and logs for whoever runs it."""

from __future__ import annotations

import logging
import runpy
import sys

from latentdemo.errors import ServerError
from latentdemo.operations.logs import JsonLines, json_is_asked_for
from latentdemo.operations.port import begin_port
from latentdemo.ui.shell.hidden_figures import hide_figures
from latentdemo.ui.shell.log_lines import write_lines_with


def main() -> None:
    """Begin what the environment asks for, then run Streamlit with the arguments of this process."""
    hide_figures()
    if json_is_asked_for():
        write_lines_with(JsonLines())
    try:
        begin_port()
    except ServerError as error:
        logging.getLogger(__name__).error("%s", error)
        raise SystemExit(1) from None
    sys.argv[0] = "streamlit"
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


main()
