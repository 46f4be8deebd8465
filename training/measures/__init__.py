"""Measures: numbers that say how good decisions are."""
