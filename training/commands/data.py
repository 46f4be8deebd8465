"""`cardiode data`: cut the benchmark's beats."""

import argparse

from training.commands.arguments import add_beats, add_data
from training.data.dataset import build, inter_patient_split, random_split, save
from training.reports.evaluation import counts_table

HELP = "Cut the benchmark's beats from the MIT-BIH recordings, downloading these where they are missing."
EXAMPLE = "cardiode data"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_data(command)
    add_beats(command)


def run(options: argparse.Namespace) -> None:
    """Cut them, print how many there are, and write them."""
    dataset = build(options.data)
    save(dataset, options.beats)
    parts = {"all": dataset.counts()}
    for name, (trained, tested) in (
        ("random", random_split(dataset)),
        ("inter-patient", inter_patient_split(dataset)),
    ):
        parts |= {f"{name}: train": trained.counts(), f"{name}: test": tested.counts()}
    print(counts_table(parts))
    print(f"\nwritten to {options.beats} (sha256 {dataset.sha256[:12]})")
