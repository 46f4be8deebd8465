"""Rhythm: what the beats of a recording say together."""
