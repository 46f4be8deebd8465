"""The pages of the documentation: their links lead somewhere, and the tutorial does what it says."""

import re
from pathlib import Path

import pytest

from app.__main__ import main

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / folder / "README.md" for folder in ("benchmarks", "examples")),
    *(ROOT / "models" / "zoo").glob("*/card.md"),
]


def prose(file):
    return re.sub(r"^```.*?^```", "", file.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(file):
    """The anchors of its headings, by GitHub's rule."""
    titles = re.findall(r"^#+ (.+)$", prose(file), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page):
    for address in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", address):
            continue
        path, _, anchor = address.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{address} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{address} leads to no heading"


def test_the_site_lists_every_page():
    site = (ROOT / "mkdocs.yml").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        assert f": {page.relative_to(ROOT / 'docs')}\n" in site


def test_the_tutorial_does_what_it_says(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs" / "tutorial.md").read_text()
    make, look, annotate = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (command,) = re.findall(r"bin/cardiode (annotate .*)", text)
    (printed,) = re.findall(r"```\n(file .*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(make, {})
    assert main(command.split()) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split() for line in shown[:1]] == [line.split() for line in printed.splitlines()[:1]]
    assert shown[-1] == printed.splitlines()[-1]
    exec(look, {})
    assert "label" in capsys.readouterr().out
    exec(annotate, {})
    assert 60 < float(capsys.readouterr().out) < 80
