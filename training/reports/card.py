"""The card of a checkpoint, in Markdown: what it reaches, what its confidence is worth, how it was made, its limits."""

from typing import Any

from ecg import LABELS
from models import CheckpointInfo, Validated
from training.evaluation.evaluation import Evaluation, kept_epoch_of, recipe_of
from training.evaluation.patients import Patients
from training.evaluation.results import Results
from training.measures.scores import GRID_BEATS, score_of
from training.posthoc.fit import AGREEMENT, confidence_of
from training.reports.evaluation import confidence_section, grid_table, score_table, sweep_table
from training.reports.hospitals import questions_table, whose_patients
from training.reports.patients import card_section

SPLITS: dict[str, str] = {
    "random": "the random split",
    "inter_patient": "the inter-patient split (trained on DS1, tested on DS2)",
}

TEST_BEATS: dict[str, str] = {
    "random": "patients it knows",
    "inter_patient": "patients it does not know, one by one",
}

SPLIT_LIMITS: dict[str, str] = {
    "random": """\
The beats were split at random, as the literature does: beats of one patient are in training and test alike, so
these figures say how well it knows these 47 patients, not how well it will know the next one. On patients it has
not seen, expect markedly worse, above all for S and F.""",
    "inter_patient": """\
No patient is in training and test alike (but for one, whose recordings 201 and 202 the literature's split takes apart),
so these figures say what to expect of a new patient of the same hospital.""",
}

VALIDATION_PART, LEARNT_FROM = "the validation part", "beats that it has learnt from"
"""What is chosen of a solver is chosen on these."""

CONFIDENCE = "confidence.png"
"""What the figure of confidence is called beside a card."""

LIMITS = """\
It has seen one database of the 1970s, one lead (MLII) and beats cut from the R peak by `ecg.beats`; anything else
it was not made for. It is no medical device and must not be used to decide on anybody's care."""

NOT_LOOKED_AT = (
    "The patients of DS2, on whom the literature tests, have not been looked at yet, neither to choose anything nor to "
    "score."
)

OF_THOSE_LEARNT_FROM = f"{GRID_BEATS:,} beats, drawn at random, which it has learnt from,"
"""What the dial of a network of whole recordings is turned on: its accuracy there says nothing of others."""

HOW_JUDGED = """\
In percent: F1 over five classes with bounds by patients (95 %), sensitivity (Se) and positive predictivity (+P) of
supraventricular and ventricular ectopic beats by ANSI/AAMI EC57:2012, R peaks found, from the fifth minute on, escape
beats as N. A new hospital is a database that was left out whole: a sibling has learnt from the others, by the same
recipe, and its operating point was chosen on them. A new patient of a known hospital was left out of a fold."""

RECORDINGS_LIMITS = """\
It has learnt from the patients of few hospitals, most of them recorded decades ago, whose recordings were also written
anew in many ways; F nearly all from one of them. Of a hospital that it does not know expect the first figures of this
page, and read what it calls S with care. It is no medical device and must not be used to decide on anybody's care."""


def beats_card(info: CheckpointInfo, sha256: str, evaluation: Evaluation, patients: Patients | None = None) -> str:
    """The card of a checkpoint whose network takes beats by themselves: figures, recipe, limits.

    It begins with `patients` who are new to it, or to its sibling, by whose name they are then.
    """
    score = evaluation.score
    recipe, split = info.recipe, str(info.recipe["split"])
    lines = [
        f"# {info.name}",
        "",
        *(_new_patients(patients, info, evaluation, f"On beats of {TEST_BEATS[split]}") if patients else []),
        f"Accuracy **{score.accuracy:.2%}**, macro-F1 **{score.macro_f1:.4f}** on the "
        f"{sum(c.beats for c in score.classes.values()):,} test beats of {SPLITS[split]}, "
        f"with {info.figures['parameters']:,} parameters. "
        f"`cardiode evaluate {info.name}` reproduces this page's figures from the released file.",
        "",
        score_table(score),
        "",
        "![Confusion matrix](confusion.png)",
        "",
    ]
    if evaluation.confidence:
        lines += ["## Confidence", "", *confidence_section(evaluation.confidence, CONFIDENCE, VALIDATION_PART)]
    if evaluation.sweep:
        lines += ["## The dial", "", *_sweep_in_words(info, evaluation, "test beats")]
    lines += _auto_in_words(info, VALIDATION_PART)
    lines += _grid_in_words(evaluation, f"{GRID_BEATS:,} test beats drawn at random")
    lines += _validated_in_words(info, VALIDATION_PART)
    best = "the best" if len(recipe["cycles"]) == 1 else "the last cycle's best"
    lines += _training_in_words(
        info,
        sha256,
        f"Epoch {kept_epoch_of(info)} of {len(info.history)} was kept, {best} by macro-F1 on a validation part, a "
        "tenth of the training part; the test part was scored once, at the end.",
    )
    lines += [
        "## Limits",
        "",
        SPLIT_LIMITS[split],
        "",
        LIMITS,
        "",
    ]
    return "\n".join(lines)


