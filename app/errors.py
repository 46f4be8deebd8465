"""What can be wrong with a request, or with the service. Status, kind and field stand on the class.

AppError
├── RequestError                      it answers a request
│   ├── RequestRefused                what was asked cannot be done
│   │   ├── UnreadableBody       400  the body broke off, or is not what it says
│   │   ├── NoKey                401  no known API key
│   │   ├── NotAdmin             403  a key of another role, or somebody from elsewhere
│   │   ├── ForeignOrigin        403  a page of another site asks, or by another name than the service's
│   │   ├── UnknownModelName     404
│   │   ├── UnknownModelVersion  404
│   │   ├── UnknownRecording     404  no recording of that id is kept
│   │   │   └── UnknownBeat      404  it has no beat of that number
│   │   ├── NotAcceptable        406  no form that Accept allows
│   │   ├── BodyTooSlow          408
│   │   ├── BodyTooLarge         413
│   │   ├── UnsupportedBody      415  of another kind, compressed otherwise, or in another character set
│   │   ├── TooManyToExplain     422
│   │   ├── TooDear              422  a beat may take more evaluations than the key can pay for
│   │   ├── ReloadRefused        422  what CARDIODE_MODELS names now cannot be served
│   │   └── OverLimit            429  the key owes beats
│   └── ServiceUnavailable            what was asked can be done, but not now
│       ├── Busy                 503  a limit on concurrent work is reached
│       ├── WorkerLost           503  a batch was given up for what became of its worker
│       │   ├── WorkerEnded
│       │   └── WorkerStuck
│       ├── Draining             503  the service is ending
│       └── TooLate              504  the answer cannot arrive before the deadline
│           ├── RecordingTooLong      the work on a recording takes longer than it may
│           └── SolveTooLong          beats that were solved together took longer than a batch may
├── StartRefused                      the service does not begin with these settings
│   ├── OpenToAll                     others could reach it, and it would ask nobody for a key
│   ├── InvalidShadow
│   └── TracesUnavailable
└── KeysError                         something is wrong with a file of keys, or with what is asked of it
    ├── InvalidKeysFile               the file cannot be read, or a line of it is no key
    ├── KnownKey
    └── UnknownKey

Errors of the packages below have their status in `app.http.problems`.
"""

from collections.abc import Sequence
from typing import ClassVar

from ecg.messages import shortened

RETRY_SECONDS = 5
"""`Retry-After` where no better estimate is known."""


class AppError(Exception):
    """Root of all errors that `app` raises."""


