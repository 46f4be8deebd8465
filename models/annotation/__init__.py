"""Annotation: a recording in, an annotated recording out, and the forms it is written in."""
