"""A clock that jumps: that of the service's process alone, by libfaketime (Debian: apt-get install faketime)."""

import os
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from soak.service import Service

LIBRARY = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketimeMT.so.1"


class Clock:
    """The wall clock of a process that is started with this `environment`; the file says how far it is ahead."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.environment = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # no clock that is set changes that
        }
        self.jump(0)

    def jump(self, days: int) -> None:
        """Be so many days ahead from now on."""
        self._file.write_text(f"{days:+}d\n")


def days_ahead(service: Service) -> float:
    """Of this process's clock: how far the service's is, by what it says."""
    with urllib.request.urlopen(service.address) as answer:  # noqa: S310 - it is our own
        date = parsedate_to_datetime(answer.headers["Date"])
    return (date - datetime.now(UTC)) / timedelta(days=1)
