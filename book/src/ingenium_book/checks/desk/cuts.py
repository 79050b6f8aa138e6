"""Row 30.3: texts that are cut from sources; the same seed, and the line of every word.

Tried against: lines in another order than their list of pieces says (random); lines of a source as
they are (identity); a seed that is not used. The check fails on each.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingenium_book.findings import Commands

TECHNIQUES = ("cutup", "chance", "found")
COUNT = 32
SPEC = """
problem = "desk.cutup"
[given]
sources = {{ file = "sources.txt" }}
[setup]
technique = "{technique}"
[select]
export = "verified"
"""
PIECE = re.compile(r"- (\d+): (\w+) (\d+):(\d+)-(\d+)")


def cut(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Cut twice with one seed and once with another, and look every word up in its source."""
    folder = commands.folder
    lines = _lines((folder / "sources.txt").read_text())
    texts: dict[str, list[str]] = {}
    same, other, accepted = 0, 0, 0
    for name in TECHNIQUES:
        (folder / f"{name}.toml").write_text(SPEC.format(technique=name))
        for run, seed in (("a", 7), ("b", 7), ("c", 8)):
            words = ("--spec", f"{name}.toml", "-n", COUNT, "--seed", seed, "--out", name + run)
            done = commands("propose", "desk.cutup", *words)
            made = sorted(folder.glob(f"{name}{run}/designs/*.md"))
            texts[name + run] = [p.read_text() for p in made]
            accepted += done.answer["summary"]["accepted"]
        same += texts[f"{name}a"] == texts[f"{name}b"] and bool(texts[f"{name}a"])
        other += texts[f"{name}a"] != texts[f"{name}c"]
    traced = [_traced(t, lines) for listed in texts.values() for t in listed]
    mixed = [one for t in texts["cutupa"] for one in _joined(t)]
    return {
        "same": same,
        "other": other,
        "accepted": accepted,
        "words": sum(n for n, _ in traced),
        "traced": sum(n for _, n in traced),
        "texts": len(traced),
        "mixed": sum(mixed) / max(len(mixed), 1),
        **_planted(commands, folder / "cutupa" / "designs"),
    }


def _lines(text: str) -> dict[str, list[list[str]]]:
    """Return the words of each line of each source."""
    found: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        if line.startswith("=== "):
            own = found.setdefault(line[4:].strip(), [])
        else:
            own.append(re.findall(r"[A-Za-z0-9]+(?:['\u2019-][A-Za-z0-9]+)*", line))
    return found


def _traced(text: str, sources: Mapping[str, list[list[str]]]) -> tuple[int, int]:
    """Return the number of words, and of those that stand at the place that the text names."""
    body, _, listed = text.partition("\n\n## Sources\n\n")
    words, traced = 0, 0
    pieces = PIECE.findall(listed)
    for number, line in enumerate(body.splitlines(), 1):
        own = line.split()
        stands: list[str] = []
        for at, name, row, first, last in pieces:
            if int(at) == number and int(row) <= len(sources.get(name, ())):
                stands += sources[name][int(row) - 1][int(first) - 1 : int(last)]
        words += len(own)
        traced += sum(a == b for a, b in zip(own, stands, strict=False))
    return words, traced


def _joined(text: str) -> list[bool]:
    """Return for each line whether it is made of more than one source line."""
    rows: dict[str, set[tuple[str, str]]] = {}
    for at, name, row, *_ in PIECE.findall(text):
        rows.setdefault(at, set()).add((name, row))
    return [len(own) > 1 for own in rows.values()]


def _planted(commands: Commands, folder: Path) -> dict[str, int]:
    """Exchange a word, a line of a source, and a source of each text; count what is refused."""
    refused = tried = 0
    for path in sorted(folder.glob("*.md"))[:10]:
        text = path.read_text()
        first = PIECE.search(text)
        row = f"{first[1]}: {first[2]} {first[3]}:" if first else ""
        for changed in (
            text.replace(text.split()[1], "zebra", 1),
            text.replace(row, row.replace(f" {first[3]}:" if first else "", " 999:"), 1),
            text.replace(f": {first[2] if first else ''} ", ": nowhere ", 1),
        ):
            file = commands.folder / "changed.md"
            file.write_text(changed)
            done = commands("verify", "desk.cutup", file, "--spec", "cutup.toml")
            tried += changed != text
            refused += done.code != 0
    return {"tried": tried, "refused": refused}
