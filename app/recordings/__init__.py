"""Recordings and live signals: in as files or messages, out annotated."""
