"""Fuzzing of the file readers: does any input crash them, hang them, or make them open a file outside?

`python -m soak.readers [COUNT] [--seconds N]` mutates real files of every format, COUNT (20,000) for each, and reads
them, for N seconds in all at most. A reader may give a recording or raise an EcgError, within a second, 200 MB and ten
times the input's size: time is that of the processor, memory what the process holds at most. Files are opened under an
audit hook, which shows every one outside the input's folder and every connection. It ends with the first input that
breaks a rule, and keeps it.
"""

import argparse
import io
import math
import resource
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import wfdb
from edfio import Bdf, BdfSignal, Edf, EdfAnnotation, EdfSignal
from scipy.io import savemat
from tqdm import tqdm

from ecg import EcgError
from ecg.formats import open_files
from ecg.formats.archive import unpack
from ecg.reading import ReadOptions
from ecg.synthetic import synthesize
from tests.ecg.formats import waveforms
from tests.ecg.formats.holters import holter
from tests.ecg.formats.scp import records
from tests.ecg.formats.xml import documents

SECONDS = 1
HANGS = 30
"""Seconds after which a reader is ended, be the machine as busy as it may."""

MEMORY, TIMES = 200_000_000, 10
"""Bytes that a reader may take, beside so many times the input's size."""

LIMIT = 2**30
"""Bytes that it cannot take."""

MAX_VALUES = 2_000_000
MAX_BYTES = 10_000_000

ROOT = Path(__file__).parents[1]

Files = dict[str, bytes]

MADE = synthesize(4, fs=100.0, leads=("MLII", "V1"), seed=1)
WORDS = [
    *b"0 -1 1 9999999999 1e308 nan inf ~ .. / \\ : # 212 16 8 508 + ( ) , ; ' \" ../x /etc/passwd http://x/y".split(),
    *(b" ", b"\n", b"\r\n", b"\0", b"\xff"),
]


class TooSlow(Exception):
    """A reader took too long."""


class TooLarge(Exception):
    """A reader took too much memory."""


def wfdb_files(fmt: str) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        signals = np.round(MADE.signals.T * 40).astype(int)
        wfdb.wrsamp(
            "made", 100, ["mV"] * 2, list(MADE.leads), d_signal=signals, fmt=[fmt] * 2, adc_gain=[40.0] * 2,
            baseline=[0] * 2, write_dir=folder,
        )  # fmt: skip
        return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def segments() -> Files:
    files = wfdb_files("16")
    layout = b"layout 2 100 0\n~ 0 40/mV 16 0 0 0 0 MLII\n~ 0 40/mV 16 0 0 0 0 V1\n"
    whole = b"whole/5 2 100 1300\nlayout 0\nmade 400\n~ 100\nmade 400\nopen 400\n"
    without_length = files["made.hea"].replace(b"made 2 100 400", b"open 2 100")
    return files | {"whole.hea": whole, "layout.hea": layout, "open.hea": without_length}


def edf() -> Files:
    signals = [
        EdfSignal(signal.astype(float), 100, label=lead, physical_dimension="mV")
        for lead, signal in zip(MADE.leads, MADE.signals, strict=True)
    ]
    content = Edf(signals, annotations=[EdfAnnotation(1, None, "x")]).to_bytes()
    return {"made.edf": content}


def discontinuous_edf() -> Files:
    content = edf()["made.edf"].replace(b"EDF+C", b"EDF+D")
    return {"made.edf": content.replace(b"+3\x14\x14", b"+7\x14\x14")}


def csv() -> Files:
    rows = (f"{n / 100:.2f},{a:.3f},{b:.3f}\n" for n, (a, b) in enumerate(MADE.signals.T.tolist()))
    return {"made.csv": b"time (s),II (mV),V1\n" + "".join(rows).encode()}


def shaped_csv() -> list[Files]:
    """Tables as programs write them: quotes, tabs, semicolons, times on a clock, lines before the table."""
    table = csv()["made.csv"].decode()
    clock = "'Elapsed time','II','V1'\n'hh:mm:ss.mmm','mV','mV'\n" + "".join(
        f"'0:{n // 100:02}:{n % 100 / 100:06.3f}',{a:.3f},{b:.3f}\n" for n, (a, b) in enumerate(MADE.signals.T.tolist())
    )
    noted = "".join(f'{n / 100},"{n}","note, {n}"\n' for n in range(400))
    texts = [
        table,
        table.replace(",", "\t"),
        table.replace(",", ";"),
        table.replace(",", ";").replace(".", ","),
        table.replace("\n", "\r\n"),
        clock,
        f'"time","II","event, if any"\n{noted}',
        f"Patient: nobody\nRate: 100\n\n{table}",
        "".join(line.partition(",")[2] + "\n" for line in table.splitlines()),
        *headed_csv(),
    ]
    return [{"made.csv": text.encode()} for text in texts] + [{"made.csv": table.encode("utf-16")}]


