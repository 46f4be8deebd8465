"""The image: what is installed in it is known by its hash, and its versions are those that cardiode is tested with."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "image"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOCKS = ("service", "cpu", "cuda")


def packages(name):
    """Of a lock: each version by its package's name, and how many hashes it has."""
    text = (FOLDER / f"{name}.lock").read_text()
    found = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.M)
    assert len(found) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))
    return {named(package): version for package, version, _ in found}


def named(package):
    """Its name as PyPI has it."""
    return re.sub(r"[-_.]+", "-", package.lower())


TESTED = {
    named(package): version
    for package, version in re.findall(r"^([^#=\s]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("name", LOCKS)
def test_each_package_has_a_version_and_its_hashes(name):
    assert packages(name)


def test_their_versions_are_those_of_the_constraints():
    locked = packages("service")
    assert locked.keys() - TESTED.keys() == {"setuptools"}  # which torch needs, and builds cardiode
    assert {name: version for name, version in locked.items() if name in TESTED} == {
        name: version for name, version in TESTED.items() if name in locked
    }
    assert packages("cpu") == {"torch": f"{TESTED['torch']}+cpu"}
    assert packages("cuda")["torch"] == TESTED["torch"]


def test_all_that_the_service_and_its_traces_need_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {
        named(re.split(r"[><=;\[ ]", line)[0])
        for line in (*project["dependencies"], *project["optional-dependencies"]["traces"])
    }
    assert needed <= packages("service").keys() | packages("cpu").keys()


def test_the_image_installs_nothing_else():
    for command in re.findall(r"pip install(?:[^\n]*\\\n)*[^\n]*", DOCKERFILE):
        assert "--no-deps" in command
        assert "--require-hashes" in command or command.endswith("--no-build-isolation .")


def test_base_images_are_of_an_exact_version():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", bases[0])


@pytest.fixture
def report():
    return runpy.run_path(str(FOLDER / "audit.py"))["report"]


HOLE = {"id": "PYSEC-1", "fix_versions": ["2.0"]}


@pytest.mark.parametrize(
    ("found", "status", "told"),
    [
        ([{"name": "a", "version": "1.0", "vulns": [HOLE]}], 1, "a 1.0: PYSEC-1, mended in 2.0"),
        ([{"name": "a", "version": "1.0", "vulns": []}, {"name": "b", "skip_reason": "none"}], 0, "1 of 2 packages"),
        ([{"name": "a", "skip_reason": "no answer"}], 0, "not audited: the data of holes could not be reached"),
    ],
)
def test_the_audit_says_what_is_known_and_whether_anything_is(report, capsys, found, status, told):
    assert report(found) == status
    assert told in capsys.readouterr().out
