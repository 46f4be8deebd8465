"""Tracing: where the time of a request goes, for OpenTelemetry."""
