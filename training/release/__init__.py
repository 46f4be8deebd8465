"""Release: from a finished run to a model of the zoo."""
