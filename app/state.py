"""The state of a service: what its routes and middleware share, put together once."""

from dataclasses import dataclass

import anyio
from starlette.requests import HTTPConnection

from app.batching.batcher import Batcher
from app.batching.limiter import Limiter
from app.keys.allowance import Allowances
from app.keys.file import KeyRing
from app.metrics.metrics import Metrics
from app.recordings.store import RecordingStore
from app.registry.models import Registry
from app.registry.reload import Reloader
from app.registry.shadowing import Shadowing
from app.settings import Settings
from app.tracing.tracing import Tracing


class Drain:
    """Whether the service has been asked to stop."""

    begun = False


@dataclass(frozen=True)
class ServiceState:
    """Each by its type. What changes while the service runs changes within one of them."""

    settings: Settings
    keys: KeyRing | None
    allowances: Allowances
    registry: Registry
    reloader: Reloader
    batcher: Batcher
    shadowing: Shadowing
    recordings: RecordingStore
    recording_limiter: Limiter
    stream_limiter: Limiter
    readers: anyio.CapacityLimiter
    """Bodies that are read beside the event loop at once: each takes its size in memory."""
    stream_threads: anyio.CapacityLimiter
    """Live signals of which a piece is worked on at once, apart from what else needs threads."""
    metrics: Metrics
    tracing: Tracing
    drain: Drain


def state_of(connection: HTTPConnection) -> ServiceState:
    """That of the service which a request or a WebSocket has come to."""
    state: ServiceState = connection.app.state.service
    return state
