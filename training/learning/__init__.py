"""Learning: recipes, the training loop, cross-validation."""
