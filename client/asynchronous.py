"""The client for programs that do something else while they wait: the same as `Client`, in asyncio."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx2 as httpx

from client import messages
from client.answers import AnnotatedRecording, Classified, Decision
from client.messages import Beats
from client.options import DEFAULT, Options
from client.retries import Outcome, Pauses, Retries


class AsyncClient:
    """Asks the service at this address; `key` is an API key where it wants one, `timeout` the seconds of a try.

    `async with AsyncClient(...) as client` closes its connections in the end.
    """

    def __init__(
        self,
        address: str,
        *,
        key: str | None = None,
        timeout: float = 60,
        retries: Retries = Retries(),
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=address, headers=messages.headers(key), timeout=timeout, transport=transport
        )
        self._retries = retries
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def classify(self, beats: Beats, options: Options = DEFAULT, *, deadline: float | None = None) -> Classified:
        """As `Client.classify`."""
        return Classified.of(await self._ask(messages.classify(beats, options, deadline), repeatable=True))

    async def classify_all(
        self,
        beats: Beats,
        options: Options = DEFAULT,
        *,
        batch: int = 256,
        in_flight: int = 4,
        deadline: float | None = None,
    ) -> AsyncIterator[Decision]:
        """As `Client.classify_all`, with so many requests `in_flight` at once; decisions come in the beats' order."""
        if in_flight < 1:
            raise ValueError(f"got {in_flight} requests in flight, expected 1 or more")
        asked: deque[asyncio.Task[Classified]] = deque()
        try:
            for some in messages.batches(beats, batch):
                if len(asked) >= in_flight:
                    for decision in (await asked.popleft()).beats:
                        yield decision
                asked.append(asyncio.create_task(self.classify(some, options, deadline=deadline)))
            while asked:
                for decision in (await asked.popleft()).beats:
                    yield decision
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def annotate(
        self,
        files: Iterable[Path | str],
        options: Options = DEFAULT,
        *,
        lead: str | None = None,
        fs: float | None = None,
        unit: str | None = None,
        strict: bool | None = None,
    ) -> AnnotatedRecording:
        """As `Client.annotate`."""
        fields = {"lead": lead, "fs": fs, "unit": unit, "strict": strict}
        with ExitStack() as opened:
            content = await self._ask(messages.annotate(files, options, fields, opened), repeatable=False)
        return AnnotatedRecording.of(content)

    async def _ask(self, request: dict[str, Any], *, repeatable: bool) -> dict[str, Any]:
        pauses = Pauses(self._retries, repeatable=repeatable)
        while True:
            outcome = await self._outcome(request)
            pause = pauses.next(outcome)
            if pause is None:
                return messages.answered(outcome)
            await self._sleep(pause)

    async def _outcome(self, request: dict[str, Any]) -> Outcome:
        try:
            return await self._http.post(**request)
        except httpx.TransportError as error:
            return error
