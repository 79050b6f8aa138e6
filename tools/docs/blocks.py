"""Marked blocks of documents, written by scripts so that they cannot drift from their source.

A block starts with a line `<!-- KIND:NAME -->` and ends with `<!-- /KIND -->`.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Makers = Mapping[str, Callable[[str], str]]  # kind -> text of a block by its name


def documents() -> list[Path]:
    """All documents that may have blocks."""
    fields = (ROOT / "src" / "ingenium" / "domains").glob("*/README.md")
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted(fields)]


def filled(text: str, makers: Makers) -> str:
    """Return the text of a document with each block of the given kinds replaced."""
    kinds = "|".join(makers)
    pattern = rf"(<!-- ({kinds}):(\S+) -->)\n.*?(<!-- /\2 -->)"

    def one(match: re.Match[str]) -> str:
        return f"{match[1]}\n{makers[match[2]](match[3]).strip()}\n{match[4]}"

    return re.sub(pattern, one, text, flags=re.DOTALL)


def main(makers: Makers, more: Callable[[Path, str], str] = lambda path, text: text) -> None:
    """Fill the blocks in all documents, or with `--check` end with 1 if one is out of date.

    `more` changes the text of a document after its blocks.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="change nothing; fail if out of date")
    check = parser.parse_args().check
    old = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        new = more(path, filled(text, makers))
        if new != text:
            old.append(str(path.relative_to(ROOT)))
            if not check:
                path.write_text(new, encoding="utf-8")
    if check and old:
        sys.exit(f"{', '.join(old)}: blocks of {', '.join(makers)} are out of date; `make docs`")


def choice(named: Mapping[str, Callable[[], str]]) -> Callable[[str], str]:
    """A maker of blocks out of a table by name."""

    def one(name: str) -> str:
        if name not in named:
            sys.exit(f"expected a block of {', '.join(named)}, got {name}")
        return named[name]()

    return one


def table(*rows: tuple[str, ...]) -> str:
    """A Markdown table; the first row is its header."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
