"""The models that are served, their reload, and their shadows."""
