"""The Python client of the service: it needs none of the other packages, and no torch.

CardiodeError        what the service answers instead of decisions
httpx2.HTTPError     no answer came, though it was tried again
ValueError           beats that are of another shape, or a batch of none; nothing was sent
"""

from client.answers import AnnotatedRecording, Classified, Decision, Model, Receipt, RecordedDecision
from client.asynchronous import AsyncClient
from client.errors import CardiodeError, FieldError
from client.options import Options
from client.retries import Retries
from client.synchronous import Client

__all__ = [
    "AnnotatedRecording",
    "AsyncClient",
    "CardiodeError",
    "Classified",
    "Client",
    "Decision",
    "FieldError",
    "Model",
    "Options",
    "Receipt",
    "RecordedDecision",
    "Retries",
]
