"""The models that a service serves."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import UnknownModelName, UnknownModelVersion
from models import Checkpoint, Classifier, Kind, Plan, SolverSettings, UnknownModel, zoo
from models.checkpoint.abstention import ALL
from models.checkpoint.file import load
from models.identity import AT, SHORT


class ServedModels:
    """All models that are served, of each name the current one first. It never changes: a reload makes another.

    Where a request names none, the first that takes beats by themselves answers it, and for a recording the first that
    takes them in their context; where there is none such, the first.
    """

    def __init__(self, models: Sequence[Classifier]) -> None:
        self.models = tuple(models)
        self.by_name: dict[str, Classifier] = {}
        """The current one of each name."""
        for model in models:
            self.by_name.setdefault(model.identity.name, model)
        self.for_beats = next((model for model in models if not model.in_context), models[0])
        self.for_recordings = next((model for model in models if model.in_context), models[0])

    @classmethod
    def load(cls, names: Sequence[str], before: Sequence[Classifier] = ()) -> "ServedModels":
        """Load what each entry of CARDIODE_MODELS names; a model has then answered its reference beats.

        Of those that were served `before`, one whose checkpoint is still the same is taken over as it is. Raises
        UnknownModel, also for no names, an empty folder and a checkpoint that is named twice, and BadCheckpoint.
        """
        if not names:
            raise UnknownModel("got no models to serve; list one or more in CARDIODE_MODELS")
        known = {model.identity.sha256: model for model in before}
        models: dict[str, Classifier] = {}
        for file in (file for name in names for file in _files(name)):
            model = _serve(load(file), file, known)
            if model.identity.sha256 in models:
                raise UnknownModel(
                    f"got {file} in CARDIODE_MODELS, which is the same as {model.identity.pin}; name each once"
                )
            models[model.identity.sha256] = model
        return cls(list(models.values()))

    def get(self, name: str) -> Classifier | None:
        """The current model of that name, or the one that `NAME@VERSION` or `NAME@SHA256` pins; None for no such.

        Of a sha256 its first eight digits will do. Where several have that version, it is the first of them.
        """
        name, at, pin = name.partition(AT)
        if not at:
            return self.by_name.get(name)
        own = [model for model in self.models if model.identity.name == name]
        of_version = (model for model in own if model.identity.version == pin)
        of_sha256 = (model for model in own if len(pin) >= SHORT and model.identity.sha256.startswith(pin))
        return next(of_version, None) or next(of_sha256, None)

    def find(self, name: str | None, default: Classifier) -> Classifier:
        """What `get` finds, the default for None. Raises UnknownModelName."""
        if name is None:
            return default
        model = self.get(name)
        if model is None:
            others = [model.identity.pin for model in self.models if model is not self.by_name[model.identity.name]]
            raise UnknownModelName(name, [*self.by_name, *others])
        return model

    def find_version(self, name: str, version: str | None) -> Classifier:
        """The model of that name and version, the current one for None.

        Raises UnknownModelName and UnknownModelVersion.
        """
        model = self.find(name, self.for_beats)
        pinned = model if version is None else self.get(f"{model.identity.name}{AT}{version}")
        if pinned is None:
            raise UnknownModelVersion(name, str(version), self.versions_of(model.identity.name))
        return pinned

    def versions_of(self, name: str) -> list[str]:
        """The versions of that name, the current one first."""
        return list(dict.fromkeys(model.identity.version for model in self.models if model.identity.name == name))


def _files(name: str) -> list[Path]:
    """The checkpoint files of one entry: of a folder all that lie in it, by name."""
    folder = Path(name)
    if name in zoo.names() or not folder.is_dir():
        return [zoo.find(name)]
    # A pipe of that name would be waited for without end.
    files = sorted((file for file in folder.glob("*.safetensors") if file.is_file()), key=lambda file: file.stem)
    if not files:
        raise UnknownModel(f"there is no checkpoint in {folder}: expected files NAME.safetensors")
    return files


def _serve(checkpoint: Checkpoint, file: Path, known: Mapping[str, Classifier]) -> Classifier:
    return known.get(checkpoint.sha256) or Classifier.proven(checkpoint, file)


class Registry:
    """What is served now: a reload puts other models in the place of these, in one step."""

    def __init__(self, served: ServedModels) -> None:
        self.served = served

    def plan(self, kind: Kind, model: str | None, solver: SolverSettings | None = None, coverage: float = ALL) -> Plan:
        """The plan for what a request brings and asks. Raises UnknownModelName, and all that `Plan.of` raises."""
        default = self.served.for_beats if kind == "beats" else self.served.for_recordings
        return Plan.of(self.served.find(model, default), kind, solver, coverage)
