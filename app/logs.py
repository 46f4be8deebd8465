"""Logs: one JSON object a line, on standard error."""

import logging

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter


def configure(level: str) -> None:
    """Log everything of this process as JSON, from this level on."""
    handler = logging.StreamHandler()
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
    names = {"asctime": "time", "levelname": "level", "name": "logger"}
    left_out = [*RESERVED_ATTRS, "color_message"]  # uvicorn's own copy of a message, with colours
    handler.setFormatter(JsonFormatter(fields, rename_fields=names, reserved_attrs=left_out))
    logging.basicConfig(level=level, handlers=[handler], force=True)
