"""Logs: one JSON object a line, on standard error."""

import logging
import math
import time
from collections.abc import Callable

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

RARELY_SECONDS = 600.0

OWN = "cardiode"
"""The logger that all of this service are below."""


def configure(level: str) -> None:
    """Log everything of this process as JSON, from this level on.

    Of libraries only from INFO on: below it they log what they receive, with keys and the signals of patients.
    """
    # What each record would carry and no line has (https://docs.python.org/3/howto/logging.html#optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # where in the program, as that page says
    handler = logging.StreamHandler()
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
    names = {"asctime": "time", "levelname": "level", "name": "logger"}
    left_out = [*RESERVED_ATTRS, "color_message"]  # uvicorn's own copy of a message, with colours
    handler.setFormatter(JsonFormatter(fields, rename_fields=names, reserved_attrs=left_out))
    # While a collector of traces does not answer, each attempt to reach it is logged.
    handler.addFilter(Rarely("opentelemetry", RARELY_SECONDS))
    handler.addFilter(without_queries)
    logging.basicConfig(level=max(logging.getLevelNamesMapping()[level], logging.INFO), handlers=[handler], force=True)
    logging.getLogger(OWN).setLevel(level)


def without_queries(record: logging.LogRecord) -> bool:
    """Let each record through; the path of a WebSocket, which uvicorn logs, without its query: it may be a secret."""
    if record.name.startswith("uvicorn") and "WebSocket" in str(record.msg) and isinstance(record.args, tuple):
        record.args = tuple(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args)
    return True


class Rarely(logging.Filter):
    """Lets each message of a logger and those below it through once in so many seconds, whatever it is filled with."""

    def __init__(self, name: str, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name)
        self.seconds = seconds
        self._clock = clock
        self._told: dict[str, float] = {}
        """When each message was let through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is let through: always, where it is another logger's."""
        if not super().filter(record):
            return True
        message, now = str(record.msg), self._clock()
        if now - self._told.get(message, -math.inf) < self.seconds:
            return False
        self._told[message] = now
        return True