class RequestError(AppError):
    """An error that answers a request. `headers` are those of the answer."""

    status: ClassVar[int]
    kind: ClassVar[str]
    """What `cardiode_errors_total` counts it as."""
    field: ClassVar[str | None] = None
    """Of the request, that is at fault."""

    def __init__(self, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.headers = headers or {}

    @property
    def detail(self) -> str:
        """The message for the client."""
        return str(self)


class RequestRefused(RequestError):
    """A request that cannot be answered as it is: its client has to change it, or who asks."""


class UnreadableBody(RequestRefused):
    """The body broke off, or is not what its headers say."""

    status, kind = 400, "unreadable_body"


class NoKey(RequestRefused):
    """The same whatever was wrong with what came as a key, so that nothing is learnt from it."""

    status, kind = 401, "no_key"

    def __init__(self) -> None:
        super().__init__(
            "expected a known API key, in the header Authorization: Bearer KEY; ask whoever runs this service for one",
            {"WWW-Authenticate": "Bearer"},
        )


class NotAdmin(RequestRefused):
    """It takes a key of the role admin; without keys, somebody on this machine."""

    status, kind = 403, "not_admin"


class ForeignOrigin(RequestRefused):
    """A page of another site asks, or one under whose name this service stands only for its browser."""

    status, kind = 403, "foreign_origin"


class UnknownModelName(RequestRefused):
    """The request names a model that is not served."""

    status, kind, field = 404, "unknown_model", "model"

    def __init__(self, name: str, served: Sequence[str]) -> None:
        super().__init__(f"got the model {shortened(name)!r}, expected one of: {', '.join(served)}")


class UnknownModelVersion(RequestRefused):
    """The request names a version of a model that is not served."""

    status, kind = 404, "unknown_version"

    def __init__(self, name: str, version: str, served: Sequence[str]) -> None:
        super().__init__(
            f"got version {shortened(version)!r} of {name}, expected one of: {', '.join(served)}; or leave it out"
        )


class UnknownRecording(RequestRefused):
    """No recording of that id is kept: it never was, its time is over, or others have taken its place."""

    status, kind = 404, "unknown_recording"

    def __init__(self, name: str) -> None:
        super().__init__(f"got the recording {shortened(name)!r}, which is not kept, or no longer; send it again")


class UnknownBeat(UnknownRecording):
    """The recording is kept, and has no beat of that number."""

    def __init__(self, number: int, beats: int) -> None:
        there = f"0 to {beats - 1:,}" if beats else "none, since no beats were found in it"
        RequestRefused.__init__(self, f"got the beat number {number:,} of the recording, expected {there}")


class NotAcceptable(RequestRefused):
    """No form that Accept allows."""

    status, kind = 406, "not_acceptable"


class BodyTooSlow(RequestRefused):
    """The body, or the next message, did not come in time."""

    status, kind = 408, "body_too_slow"


class BodyTooLarge(RequestRefused):
    """The body is over the limit."""

    status, kind = 413, "body_too_large"


class UnsupportedBody(RequestRefused):
    """A body of a kind, compression or character set that is not read here."""

    status, kind = 415, "unsupported_body"


class TooManyToExplain(RequestRefused):
    """A request asks for more explanations than one may."""

    status, kind, field = 422, "too_many_to_explain", "explain"

    def __init__(self, beats: int, most: int) -> None:
        super().__init__(
            f"got {beats:,} beats to explain, expected at most {most:,} in one request; send fewer, or leave it out"
        )


class TooDear(RequestRefused):
    """A beat may take more evaluations than the key can pay for, however long it saves up."""

    status, kind, field = 422, "too_dear", "solver.max_evaluations"

    def __init__(self, evaluations: int, most: float) -> None:
        super().__init__(
            f"got {evaluations:,} evaluations a beat, expected at most {most:,.0f} for the limit of this API key; set "
            "a lower max_evaluations, or ask for a key with a higher limit"
        )


class ReloadRefused(RequestRefused):
    """What CARDIODE_MODELS names now cannot be served."""

    status, kind = 422, "reload_refused"

    def __init__(self, why: Exception) -> None:
        super().__init__(f"{why}; nothing has changed: the models loaded before are still served")


class OverLimit(RequestRefused):
    """The key owes beats; in `seconds` it will not."""

    status, kind = 429, "over_limit"

    def __init__(self, rate: float, seconds: int) -> None:
        super().__init__(
            f"this API key has exceeded its limit of {rate:g} beats a second; try again in {seconds} s",
            {"Retry-After": str(seconds)},
        )
        self.seconds = seconds


class ServiceUnavailable(RequestError):
    """A request that may be answered another time, or by another service: it pays nothing."""

    status = 503


class Busy(ServiceUnavailable):
    """A limit on concurrent work is reached; in `retry_seconds` there may be room."""

    kind = "busy"

    def __init__(self, what: str, retry_seconds: int = RETRY_SECONDS) -> None:
        super().__init__(f"{what}; try again in {retry_seconds} s", {"Retry-After": str(retry_seconds)})
        self.retry_seconds = retry_seconds


class WorkerLost(ServiceUnavailable):
    """A batch was given up for what became of the processes that were to solve it: that is for the log alone."""

    kind = "worker_lost"

    def __init__(self, inside: str) -> None:
        super().__init__(inside, {"Retry-After": str(RETRY_SECONDS)})

    @property
    def detail(self) -> str:
        """The message for the client: the cause is for the log alone."""
        return (
            "the process that was solving this request ended before it was done, perhaps for want of memory; try again "
            f"in {RETRY_SECONDS} s, with fewer beats in one request"
        )


class WorkerEnded(WorkerLost):
    """The process that was to solve a batch ended, and so did the one after it."""


class WorkerStuck(WorkerLost):
    """The process that was to solve a batch took longer than anybody waits, and was ended."""


class Draining(ServiceUnavailable):
    """The service is ending, and takes nothing new."""

    kind = "ending"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}; try another instance, or this one again in {RETRY_SECONDS} s",
            {"Retry-After": str(RETRY_SECONDS), "Connection": "close"},
        )


class TooLate(ServiceUnavailable):
    """The answer cannot arrive before the deadline."""

    status, kind = 504, "too_late"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the answer would not be ready within the deadline of {1e3 * seconds:,.0f} ms; try again when the service "
            "is less busy, send fewer beats, or set a longer deadline in the header Cardiode-Deadline-Ms"
        )


class RecordingTooLong(TooLate):
    """The work on a recording takes longer than it may."""

    def __init__(self, seconds: float) -> None:
        RequestError.__init__(
            self,
            f"the recording was not finished within the limit of {seconds:,.0f} s; send a shorter part of it, or "
            "choose a cheaper solver",
        )


class SolveTooLong(TooLate):
    """Beats that were solved together took longer than a batch may."""

    def __init__(self, seconds: float) -> None:
        RequestError.__init__(
            self, f"some of the beats were not solved within {seconds:,.0f} s; choose a cheaper solver"
        )


class StartRefused(AppError):
    """The service does not begin with these settings."""


class OpenToAll(StartRefused):
    """Others than this machine could reach the service, and it would ask nobody for a key."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"CARDIODE_HOST is {host!r}, where other machines may reach the service, and no API keys are required. "
            "Name a file of keys in CARDIODE_API_KEYS_FILE (`cardiode keys add NAME` makes one), or set "
            "CARDIODE_ANONYMOUS=true to serve whoever can reach it"
        )


class InvalidShadow(StartRefused, ValueError):
    """CARDIODE_SHADOW says what cannot be done."""


class TracesUnavailable(StartRefused):
    """The environment asks for traces that cannot be sent."""


class KeysError(AppError):
    """Something is wrong with a file of keys, or with what is asked of it."""


class InvalidKeysFile(KeysError):
    """The file cannot be read, or a line of it is no key."""


class KnownKey(KeysError):
    """There is a key of that name already."""


class UnknownKey(KeysError):
    """There is no key of that name."""
