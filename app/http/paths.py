"""Paths: which of them need no API key, are guarded by the queue, stay open while draining, and are not traced."""

from dataclasses import dataclass
from functools import cached_property
from re import Pattern

from starlette.routing import compile_path

INFERENCE = "/v2"
"""Below it lies the Open Inference Protocol, whose clients read `{"error": ...}` and nothing else."""

INFERENCE_MODEL = f"{INFERENCE}/models/{{name}}"

RECORDINGS = "/recordings"


@dataclass(frozen=True)
class PathRules:
    """What holds for the requests of one path, as routes have it; or of all below it, where it ends in a slash.

    `guarded`: its requests are refused while the queue of beats is full. `open_while_draining`: it is answered while
    the service ends, so that it can be watched until it is gone. `traced`: requests of it make spans; those of whoever
    watches over the service do not. `page`: what it answers is shown by a browser, which may run its scripts.
    """

    path: str
    needs_key: bool = True
    guarded: bool = False
    open_while_draining: bool = False
    traced: bool = True
    page: bool = False

    @cached_property
    def pattern(self) -> Pattern[str]:
        """What the paths of its requests look like."""
        return compile_path(self.path)[0]


RULES = (
    PathRules("/", needs_key=False, page=True),
    PathRules("/page/", needs_key=False, page=True),
    PathRules("/docs", needs_key=False),
    PathRules("/openapi.json", needs_key=False),
    PathRules("/static-offline-docs/", needs_key=False, page=True),
    PathRules("/health/live", needs_key=False, open_while_draining=True, traced=False),
    PathRules("/health/ready", needs_key=False, traced=False),
    PathRules(f"{INFERENCE}/health/live", needs_key=False, open_while_draining=True, traced=False),
    PathRules(f"{INFERENCE}/health/ready", needs_key=False, traced=False),
    PathRules("/metrics", open_while_draining=True, traced=False),
    PathRules("/classify", guarded=True),
    PathRules(f"{INFERENCE_MODEL}/infer", guarded=True),
    PathRules(f"{INFERENCE_MODEL}/versions/{{version}}/infer", guarded=True),
)

ORDINARY = PathRules("")
"""Of every other path."""

_EXACT = {rules.path: rules for rules in RULES if "{" not in rules.path}
_FOLDERS = tuple(rules for rules in RULES if rules.path.endswith("/") and rules.path != "/")
_PATTERNS = tuple(rules for rules in RULES if "{" in rules.path)


def rules_of(path: str) -> PathRules:
    """Those that hold for a request of this path."""
    exact = _EXACT.get(path)
    if exact is not None and exact not in _FOLDERS:
        return exact
    for rules in _FOLDERS:
        if path.startswith(rules.path):
            return rules
    if path.startswith(INFERENCE):
        return next((rules for rules in _PATTERNS if rules.pattern.match(path)), ORDINARY)
    return ORDINARY
