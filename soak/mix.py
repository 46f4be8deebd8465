"""The mix: is the service there for everybody else, whatever somebody sends?

`python -m soak.mix [--seconds 3600]` attacks the service over and over (`soak.attacks`), by a random kind at a random
size up to a megabyte, a few at once, while it asks about its health. It fails where GET /health/live takes over a
second, the memory of the service grows by over 500 MB, or it ends. Before, it lets one client ask for a beat at a time
alone, and then beside one that asks for as much as it can in many settings: the 99th percentile of the time to the
victim's answer may be three times that alone. `--short` does all that for half a minute, and only reports what needs a
quiet machine.
"""

import argparse
import asyncio
import json
import math
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import uvloop

from soak.attacks import FROM, KINDS, PATIENCE, Attacker, Kind, post
from soak.bars import Bars
from soak.connection import Connection
from soak.load import Load, slowest
from soak.marked import questions
from soak.service import HOST, Service, end_by_sigterm, served

SECONDS, SHORT_SECONDS = 3600.0, 20.0
VICTIM_SECONDS, SHORT_VICTIM_SECONDS = 30.0, 4.0
HEALTH_SECONDS = 1.0
MORE_MEMORY = 500_000_000
AT_ONCE = 3
SIZES = (300, 1_000_000)
TIMES = 3.0
SETTINGS = 60
"""That whoever is greedy asks in at once."""
PAUSE = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, help=f"of attacks ({SECONDS:g}; {SHORT_SECONDS:g} where it is short)")
    parser.add_argument("--seed", type=int, help="of the attacks, where they shall be those of another run")
    parser.add_argument("--short", action="store_true", help="for half a minute")
    asked = parser.parse_args()
    seconds = asked.seconds or (SHORT_SECONDS if asked.short else SECONDS)
    seed = random.randrange(2**32) if asked.seed is None else asked.seed  # noqa: S311 - no secret
    end_by_sigterm()
    print(f"seed {seed}", flush=True)
    with served(CARDIODE_MODELS="odenet,resnet", CARDIODE_HOST=HOST) as service:
        sys.exit(uvloop.run(mix(service, seconds, seed, quiet=not asked.short)))


async def mix(service: Service, seconds: float, seed: int, *, quiet: bool) -> int:
    bars = Bars()
    await greed(bars, service, quiet=quiet)
    watch, attacks = Watch(service), Counter[str]()
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch.follow())
        end = time.monotonic() + seconds
        attackers = [tasks.create_task(attack(service, seed + number, end, attacks)) for number in range(AT_ONCE)]
        await asyncio.wait(attackers)
        watching.cancel()
    print(f"{attacks.total():,} attacks: {dict(attacks.most_common())}", flush=True)
    bars.check(service.process.poll() is None, "the service has not ended")
    bars.check(watch.more < MORE_MEMORY, f"its memory has grown by {watch.more / 1e6:,.0f} MB at most")
    line = f"GET /health/live took {1e3 * watch.slowest:,.0f} ms at most, by {watch.asked:,} times"
    if quiet:
        bars.check(watch.slowest <= HEALTH_SECONDS and watch.asked > 0, line)
    else:
        bars.check(math.isfinite(watch.slowest) and watch.asked > 0, line)
    return bars.status


@dataclass
class Watch:
    """What is seen of a service from the outside: its memory, and how soon it says that it lives."""

    service: Service
    before: int = 0
    more: int = 0
    """Bytes of memory that it has taken since, at most."""
    slowest: float = 0.0
    """Seconds; infinite where it did not answer."""
    asked: int = 0
    ends: list[str] = field(default_factory=list)

    async def follow(self) -> None:
        """Look until nobody wants to know any more."""
        self.before = self.before or self.service.use().memory
        while True:
            await self.look()
            await asyncio.sleep(PAUSE)

    async def look(self) -> None:
        """Once."""
        self.before = self.before or self.service.use().memory
        started = time.monotonic()
        try:
            async with Connection(self.service.port) as connection, asyncio.timeout(60):
                reply = await connection.ask(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            taken = time.monotonic() - started if reply.status == 200 else math.inf
        except Exception:
            taken = math.inf
        self.asked += 1
        self.slowest = max(self.slowest, taken)
        self.more = max(self.more, self.service.use().memory - self.before)


async def attack(service: Service, seed: int, end: float, attacks: Counter[str]) -> None:
    """Attack until the end."""
    rng, attacker = random.Random(seed), Attacker(service.port)  # noqa: S311 - no secret
    while time.monotonic() < end and service.process.poll() is None:
        kind: Kind = rng.choice(KINDS)
        size = round(math.exp(rng.uniform(*map(math.log, SIZES))))
        attacks[kind.__name__] += 1
        with suppress(OSError):
            await attacker.attack(kind, size, rng.randrange(2**32))


async def greed(bars: Bars, service: Service, *, quiet: bool) -> None:
    """What a client suffers from another one that asks for as much as it can."""
    seconds, asked = VICTIM_SECONDS if quiet else SHORT_VICTIM_SECONDS, questions("odenet", (1,))
    alone, beside = Load(service.port, asked), Load(service.port, asked)
    await alone.closed_for(1, seconds)
    greedy = [asyncio.create_task(ask_greedily(service.port, number)) for number in range(SETTINGS)]
    await asyncio.sleep(PATIENCE)
    await beside.closed_for(1, seconds)
    for task in greedy:
        task.cancel()
    await asyncio.gather(*greedy, return_exceptions=True)
    ratio = slowest(beside.outcomes) / slowest(alone.outcomes)
    line = f"a victim's p99 is {1e3 * slowest(beside.outcomes):.0f} ms beside who asks in {SETTINGS} settings, "
    line += f"{ratio:.1f} times the {1e3 * slowest(alone.outcomes):.0f} ms alone"
    bars.check(ratio <= TIMES if quiet else math.isfinite(ratio), line)
    bars.check(set(beside.ends) == {"right"}, f"each of the victim's requests is answered rightly: {dict(beside.ends)}")


async def ask_greedily(port: int, number: int) -> None:
    """Ask again and again, in a setting of its own, from the address of those who attack."""
    rng = np.random.default_rng(number)
    beats = rng.random((int(rng.choice([1, 8, 64])), 187)).round(3).tolist()
    solver = {"method": "dopri5", "rtol": 1e-3 * (1 + number / 1000), "atol": 1e-3}
    if number % 10 == 0:
        solver = {"method": "implicit_euler", "step": 1e-4, "max_evaluations": 100_000, "rtol": 1e-3 * (1 + number)}
    request = post("/classify", json.dumps({"model": "odenet", "beats": beats, "solver": solver}).encode())
    while True:
        with suppress(OSError, EOFError, ValueError, asyncio.IncompleteReadError):
            await ask_once(port, request)
        await asyncio.sleep(PAUSE)


async def ask_once(port: int, request: bytes) -> None:
    reader, writer = await asyncio.open_connection(HOST, port, local_addr=(FROM, 0))
    try:
        writer.write(request)
        await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()


if __name__ == "__main__":
    main()
