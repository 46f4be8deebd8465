"""Faults: what becomes of requests while something around the service breaks?

`python -m soak.faults [NAME...]` starts the service anew for each fault (all of them where none is named), lets clients
ask it without a pause, and breaks something meanwhile. Their beats are marked: each answer is held against the right
one.

    checkpoint   the file of the served model is truncated, garbage, deleted, and put right again
    logs         the disk that its log goes to is full
    clock        the clock jumps, forwards and back (Debian: apt-get install faketime)
    worker       a process that solves is killed
    end          it is asked to end
    stuck        it is asked to end while a client is stuck, and then asked again
    kill         it is killed, and started anew

It fails where a request is answered wrongly, fails or never ends, and where one is lost that need not be.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2 as httpx

from app.server.run import LAST_SECONDS
from app.settings import Settings
from client import AsyncClient, CardiodeError, Retries
from models import zoo
from soak.bars import Bars
from soak.clock import LIBRARY, Clock, has_jumped
from soak.load import End, Load
from soak.marked import Question, questions
from soak.service import HOST, START_SECONDS, Service, end_by_sigterm, free_port, kill, served

MODEL = "resnet"
SIZES = (1, 8)
CLIENTS = 8
ENOUGH = 100
"""Right answers that are waited for after each thing that breaks."""
JUMPS = (1, -1, 3650, 0)
"""Days that the clock is ahead."""

Fault = Callable[[Bars, list[Question]], Awaitable[None]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of faults; all where none is named")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(FAULTS):
        parser.error(f"got {', '.join(sorted(unknown))}, expected some of: {', '.join(FAULTS)}")
    end_by_sigterm()
    sys.exit(asyncio.run(run(asked.names or list(FAULTS))))


async def run(names: Sequence[str]) -> int:
    bars, asked = Bars(), questions(MODEL, SIZES)
    for name in names:
        print(f"{name}:", flush=True)
        await FAULTS[name](bars, asked)
    return bars.status


@asynccontextmanager
async def asking(bars: Bars, service: Service, asked: list[Question], *may: End) -> AsyncIterator[Load]:
    """Clients that ask meanwhile; their requests may end rightly, and in these ways besides."""
    load = Load(service.port, asked)
    async with load.closed(CLIENTS):
        bars.check(await load.more("right", ENOUGH), "it answers before")
        yield load
    expected = " or ".join(("right", *may))
    bars.check(set(load.ends) <= {"right", *may}, f"each request ends {expected}: {dict(load.ends)}")


async def checkpoint(bars: Bars, asked: list[Question]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        good = zoo.find(MODEL)
        file = Path(shutil.copy(good, folder))
        spoilt: dict[str, Callable[[], object]] = {
            "truncated": lambda: os.truncate(file, file.stat().st_size // 2),
            "garbage": lambda: file.write_bytes(os.urandom(good.stat().st_size)),
            "deleted": file.unlink,
        }
        with served(CARDIODE_MODELS=str(file)) as service:
            async with asking(bars, service, asked) as load:
                for number, (what, spoil) in enumerate(spoilt.items()):
                    spoil()
                    service.process.send_signal(signal.SIGHUP)
                    refused = await asyncio.to_thread(wait_for_refused_reloads, service, 2 * number + 1)
                    bars.check(refused, f"{what}: SIGHUP changes nothing")
                    refusal = await asyncio.to_thread(service.refusal_of_reload)
                    bars.check(str(file) in (refusal or ""), f"{what}: POST /models/reload is refused, and says why")
                    bars.check(await load.more("right", ENOUGH), f"{what}: it goes on as before")
                shutil.copy(good, file)
                refusal = await asyncio.to_thread(service.refusal_of_reload)
                bars.check(refusal is None, "put right again: it is read")
                bars.check(await load.more("right", ENOUGH), "put right again: it goes on")


def wait_for_refused_reloads(service: Service, count: int, seconds: float = 60) -> bool:
    """Whether so many are counted, within so many seconds."""
    end = time.monotonic() + seconds
    while f'cardiode_model_reloads_total{{outcome="refused"}} {count}.0' not in service.get("/metrics"):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


async def logs(bars: Bars, asked: list[Question]) -> None:
    with Path("/dev/full").open("wb") as full, served(CARDIODE_MODELS=MODEL, log=full) as service:
        async with asking(bars, service, asked) as load:
            bars.check(await load.more("right", 5 * ENOUGH), "nothing can be written: it answers")
    with small_disk() as disk:
        if disk is None:
            print("no disk can be made that is soon full (mount needs root): that it is emptied again is not tried")
            return
        file = disk / "log"
        with file.open("ab") as log, served(CARDIODE_MODELS=MODEL, log=log) as service:
            async with asking(bars, service, asked) as load:
                while await load.more("right", ENOUGH) and shutil.disk_usage(disk).free:
                    pass
                size = file.stat().st_size
                bars.check(await load.more("right", ENOUGH), "the disk has become full: it answers")
                bars.check(file.stat().st_size == size, "the disk is full indeed: nothing is written")
                os.truncate(file, 0)
                bars.check(await load.more("right", ENOUGH), "the disk has room again: it answers")
                bars.check(b'"answered"' in file.read_bytes(), "the disk has room again: its log goes on")


@contextlib.contextmanager
def small_disk() -> Iterator[Path | None]:
    """The folder of a disk of 64 KiB, None where none can be mounted."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0  # noqa: S603 - all is ours
        try:
            yield Path(folder) if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S603, S607


