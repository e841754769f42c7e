"""All lines of the log in one form.

Streamlit 1.67 gives each of its loggers a handler of its own, whose form is a text with places for values; in none of
them would a message with a quotation mark be JSON. Uvicorn brings a form of its own, too.
"""

from __future__ import annotations

import logging

import streamlit.logger
from uvicorn.config import LOGGING_CONFIG


def write_lines_with(formatter: logging.Formatter) -> None:
    """Write the log with a formatter: Streamlit's, Uvicorn's and everyone else's lines."""

    def set_up(logger: logging.Logger) -> None:
        if not any(handler.formatter is formatter for handler in logger.handlers):
            logger.handlers[:] = [handler_with(formatter)]

    streamlit.logger.setup_formatter = set_up
    streamlit.logger.update_formatter()
    for form in LOGGING_CONFIG["formatters"].values():
        form.clear()
        form["()"] = lambda **_: formatter  # it adds settings of its own
    logging.basicConfig(handlers=[handler_with(formatter)], level=logging.INFO)
    logging.captureWarnings(True)


def handler_with(formatter: logging.Formatter) -> logging.Handler:
    """A handler that writes to the error stream."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    return handler
