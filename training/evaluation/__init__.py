"""Evaluation: what a checkpoint reaches on beats, patients and noise."""
