"""What tests of examples share."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Most of these tests train networks."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.soak)


@pytest.fixture
def shown(monkeypatch, capsys, tmp_path):
    """Lets an example show what a study found, and returns what it printed; its figure must be there."""

    def show(example, found):
        name = example.__name__.removeprefix("examples.")
        monkeypatch.setattr(example, "study", lambda size: found)
        example.main(["--out", os.fspath(tmp_path)])
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        return capsys.readouterr().out

    return show
