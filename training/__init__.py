"""Offline: datasets, recipes, the training loop, evaluation. Never imported by the service."""
