"""What is fitted once the weights are fixed: calibration, abstention, novelty, the solver's dial."""
