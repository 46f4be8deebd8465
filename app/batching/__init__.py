"""Batching: beats of different requests are solved together, by processes of their own."""
