"""Gradients: the ways to differentiate a solve, and what each keeps in memory."""
