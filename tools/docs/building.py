"""Hooks of the site: pages from files of the repository, and checks of the built site.

CONTRIBUTING and CHANGELOG become pages as they are, a link to the README leads home, and each
chapter of the evidence book is written from its claims and results. A link that leaves `docs/` for
another file of the repository leads to a page that shows this file.
"""

import re
from functools import partial
from html.parser import HTMLParser
from os.path import normpath, relpath
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel

from ingenium.cli import documents
from ingenium.core import errors
from ingenium.domains import own
from ingenium_book.claims import chapters
from ingenium_book.entries import STATUSES, entries
from ingenium_book.pages import pages as evidence

ROOT = Path(__file__).resolve().parents[2]
PAGES = {  # of the site, by file of the repository
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "NOTICE": "notice.md",
    **{f"src/ingenium/domains/{name}/README.md": f"reference/{name}.md" for name in own()},
}
HOME = "README.md"  # whose place on the site the home page takes
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
STATUS = "|".join(sorted((s.removesuffix(" a rival") for s in STATUSES), key=len, reverse=True))
SAID = re.compile(rf"\*\*({STATUS})([^*|\n]*)\*\*(?=$| [|(]|: )", re.MULTILINE)
FENCED = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from outside `docs/`."""
    sources = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
    sources["NOTICE"] = documents.notice(ROOT / "NOTICE")
    texts = sources | {
        f"docs/{f.src_uri}": Path(f.abs_src_path).read_text(encoding="utf-8")
        for f in files.documentation_pages()
        if f.abs_src_path
    }
    for name, page in PAGES.items():
        files.append(File.generated(config, page, content=led(sources[name], name)))
    for name, text in evidence.pages(entries(chapters())).items():
        if name != "index.md":  # the site begins with studies.md
            files.append(File.generated(config, f"book/{name}", content=marked(text)))
    for name in sorted({x for at, text in texts.items() for x in outside(text, at)}):
        shown = File.generated(config, shown_at(name), content=shown_text(name))
        shown.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(shown)
    return files


def marked(text: str) -> str:
    """Mark the verdict on each row of a page of the book by its colour."""

    def one(match: re.Match[str]) -> str:
        style = match[1].replace(", ", " ").replace(" ", "-")
        return f'<span class="status {style}">{match[1]}{match[2]}</span>'

    return SAID.sub(one, text)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Redirect links out of `docs/` to the pages that show their files."""
    if page.is_homepage:
        page.meta["hide"] = ["navigation", "toc"]  # it has no neighbours
    if page.file.src_uri == "studies.md":
        page.meta["hide"] = ["toc"]  # its table needs the room
        markdown = marked(markdown)
    own = page.file.abs_src_path
    return led(markdown, f"docs/{page.file.src_uri}") if own else markdown


def led(text: str, name: str) -> str:
    """Rewrite the links of a file of the repository for its page of the site."""
    here = Path(page_of(name)).parent

    def one(match: re.Match[str]) -> str:
        opened, link, anchor, closed = match.groups()
        if "://" in link or link.startswith("mailto:"):
            return match[0]
        wanted = normpath(Path(name).parent / link)
        return f"{opened}{relpath(page_of(wanted), here)}{anchor or ''}{closed}"

    return outside_code(partial(LINK.sub, one), text)


def outside_code(change: Any, text: str) -> str:
    """Apply a change to a text outside its fenced code."""
    parts = FENCED.split(text)
    return "".join(part if i % 2 else change(part) for i, part in enumerate(parts))


def outside(text: str, name: str) -> set[str]:
    """Files of the repository that a text links to, and that have no page of their own."""
    found: list[str] = []
    outside_code(lambda part: found.extend(m[2] for m in LINK.finditer(part)) or part, text)
    wanted = {normpath(Path(name).parent / x) for x in found if "://" not in x}
    return {x for x in wanted if x not in {*PAGES, HOME} and not x.startswith("docs/")}


def page_of(name: str) -> str:
    """Path of the page that shows a file of the repository."""
    if name == HOME:
        return "index.md"
    if name in PAGES:
        return PAGES[name]
    return name.removeprefix("docs/") if name.startswith("docs/") else shown_at(name)


def shown_at(name: str) -> str:
    return f"files/{name}.md"


def shown_text(name: str) -> str:
    """Build a page that shows a file.

    Raises:
        PluginError: if a link leads to no file.
    """
    path = ROOT / name
    if not path.is_file():
        raise PluginError(f"expected a file of the repository, got a link to {name}")
    language = {".py": "python", ".toml": "toml", ".md": "markdown"}.get(path.suffix, "text")
    return f"# `{name}`\n\n````{language}\n{path.read_text(encoding='utf-8').strip()}\n````\n"


def on_post_build(config: Any) -> None:
    """Fail if a page would fetch something, or the code names a page that does not exist.

    Raises:
        PluginError: with every such place.
    """
    site = Path(config.site_dir)
    if faults := fetched(site):
        raise PluginError("expected pages that fetch nothing, got " + "; ".join(faults))
    if faults := unknown(site, named_in_code()):
        raise PluginError("expected pages that errors can name, got " + ", ".join(faults))


def named_in_code() -> set[str]:
    """Pages that errors link to."""
    kinds = [e for e in vars(errors).values() if hasattr(e, "page")]
    return {*documents.HELPFUL.values(), *(e.page for e in kinds)}


def unknown(site: Path, pages: set[str]) -> list[str]:
    """Pages, or their anchors, that a built site lacks."""
    missing = []
    for page in sorted(pages):
        name, _, anchor = page.partition("#")
        path = site / f"{name}.html"
        text = path.read_text(encoding="utf-8") if path.is_file() else None
        if text is None or (anchor and f' id="{anchor}"' not in text):
            missing.append(page)
    return missing


def fetched(site: Path) -> list[str]:
    """Addresses that the pages of a site would fetch from elsewhere, with their place."""
    faults = []
    for path in sorted(site.rglob("*.html")):
        reader = Fetched()
        reader.feed(path.read_text(encoding="utf-8"))
        faults += [f"{path.relative_to(site)}: {link}" for link in reader.found]
    for path in sorted(site.rglob("*.css")):
        links = re.findall(r"url\(\s*[\"']?((?:https?:)?//[^)\"']+)", path.read_text("utf-8"))
        faults += [f"{path.relative_to(site)}: {link}" for link in links]
    return faults


class Fetched(HTMLParser):
    """Addresses elsewhere that a browser fetches automatically."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        table = dict(attrs)
        links = [table.get("src")]
        if tag == "link" and table.get("rel") not in ("canonical", "alternate"):
            links.append(table.get("href"))
        self.found += [x for x in links if x and re.match(r"(https?:)?//", x)]
