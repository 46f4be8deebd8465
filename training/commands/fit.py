"""`cardiode fit`: what a checkpoint carries beside its weights."""

import argparse
from pathlib import Path

from models import zoo
from models.checkpoint.file import load as load_checkpoint
from models.checkpoint.file import save as save_checkpoint
from models.process import keep_freed_memory
from training.commands.arguments import add_beats, add_checkpoint, add_data, add_examples, sources_of
from training.evaluation.evaluation import recipe_of
from training.learning.crossvalidation import OUT_OF_FOLD
from training.posthoc.fit import fit
from training.release.run import run_of

HELP = "Fit again what a checkpoint carries beside its weights, on its training and validation part, and save it."
EXAMPLE = "cardiode fit odenet --out runs/odenet/checkpoint.safetensors"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_data(command)
    add_beats(command)
    add_examples(command)
    add_checkpoint(command)
    command.add_argument("--out", type=Path, help="the file to write (default: the checkpoint's own)")
    command.add_argument(
        "--out-of-fold",
        type=Path,
        help=f"what cross-validation decided, for a network that learnt from all patients "
        f"(default runs/NAME/{OUT_OF_FOLD})",
    )
    command.add_argument("--keep-dial", action="store_true", help="leave its dial as it is, which saves minutes")


def run(options: argparse.Namespace) -> None:
    """Fit it, and save the checkpoint."""
    keep_freed_memory()
    file = zoo.find(options.checkpoint)
    checkpoint = load_checkpoint(file)
    training = run_of(recipe_of(checkpoint.info), sources_of(options))
    fitted = fit(checkpoint, training.evidence(checkpoint.info), dial=not options.keep_dial)
    target = options.out or file
    save_checkpoint(fitted, target)
    print(f"temperature {fitted.info.calibration.temperature:.3f}")
    print(f"written to {target}; its card and figures: cardiode evaluate {target}")
