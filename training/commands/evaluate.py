"""`python -m training evaluate`: what a checkpoint reaches, its card and its figures."""

import argparse
from pathlib import Path

from models import Classifier
from training.commands.arguments import add_beats, add_checkpoint, add_data, add_recordings
from training.data.databases import DS1, DS2, read_named
from training.data.dataset import load_or_build
from training.errors import TrainingError
from training.evaluation import worlds
from training.evaluation.counterpart import sibling_of
from training.evaluation.evaluation import (
    Evaluation,
    checkpoint_of,
    evaluate,
    evaluate_dial,
    kept_epoch_of,
    recipe_of,
    split_of,
)
from training.evaluation.patients import Patients, evaluate_patients
from training.evaluation.worlds import Worlds
from training.measures.confidence import Confidence
from training.measures.label_scores import score_of
from training.measures.reliability import expected_calibration_error
from training.posthoc.fitting import confidence_of
from training.reports import figures, patients_figures
from training.reports import patients as patients_report
from training.reports import tables as report
from training.reports.card import CONFIDENCE, beats_card, context_card
from training.reports.confidence import coverage_table
from training.synthesis.examples import examples_as_they_are

HELP = """\
Tell what a checkpoint reaches on patients it has never seen and on its test part; draw figures, write the card.

New patients are those of DS2 (de Chazal et al. 2004) to a checkpoint that was trained on the split inter_patient. Their
recordings are annotated whole, at R peaks that are found and at those of the reference, and compared by ANSI/AAMI
EC57:2012. A checkpoint that was trained on the random split knows them; its sibling stands in for it there: the same
network trained on DS1 alone, given by --sibling or found in the zoo as NAME_ds1. A network that takes single beats is
also scored on the test part of its split, by every method and setting of its solver; of one that takes whole recordings
it is told what cross-validation reached, and the settings are tried on recordings that it has learnt from."""

EXAMPLE = "python -m training evaluate odenet --sibling runs/odenet_ds1/checkpoint.safetensors"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_data(command)
    add_beats(command)
    add_checkpoint(command)
    command.add_argument("--out", type=Path, help="folder for card and figures (default runs/evaluation/NAME)")
    command.add_argument("--no-sweep", action="store_true", help="leave the tolerance sweep out")
    command.add_argument("--sibling", help="checkpoint or model of the same network, trained on DS1 alone")
    add_recordings(command, DS2, "the new patients'")


def run(options: argparse.Namespace) -> None:
    """Tell it, draw the figures, and write the card."""
    classifier = Classifier.load(options.checkpoint)
    checkpoint = checkpoint_of(classifier)
    folder = options.out or Path("runs/evaluation") / checkpoint.info.name
    folder.mkdir(parents=True, exist_ok=True)
    figures.draw_training(checkpoint.info.history, kept_epoch_of(checkpoint.info), folder / "training.png")
    patients = _on_patients(classifier, options, folder)
    if classifier.in_context:
        beats = _out_of_fold(classifier, options, folder)
        text = context_card(checkpoint.info, checkpoint.sha256, patients, beats)
    else:
        beats = _on_beats(classifier, options, folder)
        text = beats_card(checkpoint.info, beats, checkpoint.sha256, patients)
    (folder / "card.md").write_text(text)
    worlds.write(Worlds(beats, patients), folder)
    print(f"\ncard and figures are in {folder}")


def _on_patients(classifier: Classifier, options: argparse.Namespace, folder: Path) -> Patients | None:
    """What it reaches on patients who are new to it, or what its sibling does; None where it has none."""
    info = checkpoint_of(classifier).info
    if recipe_of(info).split == "inter_patient":
        if options.sibling:
            raise TrainingError(f"got --sibling, but {info.name} was itself trained on DS1 alone; leave it out")
        new_to: Classifier | None = classifier
    else:
        new_to = sibling_of(info, options.sibling)
    if new_to is None:
        print(f"new patients: not evaluated, since {info.name} knows all and has no sibling; see --help\n")
        return None
    checkpoint = checkpoint_of(new_to)
    recordings = read_named(options.recordings, options.data)
    patients = evaluate_patients(new_to, recordings, name=checkpoint.info.name, sha256=checkpoint.sha256)
    print(patients_report.printed_report(patients) + "\n")
    (folder / "patients.md").write_text(patients_report.full_report(patients))
    patients_figures.draw_recordings(patients, folder / "patients.png")
    patients_figures.draw_confusion(patients, folder / "patients_confusion.png")
    patients_figures.draw_intervals(patients, folder / "patients_intervals.png")
    _tell_confidence(patients.confidence, folder / patients_report.CONFIDENCE)
    return patients


def _on_beats(classifier: Classifier, options: argparse.Namespace, folder: Path) -> Evaluation:
    """What it reaches on the beats of its test part."""
    test = split_of(checkpoint_of(classifier).info, load_or_build(options.beats, options.data)).test
    evaluation = evaluate(classifier, test, sweep=not options.no_sweep)
    print(f"accuracy {evaluation.score.accuracy:.2%}, macro-F1 {evaluation.score.macro_f1:.4f}\n")
    print(report.score_table(evaluation.score))
    figures.draw_confusion(evaluation.score, folder / "confusion.png")
    _tell_confidence(evaluation.confidence, folder / CONFIDENCE)
    figures.draw_beats(test, folder / "beats.png")
    _tell_dial(evaluation, folder)
    return evaluation


def _out_of_fold(classifier: Classifier, options: argparse.Namespace, folder: Path) -> Evaluation | None:
    """What its cross-validation left in the checkpoint, and its dial on beats that it has learnt from."""
    reached = score_of(checkpoint_of(classifier).info.figures["out_of_fold"])
    print(f"patients left out: accuracy {reached.accuracy:.2%}\n\n{report.score_table(reached)}")
    figures.draw_confusion(reached, folder / "confusion.png")
    _tell_confidence(confidence_of(checkpoint_of(classifier).info), folder / CONFIDENCE)
    if options.no_sweep:
        return None
    evaluation = evaluate_dial(classifier, examples_as_they_are(options.data, DS1), reached)
    _tell_dial(evaluation, folder)
    return evaluation


def _tell_dial(evaluation: Evaluation, folder: Path) -> None:
    if evaluation.sweep:
        print("\n" + report.sweep_table(evaluation))
        figures.draw_sweep(evaluation.sweep, folder / "tolerance.png")
    if evaluation.grid:
        print("\n" + report.grid_table(evaluation))
        auto = next((point for point in evaluation.sweep if point.setting is None), None)
        figures.draw_dial(evaluation.grid, auto, folder / "dial.png")


def _tell_confidence(confidence: Confidence | None, file: Path) -> None:
    if confidence is None:
        return
    error = expected_calibration_error(confidence.reliability)
    print(f"\nexpected calibration error {error:.4f}\n\n{coverage_table(confidence)}")
    figures.draw_confidence(confidence, file)
