"""Detection: from signals to R peaks and beats, offline and live."""
