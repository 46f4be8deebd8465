"""Hooks of mkdocs.yml: pages and files from outside docs/ join the site, with links that work in the repository too.

Links are written as the repository has them (`../models/zoo/odenet/card.md`). In the site a link to a file leads to a
copy of that file, and a link to a folder becomes text. A link to what does not exist ends the build.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = PurePosixPath("docs")
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
    "benchmarks/README.md": "benchmarks/README.md",
    "examples/README.md": "examples/README.md",
    **{f"models/zoo/{name}/card.md": f"models/zoo/{name}/card.md" for name in ("odenet", "resnet", "rhythm")},
}
"""Pages from outside docs/: their paths in the repository, and in the site."""
LINK = re.compile(r"\[((?:[^][]|\[[^][]*\])*)\]\(([^)\s]+)\)", re.DOTALL)
ELSEWHERE = re.compile(r"[a-z]+:|#|<")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages of `PAGES`, and every file that a page links to, join the site."""
    for path, uri in PAGES.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    for page in list(files.documentation_pages()):
        for path in _targets(page):
            if (ROOT / path).is_file() and files.get_file_from_path(_uri(path)) is None:
                files.append(File.generated(config, _uri(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """The links of a page, as the site has them."""
    parts = _parts(markdown)
    return "".join(part if is_code else LINK.sub(lambda link: _moved(link, page.file), part) for is_code, part in parts)


def _parts(markdown: str) -> list[tuple[bool, str]]:
    """Code, whose brackets are no links, apart from the rest; link texts keep their inline code."""
    fenced = re.split(r"(^```.*?^```)", markdown, flags=re.DOTALL | re.MULTILINE)
    return [(part.startswith("```"), part) for part in fenced]


def _targets(page: File) -> list[str]:
    """The paths in the repository that a page links to."""
    text = page.content_string
    found = [link[2] for is_code, part in _parts(text) if not is_code for link in LINK.finditer(part)]
    return [_target(page, link)[0] for link in found if not ELSEWHERE.match(link)]


def _moved(link: re.Match[str], page: File) -> str:
    text, address = link[1], link[2]
    text = LINK.sub(lambda inner: _moved(inner, page), text)
    if ELSEWHERE.match(address):
        return f"[{text}]({address})"
    path, anchor = _target(page, address)
    if (ROOT / path).is_dir():
        return text
    if not (ROOT / path).is_file():
        raise PluginError(f"{_source(page)} links to {address}, which does not exist; correct the link")
    return f"[{text}]({relpath(_uri(path), PurePosixPath(page.src_uri).parent)}{anchor})"


def _target(page: File, address: str) -> tuple[str, str]:
    path, mark, anchor = address.partition("#")
    return normpath(str(_source(page).parent / path)), mark + anchor


def _source(page: File) -> PurePosixPath:
    """The path of a page in the repository."""
    outside = {uri: path for path, uri in PAGES.items()}
    return PurePosixPath(outside[page.src_uri]) if page.src_uri in outside else DOCS / page.src_uri


def _uri(path: str) -> str:
    """The path of a file in the site."""
    if path in PAGES:
        return PAGES[path]
    return str(PurePosixPath(path).relative_to(DOCS)) if path.startswith("docs/") else path
