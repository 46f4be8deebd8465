"""The offline commands: `python -m training data | train | fit | evaluate | compare | promote | score | noise`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from ecg import EcgError, Recording
from ecg.formats import wfdb
from ecg.scoring import CLASS_OF, CLASS_OF_IN_LITERATURE, Comparison
from ecg.scoring.matrix_report import matrix_report
from ecg.scoring.tables import beat_table, shutdown_summary_table, shutdown_table, summary_table
from models import CheckpointInfo, Classifier, ModelError, zoo
from models.checkpoint import FILE_NAME
from models.checkpoint import load as load_checkpoint
from models.checkpoint import save as save_checkpoint
from models.memory import keep_freed_memory
from ode import OdeError
from training import figures, gate, noise_stress, patients_figures, patients_report, report, score_report, worlds
from training.added import Added, added_table, groups_of, read_added, told_in_checkpoint, with_added
from training.annotation_folders import annotated, compare_folders, compare_with_folder
from training.arguments import Command, parser
from training.card import CONFIDENCE, beats_card, context_card
from training.comparison import comparison_table
from training.confidence import Confidence
from training.confidence_report import coverage_table
from training.crossvalidation import (
    OUT_OF_FOLD,
    OutOfFold,
    check_out_of_fold,
    choose_operating_point,
    crossvalidate,
    whole,
)
from training.dataset import Dataset, build, load_or_build, save
from training.errors import NotPromoted, TrainingError
from training.evaluation import Evaluation, checkpoint_of, evaluate, evaluate_dial, kept_epoch_of, recipe_of, split_of
from training.examples import examples_as_they_are, load_or_make, load_or_make_added
from training.export import export
from training.fitting import confidence_of, fit
from training.label_scores import score_of
from training.leave_one_out import REPORT, SHARING, leave_one_out
from training.leave_one_out import report as report_left_out
from training.making import Making
from training.members import train_members
from training.mitdb import DS1, DS1_GROUPS
from training.named import read_named
from training.noise_report import noise_tables
from training.nstdb import read_noises
from training.patients import Patients, evaluate_patients
from training.predictions import SUFFIX as PREDICTIONS
from training.predictions import read_predictions
from training.promotion import promote
from training.recipe import Recipe, read_recipe
from training.reliability import expected_calibration_error
from training.sibling import sibling_of
from training.splits import Split, inter_patient_split, random_split, split
from training.worlds import Worlds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 when it is done, 1 with one line on standard error when it cannot be."""
    options = parser(COMMANDS).parse_args(arguments)
    try:
        options.command(options)
    except (TrainingError, ModelError, EcgError, OdeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last finished epoch", file=sys.stderr)
        return 130
    return 0


def _data(options: argparse.Namespace) -> None:
    dataset = build(options.data)
    save(dataset, options.beats)
    parts = {"all": dataset.counts()}
    for name, (trained, tested) in (
        ("random", random_split(dataset)),
        ("inter-patient", inter_patient_split(dataset)),
    ):
        parts |= {f"{name}: train": trained.counts(), f"{name}: test": tested.counts()}
    print(report.counts_table(parts))
    print(f"\nwritten to {options.beats} (sha256 {dataset.sha256[:12]})")


def _train(options: argparse.Namespace) -> None:
    keep_freed_memory()
    recipe = read_recipe(options.recipe, options.override)
    folder = options.out or Path("runs") / recipe.name
    device = _device(options.device)
    added = read_added(options.add, options.annotator) if options.add else ()
    if added:
        print(f"{added_table(added)}\n", flush=True)
    if recipe.examples is None:
        dataset, out_of_fold = load_or_build(options.beats, options.data), None
        parts = with_added(split(dataset, recipe.split), added)
    else:
        dataset = _examples(recipe.examples, added, folder, options.data)
        parts = whole(dataset)
        out_of_fold = _crossvalidated(recipe, dataset, added, folder, options, device).known
    trainers = train_members(recipe, parts, folder, fresh=options.fresh, device=device)
    checkpoint = export(recipe, trainers, dataset, out_of_fold, told_in_checkpoint(added), dial=not options.no_dial)
    file = folder / FILE_NAME
    save_checkpoint(checkpoint, file)
    reached = checkpoint.info.figures
    if out_of_fold is None:
        print(f"test: accuracy {reached['test_accuracy']:.2%}, macro-F1 {reached['test_macro_f1']:.4f}")
    else:
        print(f"patients left out: accuracy {reached['out_of_fold']['accuracy']:.2%}")
    print(f"written to {file}; its card and figures: python -m training evaluate {file}")


def _examples(making: Making, added: Sequence[Added], folder: Path, data: Path) -> Dataset:
    """Those of DS1's patients, and of the recordings that are added."""
    examples = load_or_make(folder, data, DS1_GROUPS, making)
    told = told_in_checkpoint(added)
    if told is None:
        return examples
    groups = [[one.recording for one in group] for group in groups_of(added)]
    return Dataset.joined([examples, load_or_make_added(folder, data, groups, told.sha256, making)])


def _crossvalidated(
    recipe: Recipe,
    examples: Dataset,
    added: Sequence[Added],
    folder: Path,
    options: argparse.Namespace,
    device: torch.device,
) -> OutOfFold:
    """What is decided out of fold on DS1's patients, and on those that are added; kept in the folder."""
    groups = [*DS1_GROUPS, *([one.recording.name for one in group] for group in groups_of(added))]
    recordings = {one.recording.name: one.recording for one in added}

    def read(name: str) -> Recording:
        return recordings.get(name) or wfdb.read(options.data / "mitdb" / name)

    out_of_fold = crossvalidate(recipe, examples, groups, read, folder, fresh=options.fresh, device=device)
    out_of_fold.save(folder / OUT_OF_FOLD, out_of_fold.labels_at(choose_operating_point(out_of_fold.known)))
    return out_of_fold


def _leave_one_out(options: argparse.Namespace) -> None:
    keep_freed_memory()
    recipe = read_recipe(options.recipe, options.override)
    folder = options.out or Path("runs") / f"{recipe.name}_leave_one_out"
    if recipe.examples is None:
        raise TrainingError(
            f"got the recipe {recipe.name}, which makes no examples of whole recordings; expected one that does, as "
            "rhythm"
        )

    def read(name: str) -> Recording:
        return wfdb.read(options.data / "mitdb" / name)

    examples = load_or_make(folder, options.data, SHARING, recipe.examples)
    predictions = leave_one_out(recipe, examples, read, folder, fresh=options.fresh, device=_device(options.device))
    told = report_left_out(recipe, predictions, read)
    (folder / REPORT).write_text(told)
    print(f"{told}\nwritten to {folder / REPORT}")


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(
            f"got the device {name!r}, which cannot be used ({reason}); expected cpu or cuda"
        ) from error
    return device


def _fit(options: argparse.Namespace) -> None:
    keep_freed_memory()
    file = zoo.find(options.checkpoint)
    checkpoint = load_checkpoint(file)
    fitted = fit(checkpoint, *_to_fit_on(checkpoint.info, options), dial=not options.keep_dial)
    target = options.out or file
    save_checkpoint(fitted, target)
    print(f"temperature {fitted.info.calibration.temperature:.3f}")
    print(f"written to {target}; its card and figures: python -m training evaluate {target}")


def _to_fit_on(info: CheckpointInfo, options: argparse.Namespace) -> tuple[Split, OutOfFold | None]:
    """The parts of its beats, and for a network that has learnt from all patients, decisions out of fold."""
    if recipe_of(info).examples is None:
        return split_of(info, load_or_build(options.beats, options.data)), None
    out_of_fold = OutOfFold.load(options.out_of_fold or Path("runs") / info.name / OUT_OF_FOLD).known
    check_out_of_fold(info, out_of_fold)
    return whole(examples_as_they_are(options.data, DS1)), out_of_fold


def _evaluate(options: argparse.Namespace) -> None:
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


def _noise(options: argparse.Namespace) -> None:
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


def _tell_confidence(confidence: Confidence | None, file: Path) -> None:
    if confidence is None:
        return
    error = expected_calibration_error(confidence.reliability)
    print(f"\nexpected calibration error {error:.4f}\n\n{coverage_table(confidence)}")
    figures.draw_confidence(confidence, file)


def _compare(options: argparse.Namespace) -> None:
    loaded = [Classifier.load(name).checkpoint for name in options.checkpoints]
    print(comparison_table([checkpoint for checkpoint in loaded if checkpoint]))


def _promote(options: argparse.Namespace) -> None:
    classifier = Classifier.load(options.checkpoint)
    name = checkpoint_of(classifier).info.name
    candidate = gate.Model(classifier, options.evaluation or Path("runs/evaluation") / name)
    before = options.zoo / name / FILE_NAME
    released = gate.Model(Classifier.load(before), before.parent) if before.exists() else None
    checks = gate.check(candidate, released, lambda: load_or_build(options.beats, options.data))
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


def _score(options: argparse.Namespace) -> None:
    settings = {
        "reference_annotator": options.reference_annotator,
        "start": options.start,
        "class_of": CLASS_OF_IN_LITERATURE if options.escapes_normal else CLASS_OF,
    }
    if options.test.suffix == PREDICTIONS:
        predictions = read_predictions(options.test)
        there = annotated(options.reference, options.reference_annotator)
        names = [name for name in predictions.names if name in there]
        unknown = [name for name in predictions.names if name not in there]
        if unknown:
            print(f"not scored, since {options.reference} has no annotations of them: {', '.join(unknown)}")
        comparisons = compare_with_folder(options.reference, lambda name, _: predictions.of(name), names, **settings)
    else:
        names = annotated(options.test, options.annotator)
        comparisons = compare_folders(
            options.reference, options.test, names, test_annotator=options.annotator, **settings
        )
    print(summary_table(comparisons))
    print(shutdown_summary_table(comparisons))
    if options.intervals:
        print(score_report.interval_tables(comparisons))
    left_out = set(annotated(options.reference, options.reference_annotator)).difference(names)
    if left_out:
        print(f"not scored, since nothing annotates them in {options.test}: {', '.join(sorted(left_out))}")
    if options.out:
        _write_comparisons(comparisons, options)


def _write_comparisons(comparisons: Sequence[Comparison], options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    matrices = [matrix_report(one, options.reference_annotator, options.annotator) for one in comparisons]
    (options.out / "bxb.out").write_text(beat_table(comparisons))
    (options.out / "sd.out").write_text(shutdown_table(comparisons))
    (options.out / "matrices.out").write_text("".join(matrices))
    print(f"written to {options.out}: bxb.out, sd.out, matrices.out")


COMMANDS: Mapping[str, Command] = {
    "data": _data,
    "train": _train,
    "leave-one-out": _leave_one_out,
    "fit": _fit,
    "evaluate": _evaluate,
    "compare": _compare,
    "promote": _promote,
    "score": _score,
    "noise": _noise,
}


if __name__ == "__main__":
    sys.exit(main())
