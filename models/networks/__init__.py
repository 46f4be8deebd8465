"""The networks: beats in, logits out."""
