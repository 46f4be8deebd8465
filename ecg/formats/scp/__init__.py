"""SCP-ECG, the Standard Communications Protocol for computer-assisted ECGs (EN 1064, ISO 11073-91064)."""

from ecg.formats.scp.record import open_scp
from ecg.formats.scp.sections import is_scp

__all__ = ["is_scp", "open_scp"]
