"""Scoring of rhythms by ANSI/AAMI EC57:2012: episodes as PhysioNet's epicmp compares them, runs as rxr does."""

from ecg.scoring.rhythm.episodes import RHYTHMS, EpisodeComparison, Episodes, Rhythm, compare_episodes, names_rhythms
from ecg.scoring.rhythm.runs import ECTOPIES, Ectopy, RunComparison, compare_runs

__all__ = [
    "ECTOPIES",
    "RHYTHMS",
    "Ectopy",
    "EpisodeComparison",
    "Episodes",
    "Rhythm",
    "RunComparison",
    "compare_episodes",
    "compare_runs",
    "names_rhythms",
]
