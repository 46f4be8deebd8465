"""Logs: one JSON object a line, on standard error."""

import logging

from pythonjsonlogger.json import JsonFormatter


def configure(level: str) -> None:
    """Log everything of this process as JSON, from this level on."""
    handler = logging.StreamHandler()
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
    names = {"asctime": "time", "levelname": "level", "name": "logger"}
    handler.setFormatter(JsonFormatter(fields, rename_fields=names))
    logging.basicConfig(level=level, handlers=[handler], force=True)
