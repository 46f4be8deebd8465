"""Monitors: how many live signals does the service keep up with, and how soon do their beats come?

`python -m benchmarks.monitors` starts a service of odenet in a process of its own and lets so many monitors follow it
(`WS /stream`), each of which sends one lead at 250 Hz, a fifth of a second at a time, at the pace of a heart of its own
(60 to 118 beats a minute). It tells how long after the piece that made a beat certain what was decided on it came, and
the cores that the service took, with its workers, and those of the monitors, which run beside it.
"""

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field

import numpy as np
import psutil
import uvloop
from jaxtyping import Float32
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import parser
from benchmarks.serving import MODEL, processor_seconds, served
from ecg.synthetic import synthesize

FS = 250
PIECE = FS // 5
LEAD = "MLII"
HEARTS = 30
"""That differ; further monitors follow the same ones at other moments."""
SLOWEST = 60
"""Beats a minute."""
MONITORS = (25, 50, 100, 200)
SETTLE_SECONDS = 2


@dataclass
class Seen:
    """Seconds that the decision on each beat took, and that each piece was sent later than it should have been."""

    delays: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


@dataclass
class Monitor:
    """A heart that is followed: its signal, and when the last piece of it was sent."""

    signal: Float32[np.ndarray, "sample"]
    seen: Seen
    sent: float = 0.0

    async def follow(self, address: str, begin: float) -> None:
        """Send it all, from that moment on, and note what comes."""
        async with connect(f"{address}/stream", compression=None, max_size=None) as socket:
            await socket.send(json.dumps({"fs": FS, "leads": [LEAD], "model": MODEL}))
            await socket.recv()
            await asyncio.gather(self._send(socket, begin), self._note(socket))

    async def _send(self, socket: ClientConnection, begin: float) -> None:
        for number, start in enumerate(range(0, len(self.signal), PIECE)):
            due = begin + number * PIECE / FS
            await asyncio.sleep(max(due - time.monotonic(), 0))
            self.sent = time.monotonic()
            self.seen.late.append(self.sent - due)
            await socket.send(self.signal[start : start + PIECE].tobytes())
        await socket.send(json.dumps({"end": True}))

    async def _note(self, socket: ClientConnection) -> None:
        async for message in socket:
            beats = json.loads(message).get("beats", ())
            self.seen.delays += [time.monotonic() - self.sent] * len(beats)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=int, default=20, help="of signal (default: %(default)s)")
    options.add_argument("--monitors", type=int, nargs="+", default=MONITORS, help="how many follow at once")
    asked = options.parse_args()
    hearts = [heart(number, asked.seconds) for number in range(HEARTS)]
    print("| monitors | beats a second | half within | 99 of 100 within | cores of the service | of the monitors |")
    print("|---:|---:|---:|---:|---:|---:|")
    for count in asked.monitors:
        with served(CARDIODE_STREAMS=str(count)) as address:
            print(row(count, hearts, address, asked.seconds), flush=True)


def heart(number: int, seconds: int) -> Float32[np.ndarray, "sample"]:
    """One lead of a synthetic recording."""
    made = synthesize(seconds, fs=FS, leads=(LEAD,), heart_rate=SLOWEST + 2 * number, ectopic={"V": 0.1}, seed=number)
    signal: np.ndarray = made.signals[0].astype("<f4")
    return signal


def row(count: int, hearts: list[Float32[np.ndarray, "sample"]], address: str, seconds: int) -> str:
    before, own = processor_seconds().sum(), psutil.Process().cpu_times()
    started = time.monotonic()
    seen = uvloop.run(followed(count, hearts, address.replace("http", "ws")))
    took, after = time.monotonic() - started, psutil.Process().cpu_times()
    cores = (processor_seconds().sum() - before) / took
    of_monitors = (after.user + after.system - own.user - own.system) / took
    if np.percentile(seen.late, 99) > PIECE / FS:
        raise SystemExit(f"{count} monitors cannot send as fast as hearts beat, beside the service; ask for fewer")
    half, most = 1e3 * np.percentile(seen.delays, [50, 99])
    return (
        f"| {count} | {len(seen.delays) / seconds:.0f} | {half:,.0f} ms | {most:,.0f} ms | {cores:.2f} | "
        f"{of_monitors:.2f} |"
    )


async def followed(count: int, hearts: list[Float32[np.ndarray, "sample"]], address: str) -> Seen:
    """What so many monitors see, whose pieces come at moments of their own."""
    seen, begin = Seen(), time.monotonic() + SETTLE_SECONDS
    monitors = [Monitor(signal, seen) for signal in itertools.islice(itertools.cycle(hearts), count)]
    await asyncio.gather(
        *(monitor.follow(address, begin + n / count * PIECE / FS) for n, monitor in enumerate(monitors))
    )
    return seen


if __name__ == "__main__":
    main()
