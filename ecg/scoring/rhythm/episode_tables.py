"""Comparisons of episodes in print, to the letter as PhysioNet's epicmp and sumstats 10.7 write them."""

from collections.abc import Sequence

from ecg.scoring.rhythm.columns import columns, columns_of_many, line, percent
from ecg.scoring.rhythm.episodes import EpisodeComparison, Episodes
from ecg.scoring.statistics import Ratio
from ecg.scoring.summary import mean
from ecg.scoring.tables import number_line

HEADING = "Record  TPs   FN  TPp   FP  ESe E+P DSe D+P  Ref duration  Test duration \n"


def episode_table(comparisons: Sequence[EpisodeComparison]) -> str:
    """A line for each recording, all of one rhythm: what epicmp's -L writes."""
    return _heading(comparisons) + "".join(_line(comparison) for comparison in comparisons)


def episode_summary_table(comparisons: Sequence[EpisodeComparison]) -> str:
    """What sumstats makes of `episode_table`: the same lines, their sums, gross statistics and averages.

    It has no overlaps but those that it works out of durations and shares in whole percent, and so have its gross
    shares of durations.
    """
    references, tests = [one.reference for one in comparisons], [one.test for one in comparisons]
    durations = [[_milliseconds(own.duration, one.fs) for own in (one.reference, one.test)] for one in comparisons]
    shares = [[percent(own.duration_share) for own in (one.reference, one.test)] for one in comparisons]
    total, detected = (sum(both[side] for both in durations) for side in (0, 1))
    overlap = 0
    for (ours, theirs), (found, right) in zip(durations, shares, strict=True):
        # Each is a whole number again at once, as C adds a float to an integer.
        overlap = int(overlap + (ours * ((found or 0) / 100) if ours > theirs else theirs * ((right or 0) / 100)))
    counts = [sum(one.matched for one in references), sum(one.unmatched for one in references)]
    counts += [sum(one.matched for one in tests), sum(one.unmatched for one in tests)]
    gross = [Ratio(counts[0], counts[0] + counts[1]), Ratio(counts[2], counts[2] + counts[3])]
    gross += [Ratio(overlap, total), Ratio(overlap, detected)]
    average = [mean([one.share.value for one in side]) for side in (references, tests)]
    average += [mean([None if share is None else share / 100 for share in side]) for side in zip(*shares, strict=True)]
    return (
        episode_table(comparisons)
        + f"{'_' * 72}\n"
        + f"Sum    {' '.join(f'{count:4d}' for count in counts)}{'':19}{_clock(total)}   {_clock(detected)}\n"
        + f"Gross{'':22}{columns_of_many(gross)}\n"
        + f"Average{'':20}{columns_of_many(average)}\n"
        + number_line(len(comparisons))
    )


def episode_report(comparison: EpisodeComparison, reference: str, test: str) -> str:
    """The report of one recording, with the names of both annotators: epicmp without -L."""
    ours, theirs, fs = comparison.reference, comparison.test, comparison.fs
    lines = [
        f"{comparison.rhythm} episode-by-episode comparison results for record {comparison.name}",
        f"Reference annotator: {reference}",
        f"     Test annotator: {test}",
        "",
        line("           Episode sensitivity", ours.share, f"{ours.matched}/{ours.matched + ours.unmatched}"),
        line(" Episode positive predictivity", theirs.share, f"{theirs.matched}/{theirs.matched + theirs.unmatched}"),
        line("          Duration sensitivity", ours.duration_share, _times(ours, fs)),
        line("Duration positive predictivity", theirs.duration_share, _times(theirs, fs)),
        f"Duration of reference episodes:  {_duration(ours.duration, fs)}",
        f"     Duration of test episodes:  {_duration(theirs.duration, fs)}",
    ]
    return "\n".join(lines) + "\n"


def _heading(comparisons: Sequence[EpisodeComparison]) -> str:
    return f"({comparisons[0].rhythm} detection)\n{HEADING}" if comparisons else ""


def _line(one: EpisodeComparison) -> str:
    ours, theirs = one.reference, one.test
    counts = " ".join(f"{count:4d}" for count in (ours.matched, ours.unmatched, theirs.matched, theirs.unmatched))
    shares = columns((ours.share, theirs.share, ours.duration_share, theirs.duration_share))
    return (
        f"{one.name:>6} {counts} {shares}  {_duration(ours.duration, one.fs)}   {_duration(theirs.duration, one.fs)}\n"
    )


def _times(episodes: Episodes, fs: float) -> str:
    return f"{_duration(episodes.overlap, fs).strip()}/{_duration(episodes.duration, fs).strip()}"


def _duration(samples: int, fs: float) -> str:
    return _clock(_milliseconds(samples, fs)) if samples else f"{0:12.3f}"


def _milliseconds(samples: int, fs: float) -> int:
    seconds = int(samples / fs)
    return seconds * 1000 + int((samples - seconds * fs) * 1000 / fs + 0.5)


def _clock(milliseconds: int) -> str:
    """Hours, where there are any, minutes, seconds and thousandths of them."""
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{f'{hours:2d}:{minutes:02d}' if hours else f'{minutes:5d}'}:{seconds:02d}.{thousandths:03d}"
