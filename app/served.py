"""The models that this service serves."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.schemas import ModelIdentity
from ecg.telling import shortened
from models import CheckpointInfo, Classifier, UnknownModel


class UnknownModelName(Exception):
    """The request names a model that is not served."""

    def __init__(self, name: str, served: Sequence[str]) -> None:
        super().__init__(f"got the model {shortened(name)!r}, expected one of: {', '.join(served)}")


class UnknownModelVersion(Exception):
    """The request names a version of a model that is not the served one."""

    def __init__(self, name: str, version: str, served: str) -> None:
        super().__init__(f"got version {shortened(version)!r} of {name}, expected {served}; or leave it out")


@dataclass(frozen=True, eq=False)
class ServedModel:
    """One classifier that is loaded, warm and known by name."""

    identity: ModelIdentity
    classifier: Classifier
    info: CheckpointInfo


class ServedModels:
    """All models that are served.

    Where a request names none, the first that takes beats by themselves answers it, and for a recording the first that
    takes them in their context; where there is none such, the first.
    """

    def __init__(self, models: Sequence[ServedModel]) -> None:
        self.by_name = {model.identity.name: model for model in models}
        self.for_beats = next((model for model in models if not model.classifier.in_context), models[0])
        self.for_recordings = next((model for model in models if model.classifier.in_context), models[0])

    @classmethod
    def load(cls, names: Sequence[str]) -> "ServedModels":
        """Load each model; it has then answered its reference beats.

        Raises UnknownModel, also for no names and for two models of one name, and BadCheckpoint.
        """
        if not names:
            raise UnknownModel("got no models to serve; name one or more in CARDIODE_MODELS")
        served = cls([_serve(Classifier.load(name)) for name in names])
        if len(served.by_name) < len(names):
            raise UnknownModel(f"got models of the same name in CARDIODE_MODELS: {', '.join(names)}; name each once")
        return served

    def find(self, name: str | None, default: ServedModel) -> ServedModel:
        """The model of that name, the default for None. Raises UnknownModelName."""
        if name is None:
            return default
        if name not in self.by_name:
            raise UnknownModelName(name, list(self.by_name))
        return self.by_name[name]

    def find_version(self, name: str, version: str | None) -> ServedModel:
        """The model of that name, if it is of that version; None is any.

        Raises UnknownModelName and UnknownModelVersion.
        """
        model = self.find(name, self.for_beats)
        if version not in (None, model.identity.version):
            raise UnknownModelVersion(name, version, model.identity.version)
        return model


def _serve(classifier: Classifier) -> ServedModel:
    checkpoint = classifier.checkpoint
    if checkpoint is None:
        raise UnknownModel("got a classifier that comes from no checkpoint; load one by name or path")
    info = checkpoint.info
    identity = ModelIdentity(name=info.name, version=info.model_version, sha256=checkpoint.sha256)
    return ServedModel(identity, classifier, info)
