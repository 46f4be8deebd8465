"""The server: ports, protocols with bounds, signals."""
