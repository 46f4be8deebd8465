"""`cardiode evaluate`: what a checkpoint reaches, its card and its figures."""

import argparse
from pathlib import Path

from models import Classifier
from training.commands.arguments import add_beats, add_checkpoint, add_data, add_examples, add_recordings, sources_of
from training.data.databases import DS2, read_named
from training.errors import NoSibling
from training.evaluation.counterpart import sibling_of
from training.evaluation.evaluation import checkpoint_of, kept_epoch_of, recipe_of
from training.evaluation.folder import FolderResults, evaluate_folder
from training.evaluation.patients import Patients, evaluate_patients
from training.evaluation.results import Results
from training.release.run import run_of
from training.reports import figures, patients_figures
from training.reports import patients as patients_report
from training.reports.evaluation import confidence_report, evaluation_report
from training.reports.folder import folder_report

HELP = """\
Report what a checkpoint reaches on patients it has never seen and on its test part; draw figures, write the card.

New patients are those of DS2 (de Chazal et al. 2004) to a checkpoint that was trained on the split inter_patient. Their
recordings are annotated whole, at R peaks that are found and at those of the reference, and compared by ANSI/AAMI
EC57:2012. A checkpoint that was trained on the random split knows them; its sibling stands in for it there: the same
network trained on DS1 alone, given by --sibling or found in the zoo as NAME_ds1. A network that takes single beats is
also scored on the test part of its split, by every method and setting of its solver; of one that takes whole recordings
the result of cross-validation is reported, and the settings are tried on recordings that it has learnt from.

With --on all this is left out: every labelled recording in a folder, from whatever database, is annotated and compared,
and the figures are printed, and written as JSON where --json says."""

EXAMPLE = """cardiode evaluate odenet --sibling runs/odenet_ds1/checkpoint.safetensors
         cardiode evaluate rhythm --on data/svdb --json svdb.json"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_data(command)
    add_beats(command)
    add_examples(command)
    add_checkpoint(command)
    command.add_argument("--out", type=Path, help="folder for card and figures (default runs/evaluation/NAME)")
    command.add_argument("--no-sweep", action="store_true", help="leave the tolerance sweep out")
    command.add_argument("--sibling", help="checkpoint or model of the same network, trained on DS1 alone")
    add_recordings(command, DS2, "the new patients'")
    command.add_argument(
        "--hospital",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="for the card: what --json wrote of a sibling on a database that it alone has not learnt from; repeatable",
    )
    command.add_argument("--on", type=Path, metavar="FOLDER", help="score it on all labelled recordings in a folder")
    command.add_argument("--annotator", default="atr", help="extension of their annotations (default %(default)s)")
    command.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures of --on")


def run(options: argparse.Namespace) -> None:
    """Evaluate it, draw the figures, and write the card; or score it on a folder."""
    classifier = Classifier.load(options.checkpoint)
    if options.on:
        on_folder = evaluate_folder(classifier, options.on, options.annotator)
        print(folder_report(on_folder))
        if options.json:
            on_folder.save(options.json)
        return
    checkpoint = checkpoint_of(classifier)
    training = run_of(recipe_of(checkpoint.info), sources_of(options))
    folder = options.out or Path("runs/evaluation") / checkpoint.info.name
    folder.mkdir(parents=True, exist_ok=True)
    figures.draw_training(checkpoint.info.history, kept_epoch_of(checkpoint.info), folder / "training.png")
    patients = _on_patients(classifier, options, folder)
    evaluation = training.evaluate(classifier, sweep=not options.no_sweep)
    reached = evaluation.score
    print(f"{training.scored_on}: accuracy {reached.accuracy:.2%}, macro-F1 {reached.macro_f1:.4f}\n")
    print(evaluation_report(evaluation))
    figures.draw_evaluation(evaluation, folder)
    training.draw(classifier, folder)
    results = Results(evaluation, patients, tuple(map(FolderResults.load, options.hospital)))
    (folder / "card.md").write_text(training.card(checkpoint, results))
    results.save(folder)
    print(f"\ncard and figures are in {folder}")


def _on_patients(classifier: Classifier, options: argparse.Namespace, folder: Path) -> Patients | None:
    """What it reaches on patients who are new to it, or what its sibling does; None where it has none."""
    info = checkpoint_of(classifier).info
    if recipe_of(info).ds2_is_new:
        if options.sibling:
            raise NoSibling(f"got --sibling, but {info.name} was itself trained on DS1 alone; leave it out")
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
    if patients.confidence:
        print(f"{confidence_report(patients.confidence)}\n")
        figures.draw_confidence(patients.confidence, folder / patients_report.CONFIDENCE)
    return patients
