"""File formats of recordings: one module a format."""
