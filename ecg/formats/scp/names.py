"""Names of leads by their codes in SCP-ECG (EN 1064, table 6), which DICOM and ISO 11073-10101 (2:1, 2:2) use too."""

LEAD_NAMES = dict(enumerate(("I", "II", "V1", "V2", "V3", "V4", "V5", "V6", "V7"), 1))
LEAD_NAMES |= dict(enumerate(("V2R", "V3R", "V4R", "V5R", "V6R", "V7R", "X", "Y", "Z", "CC5", "CM5"), 10))
LEAD_NAMES |= {61: "III", 62: "aVR", 63: "aVL", 64: "aVF", 65: "-aVR", 66: "V8", 67: "V9", 68: "V8R", 69: "V9R"}
