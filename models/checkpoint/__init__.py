"""The checkpoint file, and what it carries beside weights."""