def recordings_card(info: CheckpointInfo, sha256: str, results: Results) -> str:
    """The card of a checkpoint whose network takes whole recordings: new hospitals first.

    What its solver's settings bring and cost is of beats that it has learnt from.
    """
    reached, evaluation, patients = score_of(info.figures["out_of_fold"]), results.own, results.patients
    lines = [
        f"# {info.name}",
        "",
        "It decides on beats in the context of their recording. How often is it right? That depends on whom it meets:",
        "",
        questions_table(info, results.hospitals, patients),
        "",
        HOW_JUDGED,
        "",
        *_weakly_labelled_in_words(info),
        *(_new_patients(patients, info, None, "On patients left out") if patients else ["## On patients left out", ""]),
        f"For each of {info.recipe.get('folds', 5)} groups of patients of all databases{_and_of_those_added(info)} a "
        f"network was trained without them; on the {sum(c.beats for c in reached.classes.values()):,} beats of their "
        f"recordings that are judged and marked, these networks reach an accuracy of **{reached.accuracy:.2%}**, "
        "at operating points that were chosen on other patients. The released network, with "
        f"{info.figures['parameters']:,} parameters, has learnt from all these patients. "
        f"`cardiode evaluate {info.name}` writes this page.",
        "",
        score_table(reached),
        "",
        "![Confusion matrix](confusion.png)",
        "",
        *_confidence_out_of_fold(info),
        *([NOT_LOOKED_AT, ""] if patients is None and recipe_of(info).ds2_is_new else []),
        "## The dial",
        "",
        *(_sweep_in_words(info, evaluation, OF_THOSE_LEARNT_FROM) if evaluation.sweep else []),
        *_auto_in_words(info, LEARNT_FROM),
        *_grid_in_words(evaluation, f"The same {GRID_BEATS:,} beats"),
        *_validated_in_words(info, LEARNT_FROM),
        *_training_in_words(info, sha256, "The last epoch was kept."),
        *(["It has learnt from these databases:", "", *whose_patients(info), ""] if info.learnt_from else []),
        "## Limits",
        "",
        RECORDINGS_LIMITS,
        "",
    ]
    return "\n".join(lines)


def _weakly_labelled_in_words(info: CheckpointInfo) -> list[str]:
    return [
        f"Of {judged:,} judged beats in recordings of {name} that are labelled normal or atrial fibrillation, patients "
        f"left out, {(counts[LABELS.index('S')] + counts[LABELS.index('V')]) / max(judged, 1):.2%} are called S or V.\n"
        for name, (_, *counts) in info.figures.get("out_of_fold_weak", {}).items()
        if (judged := sum(counts)) is not None
    ]


def _new_patients(
    patients: Patients, info: CheckpointInfo, evaluation: Evaluation | None, next_heading: str
) -> list[str]:
    """What a card begins with, and the heading of what follows."""
    return [*card_section(patients, info, evaluation), f"## {next_heading}", ""]


def _and_of_those_added(info: CheckpointInfo) -> str:
    return f", and of the {len(info.added.names)} recordings that were added," if info.added else ""


def _sweep_in_words(info: CheckpointInfo, evaluation: Evaluation, beats: str) -> list[str]:
    solver = info.architecture.solver
    return [
        f"Solved by {solver.method if solver else ''}, each beat with its own steps. Seconds are "
        f"for all {beats} on the machine that ran the evaluation.",
        "",
        sweep_table(evaluation),
        "",
        "![Tolerance against accuracy and cost](tolerance.png)",
        "",
    ]


def _grid_in_words(evaluation: Evaluation, beats: str) -> list[str]:
    if not evaluation.grid:
        return []
    return [
        "## Other solvers",
        "",
        f"{beats}. A beat whose solve failed counts as wrong.",
        "",
        "![Every method: agreement and accuracy against cost](dial.png)",
        "",
        "<details><summary>All figures</summary>",
        "",
        grid_table(evaluation),
        "",
        "</details>",
        "",
    ]


def _confidence_out_of_fold(info: CheckpointInfo) -> list[str]:
    confidence = confidence_of(info)
    if confidence is None:
        return []
    fitted_on = "these beats, of four fifths of the patients for the others here"
    return ["## Confidence", "", *confidence_section(confidence, CONFIDENCE, fitted_on)]


def _auto_in_words(info: CheckpointInfo, chosen_on: str) -> list[str]:
    if info.dial is None or info.dial.auto is None:
        return []
    auto = info.dial.auto
    return [
        f"`auto` solves every beat by {auto.cheap.method} in one step, and again by {auto.tight.method} at "
        f"{auto.tight.rtol:.0e} where the two likeliest logits are no further apart than {auto.doubt:.3g} times "
        f"the error estimate; that number was chosen on {chosen_on}.",
        "",
    ]


def _validated_in_words(info: CheckpointInfo, chosen_on: str) -> list[str]:
    if info.dial is None:
        return []
    return [
        f"On {chosen_on} these settings gave the labels of dopri5 at 1e-6 for at least "
        f'{AGREEMENT:.1%} of the beats; a request by any other is answered with `"validated": false`:',
        "",
        *(f"- {_validated(entry)}" for entry in info.dial.validated),
        "",
    ]


