"""Overload: what becomes of the service's work when four times as much is asked as it can do?

`python -m soak.overload [SECONDS]` starts the service of odenet as it is set by default. For 20 seconds it measures its
capacity by clients that ask without a pause, as many as it takes before it refuses any; for as long it then asks four
times as much, at a constant rate and whatever becomes of it. It fails where

- any request is answered wrongly or not at all, or is refused without Retry-After;
- the 99th percentile of the time to the answer, of those that are not refused, is over 1.5 times that at capacity;
- fewer than 90 % of the beats a second at capacity are answered rightly, for each core that asking leaves: it runs
  beside the service, and to ask four times as much takes more; or fewer than 80 % whatever that takes.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import uvloop

from app.settings import Settings
from soak.bars import Bars
from soak.load import End, Load, beats_right, between, slowest
from soak.marked import Question, questions
from soak.service import Service, end_by_sigterm, served

MODEL = "odenet"
BEATS = 64
"""Of a request."""
TIMES = 4
SLOWER = 1.5
GOODPUT = 0.9
LEAST = 0.8
CONNECTIONS = 256
"""Of all clients together: who gets none in time has not asked."""
SENT = 0.95
"""Of what should be asked; or the load was too little."""


CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Seen:
    """What became of a load: beats a second that were answered rightly, the slowest of 99 % in seconds, all ends.

    `cores` are those that asking took.
    """

    rate: float
    p99: float
    ends: Counter[End]
    cores: float

    @property
    def rate_of_core(self) -> float:
        """Of each that was left for the service."""
        return self.rate / (CORES - self.cores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, default=20, help="of each measurement (20)")
    parser.add_argument("--beats", type=int, default=BEATS, help=f"of a request ({BEATS})")
    asked = parser.parse_args()
    end_by_sigterm()
    with served(CARDIODE_MODELS=MODEL) as service:
        # Whoever asks takes time from the service: it should take little.
        sys.exit(uvloop.run(overload(service, questions(MODEL, (asked.beats,)), asked.beats, asked.seconds)))


async def overload(service: Service, asked: list[Question], beats: int, seconds: float) -> int:
    alone = await seen(Load(service.port, asked), lambda load: load.closed_for(4 * CORES, seconds), seconds)
    report("clients that keep it busy", alone)
    clients = taken_beats(alone.rate) // beats
    full = await seen(Load(service.port, asked), lambda load: load.closed_for(clients, seconds), seconds)
    report(f"{clients} clients, which keep its queue full", full)
    capacity = max(alone.rate, full.rate)
    offered = TIMES * capacity / beats
    over = await seen(Load(service.port, asked), lambda load: load.open_for(offered, seconds, CONNECTIONS), seconds)
    report(f"{TIMES} times as much as it can do", over)
    return judge(max(alone, full, key=lambda load: load.rate), full, over)


def taken_beats(rate: float) -> int:
    """How many it takes at once: a batch for each core, and what may wait besides."""
    settings = Settings()
    solved = CORES * settings.batch_beats
    return solved + max(round(settings.queue_seconds * rate), solved)


async def seen(load: Load, run: Callable[[Load], Awaitable[None]], seconds: float) -> Seen:
    """What became of a load. Beats count that are answered while it asks, not those of the queue that it leaves."""
    started, used = time.monotonic(), time.process_time()
    await run(load)
    cores = (time.process_time() - used) / (time.monotonic() - started)
    rate = beats_right(between(load.outcomes, started, started + seconds)) / seconds
    return Seen(rate, slowest(load.outcomes), load.ends, cores)


def report(what: str, seen: Seen) -> None:
    said = f"{what}: {seen.rate:,.0f} beats/s, p99 {1e3 * seen.p99:,.0f} ms, {dict(seen.ends)}"
    print(f"{said}; asking took {seen.cores:.2f} cores", flush=True)


def judge(capacity: Seen, full: Seen, over: Seen) -> int:
    bars, ends = Bars(), over.ends
    sent = 1 - ends["unsent"] / ends.total()
    bars.check(sent >= SENT, f"at least {SENT:.0%} of what should be asked is: {sent:.0%}")
    bars.check(
        set(ends) <= {"right", "refused", "unsent"},
        f"each is answered rightly or given a time to come back: {dict(ends)}",
    )
    slower = over.p99 / full.p99
    bars.check(slower <= SLOWER, f"p99 is at most {SLOWER} times that at capacity: {slower:.2f}")
    goodput = over.rate_of_core / capacity.rate_of_core
    whole = over.rate / capacity.rate
    bars.check(whole >= LEAST, f"goodput is at least {LEAST:.0%} of capacity whatever asking takes: {whole:.0%}")
    bars.check(
        goodput >= GOODPUT,
        f"goodput is at least {GOODPUT:.0%} of capacity for each core that asking leaves: {goodput:.0%}",
    )
    return bars.status


if __name__ == "__main__":
    main()
