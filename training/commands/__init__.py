"""The offline commands, a module each: what it says of itself, what it takes, what it does."""
