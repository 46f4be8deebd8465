"""A shadow: a model that decides beside another one on a share of its requests, and that nobody hears."""

from dataclasses import dataclass

from app.errors import InvalidShadow
from app.registry.models import ServedModels
from models import Classifier

EXAMPLE = "odenet=resnet:0.1"


@dataclass(frozen=True)
class Shadow:
    """`second` decides beside `primary`, both named as requests name models, on a `share` of its requests."""

    primary: str
    second: str
    share: float

    @classmethod
    def parse(cls, text: str) -> "Shadow":
        """From `PRIMARY=SECOND:SHARE`. Raises InvalidShadow."""
        primary, _, rest = text.partition("=")
        second, _, portion = rest.rpartition(":")
        try:
            share = float(portion)
        except ValueError:
            share = 0.0
        if not (primary and second and 0 < share <= 1):
            raise InvalidShadow(
                f"got {text!r}, expected PRIMARY=SECOND:SHARE, the share over 0 to 1, such as {EXAMPLE}"
            )
        if primary == second:
            raise InvalidShadow(f"got {text!r}, expected two models: a model never disagrees with itself")
        return cls(primary, second, share)

    def beside(self, model: Classifier, served: ServedModels) -> Classifier | None:
        """The model that decides beside this one; None where that is none of this shadow's, or the shadow rests."""
        if model is not served.get(self.primary) or self.rests(served):
            return None
        return served.get(self.second)

    def rests(self, served: ServedModels) -> str | None:
        """Why nothing can be shadowed among these models; None where it can."""
        models = []
        for name in (self.primary, self.second):
            model = served.get(name)
            if model is None:
                return f"{name} is not served"
            if model.in_context:
                return f"{name} takes whole recordings, and only requests with beats are shadowed"
            models.append(model)
        if models[0] is models[1]:
            return f"{self.primary} and {self.second} are the same model"
        return None


def shadows(text: str) -> tuple[Shadow, ...]:
    """Those of CARDIODE_SHADOW, separated by commas. Raises InvalidShadow."""
    return tuple(Shadow.parse(part.strip()) for part in text.split(",") if part.strip())
