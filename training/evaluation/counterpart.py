"""A sibling: the same network trained on DS1 alone, to show what the released one cannot: how it does on new patients.

A network that was trained on the random split has learnt from every patient that there are recordings of.
"""

from models import CheckpointInfo, Classifier, zoo
from training.errors import NoSibling
from training.evaluation.evaluation import checkpoint_of, recipe_of

SUFFIX = "_ds1"


def sibling_of(info: CheckpointInfo, given: str | None = None) -> Classifier | None:
    """The classifier of a checkpoint file or a model of the zoo, else of the zoo's model NAME_ds1; None without one.

    Raises NoSibling where it is another kind of network, or has itself learnt from all patients.
    """
    name = given or f"{info.name}{SUFFIX}"
    if not given and name not in zoo.names():
        return None
    sibling = Classifier.load(name)
    found = checkpoint_of(sibling).info
    if found.architecture.kind != info.architecture.kind:
        raise NoSibling(
            f"{name} is a network of the kind {found.architecture.kind}, expected {info.architecture.kind}, as "
            f"{info.name} is; its figures are not those of a sibling"
        )
    if not recipe_of(found).ds2_is_new:
        raise NoSibling(f"{name} has learnt from patients of DS2, whom it would be tested on; give one that has not")
    return sibling
