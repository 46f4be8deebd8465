"""Cardiode from Python: annotate recordings, classify beats, ask a service that runs.

annotate(path)      a recording's beats and its rhythm
Classifier          beats that were cut already, by a model of the zoo or a checkpoint of yours
Client, AsyncClient a running service, which needs the extra `client`

Nothing is imported before it is used, so neither torch nor an extra is needed where it is not asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cardiode.annotation import AnnotatedRecording, RecordingWarning, annotate
    from client import AsyncClient, Client, Options
    from models import Classifier

__all__ = ["AnnotatedRecording", "AsyncClient", "Classifier", "Client", "Options", "RecordingWarning", "annotate"]

_HOMES = {
    "AnnotatedRecording": "cardiode.annotation",
    "RecordingWarning": "cardiode.annotation",
    "annotate": "cardiode.annotation",
    "Classifier": "models",
    "AsyncClient": "client",
    "Client": "client",
    "Options": "client",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "httpx2":
            raise
        raise ModuleNotFoundError(
            f"cardiode.{name} needs httpx2, which the extra `client` brings: pip install 'cardiode[client]'",
            name=error.name,
        ) from error
