"""Folders are rooms that can be taken in at a glance."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "client", "ecg", "models", "ode", "training")
MOST_MODULES = 16


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_holds_more_modules_than_can_be_taken_in(package):
    folders = {file.parent for file in (ROOT / package).rglob("*.py")}
    modules = {folder: [file for file in folder.glob("*.py") if file.stem != "__init__"] for folder in folders}
    assert {str(folder): len(files) for folder, files in modules.items() if len(files) > MOST_MODULES} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_modules_is_a_package(package):
    folders = {file.parent for file in (ROOT / package).rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
