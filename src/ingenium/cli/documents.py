"""The pages of the documents that come with the package, and which of them helps with a fault.

A page is named by its path without its ending, such as `how-to/audit`, and a section of it after
a hash, such as `how-to/audit#in-python`, as the site names it. Pages that the site makes are made
here too: of domains, and of modules from their docstrings; another package, such as the evidence
book, adds pages by an entry point.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

import ingenium
from ingenium.cli import docstrings
from ingenium.core.errors import CorruptError, IngeniumError, choose

TOP = MappingProxyType(  # pages that lie beside the folder of the others
    {
        "index": "README.md",
        "contributing": "CONTRIBUTING.md",
        "changelog": "CHANGELOG.md",
    }
)
GROUP = "ingenium.pages"  # of the entry points by which packages add pages
ANCHORED = re.compile(r"(?m)^(#+ .*) \{ #([\w.-]+) \}$")  # a heading with an anchor of its own
HELPFUL: Mapping[str, str] = MappingProxyType(  # by the module that refused what was given
    {
        "ingenium.runs.audit": "how-to/audit#does-this-file-hold-the-limits",
        "ingenium.core.resolving": "reference/spec#all-entries",
        "ingenium.core.spec": "reference/spec",
        "ingenium.domains": "reference/cli#ingenium-list",
        "ingenium.domains.airfoils": "how-to/own_data",
        "ingenium.domains.grid": "how-to/own_feeder#if-it-is-refused",
        "ingenium.domains.molecules": "how-to/own_data",
        "ingenium.domains.structures": "how-to/own_data",
        "ingenium.edge": "how-to/edge",
        "ingenium.generators": "reference/spec#generator",
        "ingenium.infer": "how-to/infer",
        "ingenium.model": "how-to/model",
        "ingenium.monitor": "how-to/monitor",
        "ingenium.operate": "how-to/operate",
        "ingenium.runs.opened": "how-to/python",
        "ingenium.runs.recorded": "how-to/audit#does-this-file-hold-the-limits",
        "ingenium.runs.replay": "how-to/audit#is-this-design-what-the-record-says",
        "ingenium.scale": "how-to/scale",
        "ingenium.searches": "reference/cli#ingenium-search-problem",
        "ingenium_book": "studies",
        "ingenium.trust": "how-to/audit#was-anything-done-that-is-not-in-the-record",
    }
)


def helpful(error: BaseException) -> str:
    """The page that helps with an error: that of its kind, else of the module that raised it."""
    page = getattr(error, "page", IngeniumError.page)
    if page != IngeniumError.page:
        return page
    for module in _raised_in(error):
        parts = module.split(".")
        for n in range(len(parts), 0, -1):
            name = ".".join(parts[:n])
            if name == "ingenium.domains" and n < len(parts):
                return f"reference/{parts[n]}"  # the page of the field
            if (known := HELPFUL.get(name)) is not None:
                return known
    return page


def _raised_in(error: BaseException) -> list[str]:
    """Modules that an error came through, the one that raised it first."""
    found, at = [], error.__traceback__
    while at is not None:
        found.append(str(at.tb_frame.f_globals.get("__name__", "")))
        at = at.tb_next
    return found[::-1]


def folder() -> Path:
    """Folder of the documents: in the package, or in the repository that it is used from.

    Raises:
        CorruptError: if they are in neither.
    """
    package = Path(ingenium.__file__).parent
    for place in (package / "documents", package.parents[1]):
        if (place / "docs").is_dir():
            return place
    raise CorruptError(str(package), "holds no documents", "Install it again.")


@dataclass(frozen=True)
class Page:
    """A page that can be read as text."""

    title: str
    read: Callable[[], str]


def pages() -> dict[str, Page]:
    """All pages of the site by name."""
    place = folder()
    found = {}
    found["notice"] = Page("Notice", partial(notice, place / "NOTICE"))
    for path in sorted((place / "docs").rglob("*.md")):
        name = path.relative_to(place / "docs").with_suffix("").as_posix()
        made = name.startswith("reference/python/")
        found[name] = _python(path) if made else _file(path)
    found |= {name: _file(place / file) for name, file in TOP.items()}  # no cards in a terminal
    domains = Path(ingenium.__file__).parent / "domains"
    found |= {f"reference/{p.parent.name}": _file(p) for p in domains.glob("*/README.md")}
    for entry in entry_points(group=GROUP):
        found |= entry.load()()
    return dict(sorted(found.items(), key=lambda one: ("/" in one[0], one[0])))


def notice(path: Path) -> str:
    """The notice as a page."""
    return f"# Notice\n\n```text\n{path.read_text(encoding='utf-8').strip()}\n```\n"


def _file(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    return Page(_title(text), lambda: text)


def _python(path: Path) -> Page:
    """A page whose text is that of docstrings."""
    text = path.read_text(encoding="utf-8")
    return Page(_title(text), partial(docstrings.filled, text))


def _title(text: str) -> str:
    """The first heading of a page."""
    heads = (line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    return next(heads, "").replace("`", "")


def as_text(made: str) -> str:
    """A page of the site without drawings, and with nothing in boxes or folded."""
    text = re.sub(r"(?m)^<figure.*\n\n", "", made)
    text = re.sub(r'(?m)^(?:!!!|\?\?\?) (\w+)(?: "(.*)")?\n', _opened, text)
    return re.sub(r"(?m)^    (?=\S)", "", text)


def _opened(box: re.Match[str]) -> str:
    return f"**{box[2] or box[1].capitalize()}**\n\n"


def page(wanted: str) -> str:
    """The text of a page, or of one section of it after a hash.

    Raises:
        InputError: with the nearest names of pages or sections.
    """
    name, _, anchor = wanted.partition("#")
    known = pages()
    text = known[choose(name.removesuffix(".md"), known, "page")].read()
    if anchor:
        parts = sections(text)
        text = parts[choose(anchor, parts, f"section of {name}")]
    return ANCHORED.sub(r"\1", text)


def sections(text: str) -> dict[str, str]:
    """The sections of a page by their anchors, each with those below it."""
    lines = text.splitlines(keepends=True)
    heads: list[tuple[int, int, str]] = []  # line, level, anchor
    fenced = False
    for i, line in enumerate(lines):
        fenced ^= line.startswith("```")
        found = re.match(r"(#+) (.*)", line)
        if found and not fenced:
            own = ANCHORED.match(line)
            taken = [h[2] for h in heads]
            heads.append((i, len(found[1]), own[2] if own else _unlike(slug(found[2]), taken)))
    ends = [
        next((j for j, below, _ in heads[k + 1 :] if below <= level), len(lines))
        for k, (_, level, _) in enumerate(heads)
    ]
    return {anchor: "".join(lines[i:end]) for (i, _, anchor), end in zip(heads, ends, strict=True)}


def slug(heading: str) -> str:
    """The anchor of a heading, as Python-Markdown makes it."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _unlike(anchor: str, taken: list[str]) -> str:
    """The anchor, numbered where others have it."""
    n = 0
    while (numbered := f"{anchor}_{n}" if n else anchor) in taken:
        n += 1
    return numbered
