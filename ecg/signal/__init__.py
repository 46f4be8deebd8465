"""The signal: filters, resampling, gaps, noise, and whether it can be judged."""
