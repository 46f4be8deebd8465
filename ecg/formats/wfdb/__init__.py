"""WFDB, the format of PhysioNet: a header (.hea), signal files (.dat) and annotation files (.atr)."""

from ecg.formats.wfdb.annotations import ANNOTATOR, UNJUDGED, annotation_bytes, read_annotations
from ecg.formats.wfdb.record import open_record, read

__all__ = ["ANNOTATOR", "UNJUDGED", "annotation_bytes", "open_record", "read", "read_annotations"]
