"""Synthesis: examples to learn from, as recorded, disturbed, and composed anew."""