def _training_in_words(info: CheckpointInfo, sha256: str, kept: str) -> list[str]:
    return [
        "## How it was made",
        "",
        f"Recipe `{info.recipe['name']}`: {_recipe_in_words(info.recipe)}. {kept} "
        f"An epoch took {info.figures['minutes_an_epoch']:.1f} minutes"
        + (f" on {info.hardware}." if info.hardware else "."),
        "",
        *_added_in_words(info),
        "![Training](training.png)",
        "",
        f"Code `{info.commit[:12]}`, data `{info.data_sha256[:12]}`, checkpoint `{sha256[:12]}`; "
        + ", ".join(f"{name} {version}" for name, version in info.libraries.items())
        + ".",
        "",
    ]


def _added_in_words(info: CheckpointInfo) -> list[str]:
    added = info.added
    if added is None:
        return []
    counts = ", ".join(f"{count:,} {label}" for label, count in added.beats.items() if count)
    return [
        f"It has also learnt from {len(added.names)} recordings that are not of mitdb, and in no test part: "
        f"{', '.join(added.names)} ({counts}; sha256 `{added.sha256[:12]}`).",
        "",
    ]


def _validated(entry: Validated) -> str:
    words = [entry.method]
    if entry.steps:
        words.append(f"steps {entry.steps[0]:g} to {entry.steps[1]:g}")
    if entry.tolerances and entry.tolerances[0]:
        words.append(f"tolerances {entry.tolerances[0]:.0e} to {entry.tolerances[1]:.0e}")
    elif entry.tolerances:
        words.append(f"its steps solved to {entry.tolerances[1]:.0e} or better")
    return ", ".join(words)


def _recipe_in_words(recipe: dict[str, Any]) -> str:
    cycles = ", then ".join(map(_cycle_in_words, recipe["cycles"]))
    words = [f"AdamW, {cycles}", f"batches of {recipe['batch_size']}", _seeds_in_words(recipe)]
    if shares := recipe.get("shares"):
        words.append(f"each epoch by {', '.join(f'{share:.0%} of {label}' for label, share in shares.items())}")
    words += _material_in_words(recipe)
    for number, member in enumerate(recipe.get("members", ()), 1):
        words.append(f"member {number} by {', '.join(_material_in_words(member))}")
    if recipe.get("distillation"):
        words.append(f"taught by {len(recipe['distillation']['teachers'])} other networks")
    if recipe.get("average_decay"):
        words.append(f"a running mean of the weights (decay {recipe['average_decay']:g})")
    if any((augmentation := recipe.get("augmentation", {})).values()):
        words.append(
            f"beats changed at random by noise ({augmentation['noise']:g}), a shift (up to {augmentation['shift']:g} "
            f"samples) and a stretch (up to {augmentation['stretch']:.0%})"
        )
    if solver := recipe.get("training_solver"):
        first = f", first step {solver['first_step']:g}" if solver.get("first_step") else ""
        words.append(f"trained with {solver['method']} at rtol {solver['rtol']:g} and atol {solver['atol']:g}{first}")
        words.append(f"gradient `{_network_of(recipe)['gradient']}`")
    return ", ".join(words)


def _material_in_words(entry: dict[str, Any]) -> list[str]:
    """What a recipe, or a member of an ensemble, says of what is learnt from."""
    words = []
    if mixture := entry.get("mixture"):
        shares = ", ".join(f"{share:.0%} {label}" for label, share in mixture["classes"].items())
        real = mixture.get("real")
        of_each = "" if real is None else f"; of each class {real:.0%} from recordings as they are"
        words.append(f"{mixture['beats']:,} beats an epoch, drawn with replacement ({shares}{of_each})")
    if making := entry.get("examples"):
        words.append(
            f"{making['disturbed']} disturbed and {making['composed']} composed recordings made of each"
            + _kinds_in_words(making.get("repertoire", {}).get("kinds", {}))
        )
    return words


def _kinds_in_words(kinds: dict[str, float]) -> str:
    return f" ({', '.join(f'{share:.0%} {kind}' for kind, share in kinds.items())})" if kinds else ""


def _seeds_in_words(recipe: dict[str, Any]) -> str:
    members = recipe["architecture"].get("members")
    if members is None:
        return f"seed {recipe['seed']}"
    return f"{members} members, each trained so by itself with a seed of its own (from {recipe['seed']} on)"


def _network_of(recipe: dict[str, Any]) -> dict[str, Any]:
    """The architecture of the network, or of each member of a committee."""
    architecture: dict[str, Any] = recipe["architecture"]
    member: dict[str, Any] = architecture.get("of", architecture)
    return member


def _cycle_in_words(cycle: dict[str, Any]) -> str:
    words = f"{cycle['epochs']} epochs to a peak learning rate of {cycle['learning_rate']:g}"
    if cycle.get("solver_error"):
        words += f" with the solver's error weighed {cycle['solver_error']:g} in the loss"
    if cycle.get("autocast"):
        words += " in bfloat16"
    return words
