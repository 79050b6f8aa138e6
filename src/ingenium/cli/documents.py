"""The pages of the documents that come with the package, and which of them helps with a fault.

A page is named by its path without its ending, such as `how-to/audit`, and a section of it after
a hash, such as `how-to/audit#in-python`, as the site names it.
"""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import ingenium
from ingenium.core.errors import CorruptError, IngeniumError, choose

TOP = MappingProxyType(  # pages that lie beside the folder of the others
    {
        "readme": "README.md",
        "contributing": "CONTRIBUTING.md",
        "changelog": "CHANGELOG.md",
    }
)
HELPFUL: Mapping[str, str] = MappingProxyType(  # by the module that refused what was given
    {
        "ingenium.audit": "how-to/audit#does-this-file-hold-the-limits",
        "ingenium.core.asking": "reference/spec#all-entries",
        "ingenium.core.spec": "reference/spec",
        "ingenium.domains": "reference/cli#ingenium-list",
        "ingenium.domains.airfoils": "how-to/own_data",
        "ingenium.domains.grid": "how-to/own_feeder#if-it-is-refused",
        "ingenium.domains.molecules": "how-to/own_data",
        "ingenium.domains.structures": "how-to/own_data",
        "ingenium.generators": "reference/spec#generator",
        "ingenium.replaying": "how-to/audit#is-this-design-what-the-record-says",
        "ingenium.search": "reference/cli#ingenium-search-problem",
        "ingenium.studies": "studies",
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
            if (known := HELPFUL.get(".".join(parts[:n]))) is not None:
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
    """Where the documents lie: in the package, or in the repository that it is used from.

    Raises:
        CorruptError: if they are in neither.
    """
    package = Path(ingenium.__file__).parent
    for place in (package / "documents", package.parents[1]):
        if (place / "docs").is_dir():
            return place
    raise CorruptError(str(package), "holds no documents", "Install it again.")


def pages() -> dict[str, Path]:
    """All pages by name that can be read as text."""
    place = folder()
    found = {name: place / file for name, file in TOP.items()}
    for path in sorted((place / "docs").rglob("*.md")):
        name = path.relative_to(place / "docs").with_suffix("").as_posix()
        if not name.startswith("reference/python/"):  # made from docstrings when the site is built
            found[name] = path
    return found


def page(wanted: str) -> str:
    """The text of a page, or of one section of it after a hash.

    Raises:
        InputError: with the nearest names of pages or sections.
    """
    name, _, anchor = wanted.partition("#")
    known = pages()
    text = known[choose(name.removesuffix(".md"), known, "page")].read_text(encoding="utf-8")
    if not anchor:
        return text
    parts = sections(text)
    return parts[choose(anchor, parts, f"section of {name}")]


def sections(text: str) -> dict[str, str]:
    """The sections of a page by their anchors, each with those below it."""
    lines = text.splitlines(keepends=True)
    heads: list[tuple[int, int, str]] = []  # line, level, anchor
    fenced = False
    for i, line in enumerate(lines):
        fenced ^= line.startswith("```")
        found = re.match(r"(#+) (.*)", line)
        if found and not fenced:
            taken = [h[2] for h in heads]
            heads.append((i, len(found[1]), _unlike(slug(found[2]), taken)))
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
