"""The client that waits for answers."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx2 as httpx

from client import messages
from client.answers import AnnotatedRecording, Classified, Decision
from client.messages import Beats
from client.options import DEFAULT, Options
from client.retries import Outcome, Pauses, Retries


class Client:
    """Asks the service at this address; `key` is an API key where it wants one, `timeout` the seconds of a try.

    Usable by several threads. `with Client(...) as client` closes its connections in the end.
    """

    def __init__(
        self,
        address: str,
        *,
        key: str | None = None,
        timeout: float = 60,
        retries: Retries = Retries(),
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx.Client(base_url=address, headers=messages.headers(key), timeout=timeout, transport=transport)
        self._retries = retries
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def classify(self, beats: Beats, options: Options = DEFAULT, *, deadline: float | None = None) -> Classified:
        """A decision on each beat, within `deadline` seconds of a try.

        Raises CardiodeError, httpx2.HTTPError where no answer came, and ValueError for beats of another shape.
        """
        return Classified.of(self._ask(messages.classify(beats, options, deadline), repeatable=True))

    def classify_all(
        self, beats: Beats, options: Options = DEFAULT, *, batch: int = 256, deadline: float | None = None
    ) -> Iterator[Decision]:
        """The decisions on beats, of which there may be any number: a request for each `batch` of them.

        Raises what `classify` raises, once those before were handed out.
        """
        for some in messages.batches(beats, batch):
            yield from self.classify(some, options, deadline=deadline).beats

    def annotate(
        self,
        files: Iterable[Path | str],
        options: Options = DEFAULT,
        *,
        lead: str | None = None,
        fs: float | None = None,
        unit: str | None = None,
        strict: bool | None = None,
    ) -> AnnotatedRecording:
        """What is said of the recording in these files; `lead`, `fs` and `unit` are stronger than what these say.

        `strict` refuses what is otherwise read with a warning, which `recording["warnings"]` has.

        Raises CardiodeError, httpx2.HTTPError where no answer came, and OSError for a file that cannot be read.
        """
        fields = {"lead": lead, "fs": fs, "unit": unit, "strict": strict}
        with ExitStack() as opened:
            content = self._ask(messages.annotate(files, options, fields, opened), repeatable=False)
        return AnnotatedRecording.of(content)

    def _ask(self, request: dict[str, Any], *, repeatable: bool) -> dict[str, Any]:
        pauses = Pauses(self._retries, repeatable=repeatable)
        while True:
            outcome = self._outcome(request)
            pause = pauses.next(outcome)
            if pause is None:
                return messages.answered(outcome)
            self._sleep(pause)

    def _outcome(self, request: dict[str, Any]) -> Outcome:
        try:
            return self._http.post(**request)
        except httpx.TransportError as error:
            return error
