"""`cardiode promote`: a checkpoint takes a released model's place."""

import argparse
from pathlib import Path

from models import Classifier, zoo
from models.checkpoint.file import FILE_NAME
from training.commands.arguments import add_beats, add_data
from training.errors import NotPromoted
from training.evaluation.evaluation import checkpoint_of
from training.evaluation.results import Model
from training.release import gate
from training.release.promotion import promote
from training.release.sources import Sources

HELP = """\
Put a checkpoint in the zoo in place of the model of its name, if it is not worse; else say what falls short.

It must answer its reference beats, have had its solver tried, and have a card of its own, as evaluate writes it. What
the released model's card states must not be lower by more than its 95 % interval: of a network that takes single beats
on the test part, which both are scored on, beat by beat; of one that takes whole recordings out of fold, recording by
recording; of both on the recordings of new patients, where both cards have them. The exit code is 1, and the zoo is
unchanged, where any check falls short. Where the zoo has no model of that name there is nothing to compare with."""

EXAMPLE = "cardiode promote runs/rhythm/checkpoint.safetensors --dry-run"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_data(command)
    add_beats(command)
    command.add_argument("checkpoint", type=Path, help="a checkpoint file")
    command.add_argument(
        "--evaluation", type=Path, help="folder that evaluate wrote of it (default runs/evaluation/NAME)"
    )
    command.add_argument("--zoo", type=Path, default=zoo.FOLDER, help="folder of the models (default %(default)s)")
    command.add_argument("--dry-run", action="store_true", help="check, and change nothing")


def run(options: argparse.Namespace) -> None:
    """Check it, and promote it where nothing falls short. Raises NotPromoted."""
    classifier = Classifier.load(options.checkpoint)
    name = checkpoint_of(classifier).info.name
    candidate = Model(classifier, options.evaluation or Path("runs/evaluation") / name)
    before = options.zoo / name / FILE_NAME
    released = Model(Classifier.load(before), before.parent) if before.exists() else None
    checks = gate.check(candidate, released, Sources(options.data, options.beats))
    print(gate.checks_table(checks))
    if released is None:
        print(f"\n{options.zoo} has no model {name} yet: there is nothing to compare with")
    short = [one.name for one in checks if not one.passed]
    if short:
        raise NotPromoted(
            f"{name} falls short in {len(short)} of {len(checks)} checks ({', '.join(short)}); the zoo is unchanged"
        )
    if options.dry_run:
        print(f"\n{name} may be promoted; nothing was changed (--dry-run)")
        return
    folder = promote(options.checkpoint, candidate.folder, options.zoo, name)
    print(f"\npromoted: {folder} holds {name} ({candidate.checkpoint.sha256[:12]}), its card and its figures")