def headed_csv() -> list[str]:
    """Tables of devices, with what they write before them, and their clocks."""
    first = MADE.signals[0].tolist()
    device = '{"00": {"sensor": ["ECG"], "column": ["nSeq", "A1"], "sampling rate": 100, "resolution": [4, 10]}}'
    watch = 'Name,Nobody\nDevice,"Watch6,7"\nRecorded Date,2024-01-01 09:14:40 +0000\nSample Rate,"100,5 hertz"\n\n'
    return [
        f"{watch}Lead,Lead I\nUnit,µV\n\n" + "".join(f"{1000 * a:.3f}\n".replace(".", ",") for a in first),
        f"# OpenSignals Text File Format\n# {device}\n# EndOfHeader\n"
        + "".join(f"{n % 16}\t{512 + 300 * a:.0f}\t\n" for n, a in enumerate(first)),
        "Phone timestamp;sensor timestamp [ns];ecg [uV];HR\n"
        + "".join(f"2024-01-01T08:00:0{n // 100}.000;{n * 10**7};{1000 * a:.0f};95\n" for n, a in enumerate(first)),
        "Time,ECG\n" + "".join(f"04/05/2024 10:00:0{n / 100:.2f} PM,{a:.3f}\n" for n, a in enumerate(first)),
        "Interval=\t0.01 s\nChannelTitle=\tECG\nRange=\t10 mV\n"
        + "".join(f"{n}\t{a:.3f}\n" for n, a in enumerate(first)),
        "".join(f"{n / 100:14.3f}  {a:9.3f}\n" for n, a in enumerate(first)),
    ]


def packed() -> Files:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, inner in wfdb_files("16").items():
            opened.writestr(f"folder/{name}", inner)
            opened.writestr(f"__MACOSX/folder/._{name}", b"Mac OS X")
    return {"made.zip": content.getvalue()}


def bdf() -> Files:
    signals = [
        BdfSignal(signal.astype(float), fs, label=lead, physical_dimension="mV")
        for lead, fs, signal in (("MLII", 100, MADE.signals[0]), ("V1", 50, MADE.signals[1, ::2]))
    ]
    return {"made.bdf": Bdf(signals).to_bytes()}


def frames() -> Files:
    """Signals of two rates, three samples a frame and one."""
    with tempfile.TemporaryDirectory() as folder:
        digital = [
            np.round(signal.astype(float) * 40).astype(int)
            for signal in (MADE.signals[0, :399], MADE.signals[1, ::3][:133])
        ]
        wfdb.wrsamp(
            "made", 50, ["mV"] * 2, list(MADE.leads), e_d_signal=digital, fmt=["16"] * 2, adc_gain=[40.0] * 2,
            baseline=[0] * 2, samps_per_frame=[3, 1], write_dir=folder,
        )  # fmt: skip
        return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def microvolts() -> dict[str, Any]:
    """By lead."""
    return {lead: np.round(signal * 1000).astype(int) for lead, signal in zip(("II", "V1"), MADE.signals, strict=True)}


def dicom() -> Files:
    with tempfile.TemporaryDirectory() as folder:
        groups = [waveforms.group(microvolts(), 100), waveforms.group({"V2": microvolts()["V1"][::2]}, 50)]
        return {"made.dcm": waveforms.write(Path(folder, "made.dcm"), groups).read_bytes()}


def scp() -> list[Files]:
    beat = np.arange(40) ** 2
    kinds: list[dict[str, Any]] = [
        {"table": None}, {"table": records.DEFAULT, "order": 2}, {"table": records.OWN, "order": 1},
        {"table": records.DEFAULT, "order": 2, "beat": (beat, 20, [100, 200])}, {"starts": [1, 401]},
    ]  # fmt: skip
    return [{"made.scp": records.record(microvolts(), interval=10_000, **kind)} for kind in kinds]


def ishne() -> Files:
    return {"made.ecg": holter(np.round(MADE.signals * 1000), fs=100)}


def xml() -> list[Files]:
    sets = documents.sequence_set(microvolts(), increment="0.01")
    return [
        {"made.xml": documents.aecg([("RHYTHM", [sets, sets.replace("20191231235958", "20200101000010")])])},
        {"made.xml": documents.philips(microvolts(), fs=100)},
        {"made.xml": documents.muse(microvolts(), fs=100, before="<!DOCTYPE RestingECG SYSTEM 'restecg.dtd'>")},
    ]


def matlab() -> list[Files]:
    val = {"val": np.round(MADE.signals * 1000).astype("i2")}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("4.mat", "5.mat", "packed.mat")]
        savemat(str(files[0]), val, format="4")
        savemat(str(files[1]), val)
        savemat(str(files[2]), val, do_compression=True)
        return [{"made.mat": file.read_bytes()} for file in files]


FORMATS: dict[str, Callable[[], list[Files]]] = {
    "WFDB": lambda: (
        [wfdb_files(fmt) for fmt in ("16", "212", "80", "24", "32", "508", "516", "524")] + [segments(), frames()]
    ),
    "EDF": lambda: [edf(), discontinuous_edf(), bdf()],
    "CSV": shaped_csv,
    "DICOM": lambda: [dicom()],
    "SCP-ECG": scp,
    "ISHNE": lambda: [ishne()],
    "XML": xml,
    "MAT": matlab,
    "zip": lambda: [packed()],
}


