"""`cardiode noise`: what is left where electrodes move."""

import argparse
from pathlib import Path

from models import Classifier
from models.checkpoint.abstention import ALL
from training.commands.arguments import add_checkpoint, add_data, add_recordings
from training.data.databases import read_named, read_noises
from training.evaluation import noise_stress
from training.evaluation.evaluation import checkpoint_of
from training.reports import patients_figures
from training.reports.noise import noise_tables

HELP = """\
Report what is left of a classifier's figures where electrodes move: the noise stress test.

Noise is added to recordings as PhysioNet's nst does it: after five minutes without, two minutes with and two without
take turns, at a signal-to-noise ratio of 24, 18, 12, 6 and 0 dB. All that comes after the five minutes is compared with
the reference by ANSI/AAMI EC57:2012; escape beats count as N, beats that are not classified as called Q. Networks have
learnt from most recordings of mitdb: look at how figures fall, not at where they begin."""

EXAMPLE = "cardiode noise odenet --recordings 118 119 --out runs/noise/odenet"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_checkpoint(command)
    add_data(command)
    add_recordings(command, noise_stress.USUAL, "those of the noise stress test database,")
    command.add_argument(
        "--coverage", type=float, default=ALL, help="share of beats that it shall answer, 0.5 to 1 (default 1)"
    )
    command.add_argument("--out", type=Path, help="folder for the figure (default runs/noise/NAME)")


def run(options: argparse.Namespace) -> None:
    """Print the tables, and draw the figure."""
    classifier = Classifier.load(options.checkpoint)
    name = checkpoint_of(classifier).info.name
    (noise,) = read_noises(options.data, [noise_stress.ELECTRODE_MOTION])
    recordings = list(read_named(options.recordings, options.data))
    levels = noise_stress.stress_test(classifier, recordings, noise, coverage=options.coverage)
    folder = options.out or Path("runs/noise") / name
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{name} on {', '.join(recording.name for recording in recordings)}:\n\n{noise_tables(levels)}")
    patients_figures.draw_noise(levels, folder / "noise.png")
    print(f"\nthe figure is {folder / 'noise.png'}")
