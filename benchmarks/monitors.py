"""Monitors: how many live signals does the service keep up with, and how soon do their beats come?

`python -m benchmarks.monitors` starts a service of odenet in a process of its own and lets so many monitors follow it
(`WS /stream`), each of which sends one lead at 250 Hz, a fifth of a second at a time, at the pace of a heart of its own
(60 to 118 beats a minute). It reports how long after the piece that made a beat certain what was decided on it came,
and the cores that the service took, with its workers, and those of the monitors, which run beside it.
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
from ecg import BeatStream
from ecg.synthetic import synthesize

FS = 250
PIECE = FS // 5
LEAD = "MLII"
HEARTS = 30
"""That differ; further monitors follow the same ones at other moments."""
SLOWEST = 60
"""Beats a minute."""
MONITORS = (25, 50, 100, 150)
CONNECT_SECONDS, BEGIN_SECONDS, END_SECONDS = 2, 4, 1
"""Until the first piece is sent; of signal, at its beginning and its end, whose beats do not count."""


@dataclass
class Seen:
    """Seconds that the decision on each beat took, and that each piece was sent later than it should have been."""

    delays: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Heart:
    """A signal in pieces, and which of them makes each of its beats certain, unless only the end does."""

    pieces: list[Float32[np.ndarray, "1 sample"]]
    certain: list[int]

    @property
    def settled(self) -> range:
        """The pieces that count: all monitors begin and end at once, which no ward does."""
        return range(BEGIN_SECONDS * FS // PIECE, len(self.pieces) - END_SECONDS * FS // PIECE)

    @classmethod
    def beating(cls, number: int, seconds: int) -> "Heart":
        """One lead of a synthetic recording."""
        rate = SLOWEST + 2 * number
        made = synthesize(seconds, fs=FS, leads=(LEAD,), heart_rate=rate, ectopic={"V": 0.1}, seed=number)
        signal = made.signals.astype("<f4")
        pieces = [signal[:, start : start + PIECE] for start in range(0, signal.shape[1], PIECE)]
        stream = BeatStream(1, FS, 0, live=True)
        return cls(pieces, [place for place, piece in enumerate(pieces) for _ in range(len(stream.push(piece)))])


@dataclass
class Monitor:
    """A heart that is followed, and when each piece of it was sent."""

    heart: Heart
    seen: Seen
    sent: list[float] = field(default_factory=list)

    async def follow(self, address: str, begin: float) -> None:
        """Send it all, from that moment on, and note what comes."""
        async with connect(f"{address}/stream", compression=None, max_size=None) as socket:
            await socket.send(json.dumps({"fs": FS, "leads": [LEAD], "model": MODEL}))
            await socket.recv()
            await asyncio.gather(self._send(socket, begin), self._note(socket))

    async def _send(self, socket: ClientConnection, begin: float) -> None:
        for number, piece in enumerate(self.heart.pieces):
            due = begin + number * PIECE / FS
            await asyncio.sleep(max(due - time.monotonic(), 0))
            self.sent.append(time.monotonic())
            self.seen.late.append(self.sent[-1] - due)
            await socket.send(piece.tobytes())
        await socket.send(json.dumps({"end": True}))

    async def _note(self, socket: ClientConnection) -> None:
        certain = iter(self.heart.certain)
        async for message in socket:
            beats = json.loads(message).get("beats", ())
            pieces = [piece for _, piece in zip(beats, certain, strict=False) if piece in self.heart.settled]
            self.seen.delays += [time.monotonic() - self.sent[piece] for piece in pieces]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=int, default=20, help="of signal (default: %(default)s)")
    options.add_argument("--monitors", type=int, nargs="+", default=MONITORS, help="how many follow at once")
    asked = options.parse_args()
    hearts = [Heart.beating(number, asked.seconds) for number in range(HEARTS)]
    print("| monitors | beats a second | half within | 99 of 100 within | cores of the service | of the monitors |")
    print("|---:|---:|---:|---:|---:|---:|")
    for count in asked.monitors:
        with served(CARDIODE_STREAMS=str(count)) as address:
            print(row(count, hearts, address, asked.seconds), flush=True)


def row(count: int, hearts: list[Heart], address: str, seconds: int) -> str:
    before, own = processor_seconds().sum(), psutil.Process().cpu_times()
    started = time.monotonic()
    seen = uvloop.run(followed(count, hearts, address.replace("http", "ws")))
    took, after = time.monotonic() - started - CONNECT_SECONDS, psutil.Process().cpu_times()
    cores = (processor_seconds().sum() - before) / took
    of_monitors = (after.user + after.system - own.user - own.system) / took
    if np.percentile(seen.late, 99) > PIECE / FS:
        raise SystemExit(f"{count} monitors cannot send as fast as hearts beat, beside the service; ask for fewer")
    half, most = 1e3 * np.percentile(seen.delays, [50, 99])
    rate = len(seen.delays) / (seconds - BEGIN_SECONDS - END_SECONDS)
    return f"| {count} | {rate:.0f} | {half:,.0f} ms | {most:,.0f} ms | {cores:.2f} | {of_monitors:.2f} |"


async def followed(count: int, hearts: list[Heart], address: str) -> Seen:
    """What so many monitors see, whose pieces come at moments of their own."""
    seen, begin = Seen(), time.monotonic() + CONNECT_SECONDS
    monitors = [Monitor(heart, seen) for heart in itertools.islice(itertools.cycle(hearts), count)]
    await asyncio.gather(
        *(monitor.follow(address, begin + n / count * PIECE / FS) for n, monitor in enumerate(monitors))
    )
    return seen


if __name__ == "__main__":
    main()
