"""Data: databases, the beats of their recordings, and how these are split."""
