"""A clock that jumps: that of the service's process alone, by libfaketime (Debian: apt-get install faketime)."""

import os
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from soak.service import Service

LIBRARY = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketimeMT.so.1"

SECONDS = 30
"""In which a jump must be noticed; both the library and the server look once a second."""


class Clock:
    """The wall clock of a process that is started with this `environment`; the file says how far it is ahead."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.environment = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds after which it looks at the file again
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # no clock that is set changes that
        }
        self.jump(0)

    def jump(self, days: int) -> None:
        """Be so many days ahead from now on."""
        self._file.write_text(f"{days:+}d\n")


def has_jumped(service: Service, days: int) -> bool:
    """Wait until the service says that it is so many days ahead; whether it does so soon."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with urllib.request.urlopen(service.address) as answer:  # noqa: S310 - it is our own
            date = parsedate_to_datetime(answer.headers["Date"])
        if round((date - datetime.now(UTC)) / timedelta(days=1)) == days:
            return True
        time.sleep(0.05)
    return False
