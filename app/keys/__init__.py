"""API keys, and how many beats each may ask for."""