def mutate(files: Files, rng: np.random.Generator) -> Files:
    """The files with a few bytes changed, taken out or put in; mostly where a header is."""
    names = sorted(files, key=lambda name: not name.endswith(".hea"))
    changed = dict(files)
    for _ in range(int(rng.integers(1, 4))):
        name = names[0] if rng.random() < 0.6 else str(rng.choice(names))
        content = bytearray(changed[name])
        if not content:
            continue
        place = int(rng.integers(0, min(len(content), 1200) if rng.random() < 0.8 else len(content)))
        length = int(rng.integers(0, 6))
        match int(rng.integers(0, 6)):
            case 0:
                content[place : place + length] = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
            case 1:
                content[place : place + length] = WORDS[int(rng.integers(0, len(WORDS)))]
            case 2:
                del content[place : place + length * 20]
            case 3:
                content[place:place] = content[place : place + length * 10]
            case 4:
                content[place] ^= 1 << int(rng.integers(0, 8))
            case _:
                del content[max(place, 20) :]
        changed[name] = bytes(content)
    if rng.random() < 0.02 and len(changed) > 1:
        del changed[str(rng.choice(names))]
    return changed


class Audit:
    """Remembers what was opened outside a folder."""

    def __init__(self) -> None:
        self.folder = Path("/")
        self.outside: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(("socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess", "os.system")):
            self.outside.append(event)
        if event == "open" and isinstance(arguments[0], str | bytes):
            name = arguments[0].decode(errors="replace") if isinstance(arguments[0], bytes) else arguments[0]
            known = (str(self.folder), sys.prefix, sys.base_prefix, str(ROOT), "/proc/", "/dev/null")
            if not name.startswith(known):
                self.outside.append(name)


def memory() -> int:
    """Bytes that the process has held at most since `forget_memory`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def forget_memory() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def read(folder: Path) -> str:
    """What became of the files: the name of the error, or what the recording is like."""
    try:
        files = sorted(folder.iterdir())
        for archive in [file for file in files if file.suffix == ".zip"]:
            files = unpack(archive, folder, MAX_BYTES)
        recording = open_files(files, ReadOptions(fs=100)).read(MAX_VALUES)
    except EcgError as error:
        return type(error).__name__
    if recording.signals.dtype != np.float32 or np.isinf(recording.signals).any():
        raise ValueError("a recording with infinities, or of another kind of number")
    return "a recording" if recording.leads else "a recording without leads"


def measured(folder: Path, size: int) -> str:
    """As `read`, which is held to its bounds."""
    forget_memory()
    before, began = memory(), time.process_time()
    outcome = read(folder)
    took, held = time.process_time() - began, memory() - before
    if took > SECONDS:
        raise TooSlow(f"{size:,} bytes took {took:.1f} s, expected at most {SECONDS} s")
    if held > MEMORY + TIMES * size:
        raise TooLarge(
            f"{size:,} bytes took {held / 1e6:,.0f} MB, expected at most {(MEMORY + TIMES * size) / 1e6:,.0f}"
        )
    return outcome


def fuzz(name: str, count: int, until: float, audit: Audit, seed: int) -> Counter[str]:
    rng = np.random.default_rng(seed)
    originals = FORMATS[name]()
    outcomes: Counter[str] = Counter()
    for _ in tqdm(range(count), desc=name, unit="file", disable=None):
        if time.monotonic() > until:
            break
        files = mutate(originals[int(rng.integers(0, len(originals)))], rng)
        with tempfile.TemporaryDirectory(prefix="soak-") as place:
            folder = Path(place)
            for file, content in files.items():
                (folder / file).write_bytes(content)
            audit.folder, audit.outside = folder, []
            try:
                signal.alarm(HANGS)
                outcomes[measured(folder, sum(map(len, files.values())))] += 1
                signal.alarm(0)
                if audit.outside:
                    raise PermissionError(f"opened {audit.outside}")
            except BaseException:
                signal.alarm(0)
                kept = Path(tempfile.mkdtemp(prefix="broken-"))
                audit.folder = Path("/")
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                print(f"{name}: this input breaks a rule; it is kept in {kept}", file=sys.stderr)
                raise
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=20_000, help="inputs of each format (20000)")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="for all formats together (as long as it takes)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (0)")
    asked = parser.parse_args()

    def too_slow(*_: object) -> None:
        raise TooSlow(f"a reader took over {HANGS} s")

    signal.signal(signal.SIGALRM, too_slow)
    audit = Audit()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT, most))
    began = time.monotonic()
    for number, name in enumerate(FORMATS, 1):
        until = began + asked.seconds * number / len(FORMATS)
        outcomes = fuzz(name, asked.count, until, audit, asked.seed)
        counted = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
        print(f"{name}: {sum(outcomes.values()):,} inputs, no rule broken: {counted}")


if __name__ == "__main__":
    main()
