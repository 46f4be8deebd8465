"""Long runs that look for what breaks: `make soak`."""
