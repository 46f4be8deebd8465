"""What every request passes on its way to its route, outermost last: who may, how large, how busy, how it ended."""
