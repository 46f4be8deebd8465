"""XML of ECGs, of a patient with a name."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

PATIENT = (
    "<name><family>Mustermann</family><given>Erika</given></name><id extension='0815'/><birthTime value='19510302'/>"
)


def aecg(series: Iterable[tuple[str, Iterable[str]]], patient: str = PATIENT, before: str = "") -> bytes:
    """An annotated ECG of series, each of which is (code, sequence sets)."""
    whole = "".join(
        f"<component><series><code code='{code}'/>{''.join(sets)}</series></component>" for code, sets in series
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>{before}\n<AnnotatedECG xmlns='urn:hl7-org:v3' "
        f"xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>{patient}{whole}</AnnotatedECG>"
    ).encode()


def sequence_set(
    signals: Mapping[str, Iterable[Any]],
    *,
    head: str = "20191231235958.500",
    increment: str = "0.004",
    time_unit: str = "s",
    scale: str = "1",
    origin: str = "0",
    unit: str = "uV",
) -> str:
    """One of signals by lead."""
    kind = "TIME_ABSOLUTE" if head else "TIME_RELATIVE"
    times = f"<code code='{kind}'/><value xsi:type='GLIST_TS'><head value='{head}'/>"
    times += f"<increment value='{increment}' unit='{time_unit}'/></value>"
    lists = [
        f"<code code='MDC_ECG_LEAD_{name.upper()}'/><value xsi:type='SLIST_PQ'><origin value='{origin}' unit='{unit}'/>"
        f"<scale value='{scale}' unit='{unit}'/><digits>{' '.join(map(str, signal))}</digits></value>"
        for name, signal in signals.items()
    ]
    sequences = "".join(f"<component><sequence>{content}</sequence></component>" for content in (times, *lists))
    return f"<component><sequenceSet>{sequences}</sequenceSet></component>"


def muse(
    signals: Mapping[str, Any],
    *,
    kind: str = "Rhythm",
    fs: Any = 250,
    gain: str = "1",
    unit: str = "MICROVOLTS",
    count: int | None = None,
    before: str = "",
    **changed: Any,
) -> bytes:
    """A resting ECG of MUSE, of signals by lead; `changed` are elements of each lead."""

    def elements(lead: str, signal: Any) -> dict[str, Any]:
        packed = base64.encodebytes(np.array(signal).astype("<i2").tobytes()).decode()
        return {
            "LeadSampleCountTotal": len(signal) if count is None else count,
            "LeadAmplitudeUnitsPerBit": gain,
            "LeadAmplitudeUnits": unit,
            "LeadID": lead,
            "LeadSampleSize": 2,
            "WaveFormData": packed,
        } | changed

    leads = "".join(
        "<LeadData>"
        + "".join(
            f"<{name}>{value}</{name}>"
            for name, value in elements(lead, signal).items()
        )
        + "</LeadData>"
        for lead, signal in signals.items()
    )  # fmt: skip
    return (
        f"<?xml version='1.0' encoding='ISO-8859-1'?>{before}\n<RestingECG><PatientDemographics><PatientID>0815"
        "</PatientID><DateofBirth>03-02-1951</DateofBirth><PatientLastName>Mustermann</PatientLastName>"
        "<PatientFirstName>Erika</PatientFirstName></PatientDemographics><TestDemographics><AcquisitionTime>23:59:58"
        "</AcquisitionTime><AcquisitionDate>12-31-2019</AcquisitionDate></TestDemographics><Waveform><WaveformType>"
        f"{kind}</WaveformType><SampleBase>{fs}</SampleBase><SampleExponent>0</SampleExponent>{leads}</Waveform>"
        "</RestingECG>"
    ).encode()
