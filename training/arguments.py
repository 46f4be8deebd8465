"""Arguments: what each offline command takes, and what it says of itself."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ecg.formats.wfdb import ANNOTATOR
from ecg.scoring import LEARNING
from models import zoo
from models.abstention import ALL
from training import noise_stress
from training.crossvalidation import OUT_OF_FOLD
from training.mitdb import DS2, data_folder

Command = Callable[[argparse.Namespace], None]

BEATS_FILE = Path("runs/beats.npz")

SCORE_HELP = """\
Score annotation files against reference annotations, beat by beat, by ANSI/AAMI EC57:2012.

It prints what PhysioNet's sumstats makes of its bxb -L: a line for each recording, then gross statistics, in which
each beat weighs the same, and averages, in which each recording does. Se is sensitivity and +P positive
predictivity, in percent, of all beats (Q), ventricular (V) and supraventricular (S) ectopic ones; a hyphen stands for
what is undefined. Counts are of reference class and test class: Nv are normal beats called ventricular, On' extra
ones, No' missed ones; n', f' and the like include the classes without a column of their own. A second table tells
what was missed where the test annotator had declared the signals unreadable."""

SCORE_EXAMPLE = """python -m training score data/mitdb results

The annotations in results can be written by: python -m app annotate data/mitdb/*.hea --out results --format wfdb
In their place may be the labels of a cross-validation over patients, an .npz of the arrays recordings (the name of each
beat's recording), peaks (samples at its rate) and labels (indices of N, S, V, F, Q; -1 for none):

python -m training score data/mitdb out_of_fold.npz --start 0 --escapes-normal --intervals"""

EVALUATE_HELP = """\
Tell what a checkpoint reaches on patients it has never seen and on its test part; draw figures, write the card.

New patients are those of DS2 (de Chazal et al. 2004) to a checkpoint that was trained on the split inter_patient. Their
recordings are annotated whole, at R peaks that are found and at those of the reference, and compared by ANSI/AAMI
EC57:2012. A checkpoint that was trained on the random split knows them; its sibling stands in for it there: the same
network trained on DS1 alone, given by --sibling or found in the zoo as NAME_ds1. A network that takes single beats is
also scored on the test part of its split, by every method and setting of its solver; of one that takes whole recordings
it is told what cross-validation reached, and the settings are tried on recordings that it has learnt from."""

PROMOTE_HELP = """\
Put a checkpoint in the zoo in place of the model of its name, if it is not worse; else say what falls short.

It must answer its reference beats, have had its solver tried, and have a card of its own, as evaluate writes it. What
the released model's card states must not be lower by more than its 95 % interval: of a network that takes single beats
on the test part, which both are scored on, beat by beat; of one that takes whole recordings out of fold, recording by
recording; of both on the recordings of new patients, where both cards have them. The exit code is 1, and the zoo is
unchanged, where any check falls short. Where the zoo has no model of that name there is nothing to compare with."""

LEAVE_ONE_OUT_HELP = """\
Tell what a recipe of whole recordings reaches on every patient of DS1 and DS2, each left out in turn.

A network is trained without each of 43 patients and decides on his recordings; what all of them said is compared with
the reference by ANSI/AAMI EC57:2012 and written to leave_one_out.md in the run's folder. It takes hours: each network
as long as train takes for one. A run that was interrupted goes on from its last finished epoch."""

NOISE_HELP = """\
Tell what is left of a classifier's figures where electrodes move: the noise stress test.

Noise is added to recordings as PhysioNet's nst does it: after five minutes without, two minutes with and two without
take turns, at a signal-to-noise ratio of 24, 18, 12, 6 and 0 dB. All that comes after the five minutes is compared with
the reference by ANSI/AAMI EC57:2012; escape beats count as N, beats that are not classified as called Q. Networks have
learnt from most recordings of mitdb: look at how figures fall, not at where they begin."""


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """That of all commands; what it parses tells, as `command`, the one of these that was asked for."""
    whole = argparse.ArgumentParser(prog="python -m training", description="Train and judge heartbeat classifiers.")
    parsers = whole.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, text: str, example: str, *, of_beats: bool = True) -> argparse.ArgumentParser:
        formatter = argparse.RawDescriptionHelpFormatter
        sub = parsers.add_parser(
            name, help=text.splitlines()[0], description=text, epilog=f"example: {example}", formatter_class=formatter
        )
        sub.set_defaults(command=commands[name])
        if of_beats:
            _add_data(sub)
            sub.add_argument("--beats", type=Path, default=BEATS_FILE, help="the prepared beats (default %(default)s)")
        return sub

    add(
        "data",
        "Cut the benchmark's beats from the MIT-BIH recordings, downloading these where they are missing.",
        "python -m training data",
    )
    command = add(
        "train",
        "Train by a recipe; a run that was interrupted goes on from its last finished epoch.",
        "python -m training train odenet batch_size=32 training_solver.rtol=0.01",
    )
    _add_run(command, "runs/NAME")
    command.add_argument(
        "--add",
        type=Path,
        metavar="FOLDER",
        help="learn from its recordings too, WFDB files with reviewed annotations; a folder within it is one patient's",
    )
    command.add_argument("--annotator", default="atr", help="extension of their annotations (default %(default)s)")
    command.add_argument(
        "--no-dial", action="store_true", help="do not try every method at every setting, which a served model needs"
    )
    command = add(
        "leave-one-out",
        LEAVE_ONE_OUT_HELP,
        "python -m training leave-one-out rhythm architecture.members=1",
        of_beats=False,
    )
    _add_run(command, "runs/NAME_leave_one_out")
    _add_data(command)
    command = add(
        "fit",
        "Fit anew what a checkpoint carries beside its weights, on its training and validation part, and save it.",
        "python -m training fit odenet --out runs/odenet/checkpoint.safetensors",
    )
    command.add_argument("checkpoint", help="a model of the zoo, or a checkpoint file")
    command.add_argument("--out", type=Path, help="the file to write (default: the checkpoint's own)")
    command.add_argument(
        "--out-of-fold",
        type=Path,
        help=f"what cross-validation decided, for a network that learnt from all patients "
        f"(default runs/NAME/{OUT_OF_FOLD})",
    )
    command.add_argument("--keep-dial", action="store_true", help="leave its dial as it is, which saves minutes")
    command = add(
        "evaluate",
        EVALUATE_HELP,
        "python -m training evaluate odenet --sibling runs/odenet_ds1/checkpoint.safetensors",
    )
    command.add_argument("checkpoint", help="a model of the zoo, or a checkpoint file")
    command.add_argument("--out", type=Path, help="folder for card and figures (default runs/evaluation/NAME)")
    command.add_argument("--no-sweep", action="store_true", help="leave the tolerance sweep out")
    command.add_argument("--sibling", help="checkpoint or model of the same network, trained on DS1 alone")
    _add_recordings(command, DS2, "the new patients'")
    command = add(
        "compare",
        "Print what checkpoints reach and cost, side by side.",
        "python -m training compare resnet odenet",
    )
    command.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="a model of the zoo, or a file")
    command = add(
        "promote",
        PROMOTE_HELP,
        "python -m training promote runs/rhythm/checkpoint.safetensors --dry-run",
    )
    command.add_argument("checkpoint", type=Path, help="a checkpoint file")
    command.add_argument(
        "--evaluation", type=Path, help="folder that evaluate wrote of it (default runs/evaluation/NAME)"
    )
    command.add_argument("--zoo", type=Path, default=zoo.FOLDER, help="folder of the models (default %(default)s)")
    command.add_argument("--dry-run", action="store_true", help="check, and change nothing")
    command = add("score", SCORE_HELP, SCORE_EXAMPLE, of_beats=False)
    command.add_argument("reference", type=Path, help="folder of headers (.hea) and reference annotations")
    command.add_argument("test", type=Path, help="folder of the annotations to be scored, or an .npz of predictions")
    command.add_argument("--annotator", default=ANNOTATOR, help="extension of these (default %(default)s)")
    command.add_argument("--reference-annotator", default="atr", help="that of the reference (default %(default)s)")
    command.add_argument(
        "--start", type=float, default=LEARNING, help="seconds that are left out at first (default %(default)g)"
    )
    command.add_argument(
        "--escapes-normal",
        action="store_true",
        help="count escape beats (e, j) as N, as most papers do; bxb counts them as S",
    )
    command.add_argument(
        "--intervals",
        action="store_true",
        help="tell also between which bounds the statistics lie with 95 %% confidence, and those of three classes",
    )
    command.add_argument("--out", type=Path, help="folder for bxb.out and sd.out (bxb -L) and matrices.out (bxb -S)")
    command = add(
        "noise",
        NOISE_HELP,
        "python -m training noise odenet --recordings 118 119 --out runs/noise/odenet",
        of_beats=False,
    )
    command.add_argument("checkpoint", help="a model of the zoo, or a checkpoint file")
    _add_data(command)
    _add_recordings(command, noise_stress.USUAL, "those of the noise stress test database,")
    command.add_argument(
        "--coverage", type=float, default=ALL, help="share of beats that it shall answer, 0.5 to 1 (default 1)"
    )
    command.add_argument("--out", type=Path, help="folder for the figure (default runs/noise/NAME)")
    return whole


def _add_run(command: argparse.ArgumentParser, folder: str) -> None:
    command.add_argument("recipe", help="a name in training/recipes, or a .toml file")
    command.add_argument("override", nargs="*", help="key=value, changes one entry of the recipe")
    command.add_argument("--out", type=Path, help=f"the run's folder (default {folder})")
    command.add_argument("--fresh", action="store_true", help="forget what an earlier run left in the folder")
    command.add_argument("--device", default="auto", help="cpu, cuda, or auto (default): cuda where there is one")


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data", type=Path, default=data_folder(), help="folder that holds mitdb/ (CARDIODE_DATA; now %(default)s)"
    )


def _add_recordings(command: argparse.ArgumentParser, usual: Sequence[str], whose: str) -> None:
    command.add_argument(
        "--recordings",
        nargs="+",
        default=usual,
        metavar="RECORDING",
        help=f"numbers of mitdb, or headers (.hea) with annotations (.atr) beside them (default: {whose} "
        f"{', '.join(usual)})",
    )