async def clock_jumps(bars: Bars, asked: list[Question]) -> None:
    if not LIBRARY.is_file():
        print(f"there is no {LIBRARY} (Debian: apt-get install faketime): not tried")
        return
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(Path(folder) / "time")
        with served(CARDIODE_MODELS=MODEL, **clock.environment) as service:
            async with asking(bars, service, asked) as load:
                for days in JUMPS:
                    clock.jump(days)
                    jumped = await asyncio.to_thread(has_jumped, service, days)
                    bars.check(jumped, f"the clock is {days} days ahead")
                    bars.check(await load.more("right", ENOUGH), f"the clock is {days} days ahead: it answers")


async def worker(bars: Bars, asked: list[Question]) -> None:
    with served(CARDIODE_MODELS=MODEL) as service:
        if not service.children():
            print("it has started no processes that could be killed: not tried")
            return
        async with asking(bars, service, asked) as load:
            for _ in range(3):
                before = service.children()
                kill(before[0])
                bars.check(await load.more("right", ENOUGH), "one is killed: it answers")
            bars.check(len(service.children()) == len(before), "there are as many as before")


async def end(bars: Bars, asked: list[Question]) -> None:
    operations = free_port()
    with served(CARDIODE_MODELS=MODEL, CARDIODE_OPERATIONS_PORT=str(operations)) as service:
        beside = Service(service.process, operations)
        async with asking(bars, service, asked, "refused", "unreached"):
            service.process.terminate()
            started = time.monotonic()
            bars.check(says_not_ready(beside), "it says that it is not ready any more")
            status = await asyncio.to_thread(service.process.wait, Settings().shutdown_seconds + LAST_SECONDS + 5)
            bars.check(status in (0, -signal.SIGTERM), f"it ends, after {time.monotonic() - started:.1f} s: {status}")


def says_not_ready(service: Service) -> bool:
    try:
        service.get("/health/ready")
    except urllib.error.HTTPError as error:
        return error.code == 503
    return False


async def stuck(bars: Bars, asked: list[Question]) -> None:
    with served(CARDIODE_MODELS=MODEL) as service:
        _, writer = await asyncio.open_connection(HOST, service.port)
        writer.write(asked[0].request[:200])
        async with asking(bars, service, asked, "refused", "unreached", "broken"):
            service.process.terminate()
            await asyncio.sleep(1)
            bars.check(service.process.poll() is None, "it waits for a client that is stuck")
            service.process.terminate()
            status = await asyncio.to_thread(service.process.wait, LAST_SECONDS)
            bars.check(status == 128 + signal.SIGTERM, f"asked again, it ends: {status}")
        writer.close()


async def kill_service(bars: Bars, asked: list[Question]) -> None:
    port = free_port()
    with contextlib.ExitStack() as lives:
        service = lives.enter_context(served(port=port, CARDIODE_MODELS=MODEL))
        ask = asking(bars, service, asked, "broken", "unreached")
        # It is waited for as long as the service may take to start; how long that is, the machine decides.
        retries = Retries(most=10, seconds=START_SECONDS)
        async with AsyncClient(service.address, retries=retries) as client, ask as load:
            patient = asyncio.create_task(ask_patiently(client, asked))
            service.process.kill()
            await asyncio.to_thread(lives.enter_context, served(port=port, CARDIODE_MODELS=MODEL))
            bars.check(await load.more("right", ENOUGH), "started anew, it answers")
            bars.check(await patient, "the client of this repository has waited, and got its right answers")


async def ask_patiently(client: AsyncClient, asked: list[Question]) -> bool:
    """Whether each of these is answered rightly, however often it has to be asked."""
    for question in asked:
        try:
            decisions = (await client.classify(question.beats)).beats
        except (CardiodeError, httpx.HTTPError) as error:
            print(repr(error))
            return False
        if not question.has_answer([decision.probabilities for decision in decisions]):
            return False
    return True


FAULTS: dict[str, Fault] = {
    "checkpoint": checkpoint,
    "logs": logs,
    "clock": clock_jumps,
    "worker": worker,
    "end": end,
    "stuck": stuck,
    "kill": kill_service,
}


if __name__ == "__main__":
    main()
