"""XML of ECGs, of a patient with a name."""

import base64
import struct
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


def philips(
    signals: Mapping[str, Any],
    *,
    fs: int = 250,
    packed: bool = True,
    length: int | None = None,
    resolution: str = "1",
    before: str = "",
    **changed: str,
) -> bytes:
    """A resting ECG of Philips, of signals by lead; `changed` are attributes of its waveforms."""
    values = [np.array(signal).astype(np.int64) for signal in signals.values()]
    seconds = 1000 * (len(values[0]) if length is None else length) / fs
    content = b"".join(map(xli, rests(values))) if packed else b"".join(v.astype("<i2").tobytes() for v in values)
    stated = {"dataencoding": "Base64", "durationperchannel": f"{seconds:g}", "leadlabels": " ".join(signals)}
    stated["numberofleads"] = f"{len(values)}"
    stated |= ({"compression": "XLI"} if packed else {}) | changed
    attributes = " ".join(f'{name}="{value}"' for name, value in stated.items())
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>{before}\n<restingecgdata xmlns='http://www3.medical.philips.com'>"
        "<documentinfo><documenttype>SierraECG</documenttype><documentversion>1.03</documentversion></documentinfo>"
        "<patient><generalpatientdata><patientid>0815</patientid><name><lastname>Mustermann</lastname><firstname>Erika"
        "</firstname></name><age><dateofbirth>1951-03-02</dateofbirth></age></generalpatientdata></patient>"
        "<dataacquisition date='2019-12-31' time='23:59:58'><signalcharacteristics>"
        f"<samplingrate>{fs}</samplingrate><signalresolution>{resolution}</signalresolution><acquisitiontype>STD-12"
        f"</acquisitiontype><numberchannelsallocated>{len(values)}</numberchannelsallocated></signalcharacteristics>"
        f"</dataacquisition><waveforms><parsedwaveforms {attributes}>{base64.encodebytes(content).decode()}"
        "</parsedwaveforms></waveforms></restingecgdata>"
    ).encode()


def rests(leads: list[np.ndarray]) -> list[np.ndarray]:
    """Of twelve leads those of the limbs, without what I and II make of them."""
    if len(leads) < 6:
        return leads
    one, two, three, right, left, foot = leads[:6]
    limbs = [two - one - three, -((one + two) // 2) - right, (one - three) // 2 - left, (two + three) // 2 - foot]
    return [one, two, *limbs, *leads[6:]]


def xli(signal: np.ndarray) -> bytes:
    """A lead, packed as Philips does."""
    changes = -np.diff(signal, 2)
    written = np.concatenate((signal[:2], changes[1:] + 64, [0])).astype(np.int16).view(np.uint16)
    codes = lzw(bytes((written >> 8).tolist()) + bytes((written & 255).tolist()))
    bits = "".join(f"{code:010b}" for code in [*codes, 1023])
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    content = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return struct.pack("<ihh", len(content), 0, int(changes[0])) + content


def lzw(content: bytes) -> list[int]:
    """The codes of LZW (Welch 1984), of a table that is full at 1022."""
    table = {bytes((byte,)): byte for byte in range(256)}
    codes, piece = [], b""
    for byte in content:
        longer = piece + bytes((byte,))
        if longer in table:
            piece = longer
            continue
        codes.append(table[piece])
        if len(table) <= 1022:
            table[longer] = len(table)
        piece = longer[-1:]
    return [*codes, table[piece]]
