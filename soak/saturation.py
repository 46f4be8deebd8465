"""Saturation: does the service stay as it is when it has all it can do, for long?

`python -m soak.saturation [MINUTES]` starts the service of odenet and lets clients ask it without a pause, for 10
minutes. Their beats are marked: each answer is held against the right one, so that none can be another's. Each tenth of
the time is looked at by itself. It fails where

- any request is answered wrongly, not at all, or refused;
- the 99th percentile of the time to the answer in the last tenth is over 1.2 times that of the first;
- memory, open handles or threads are more in the last tenth than they were in the second.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import time

from soak.bars import Bars
from soak.load import Load, beats_right, between, slowest
from soak.marked import questions
from soak.service import Service, Use, end_by_sigterm, served

MODEL = "odenet"
SIZES = (1, 8, 64)
"""Beats a request."""
CLIENTS = 12
TENTHS = 10
SLOWER = 1.2
GROWTH = {"memory": 1.02, "handles": 1, "threads": 1}
"""By which what is held may be more in the end. An allocator keeps a little more now and then."""
PROGRESS = 10
"""Seconds between two progress lines."""

Uses = list[tuple[float, Use]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=10, help="how long (10)")
    asked = parser.parse_args()
    end_by_sigterm()
    with served(CARDIODE_MODELS=MODEL) as service:
        sys.exit(asyncio.run(saturate(service, 60 * asked.minutes)))


async def saturate(service: Service, seconds: float) -> int:
    load, uses = Load(service.port, questions(MODEL, SIZES)), Uses()
    started = time.monotonic()
    watching = asyncio.create_task(watch(service, load, uses))
    await load.closed_for(CLIENTS, seconds)
    watching.cancel()
    return judge(load, uses, [started + seconds * place / TENTHS for place in range(TENTHS + 1)])


async def watch(service: Service, load: Load, uses: Uses) -> None:
    """Note what the service holds every second, and print how it goes now and then."""
    started = reported = time.monotonic()
    while True:
        await asyncio.sleep(1)
        now, use = time.monotonic(), service.use()
        uses.append((now, use))
        if now - reported >= PROGRESS:
            lately = between(load.outcomes, reported, now)
            print(
                f"{now - started:5.0f} s  {beats_right(lately) / (now - reported):6,.0f} beats/s  "
                f"p99 {1e3 * slowest(lately):5.0f} ms  {use.memory / 1e6:,.0f} MB  {use.handles} handles  "
                f"{use.threads} threads  {dict(load.ends)}",
                flush=True,
            )
            reported = now


def judge(load: Load, uses: Uses, borders: list[float]) -> int:
    bars, tenths = Bars(), list(itertools.pairwise(borders))
    p99 = [slowest(between(load.outcomes, *tenth)) for tenth in tenths]
    print(f"p99 of each tenth (ms): {', '.join(f'{1e3 * seconds:.0f}' for seconds in p99)}")
    bars.check(set(load.ends) == {"right"}, f"every request is answered rightly: {dict(load.ends)}")
    bars.check(
        p99[-1] <= SLOWER * p99[0],
        f"p99 of the last tenth is at most {SLOWER} times that of the first: {p99[-1] / p99[0]:.2f}",
    )
    # The first is when the service gets warm.
    early, late = ([use for at, use in uses if start <= at < stop] for start, stop in (tenths[1], tenths[-1]))
    for name, growth in GROWTH.items():
        before, after = (statistics.median(getattr(use, name) for use in part) for part in (early, late))
        bars.check(
            after <= growth * before,
            f"{name}: at most {growth} times as much in the last tenth as in the second: {before:,.0f}, {after:,.0f}",
        )
    return bars.status


if __name__ == "__main__":
    main()
