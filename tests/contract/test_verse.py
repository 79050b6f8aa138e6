"""The contract on sonnets, on few known poems."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract

ELSEWHERE = str.maketrans(
    "aeocpx", "\u0430\u0435\u043e\u0441\u0440\u0445"
)  # letters that look alike


def _of_text(change: Callable[[str], str]) -> Damage:
    def damage(path: Path) -> None:
        head, _, poem = path.read_text(encoding="utf-8").partition("\n\n")
        path.write_text(f"{head}\n\n{change(poem)}", encoding="utf-8")

    return damage


def _of_lines(change: Callable[[str], str]) -> Damage:
    def damage(path: Path) -> None:
        rows = [json.loads(row) for row in path.read_text().splitlines()]
        rows = [row | {"poem": change(row["poem"])} for row in rows]
        path.write_text("\n".join(map(json.dumps, rows)) + "\n")

    return damage


def _first_line(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(poem: str) -> str:
        first, mark, rest = poem.partition("\n")
        return change(first) + mark + rest

    return changed


CHANGES: Mapping[str, Callable[[str], str]] = {
    "without its last line": lambda p: "\n".join(p.strip().split("\n")[:-1]),
    "with a line twice": lambda p: p.split("\n", 1)[0] + "\n" + p,
    "with a foot more": _first_line(lambda x: f"{x} again"),
    "of one line": lambda p: p.replace("\n", " "),
    "of lines that a page does not break": lambda p: p.strip().replace("\n", "\x1e"),
    "of letters that look alike": lambda p: p.translate(ELSEWHERE),
    "with the sign of kelvin": lambda p: p.replace("k", "\u212a"),
    "with a word that nobody knows": _first_line(lambda x: f"{x.rsplit(' ', 1)[0]} qwrtz"),
    "with hidden signs": lambda p: p.replace(" ", " \u200b"),
    "ending in one word": lambda p: "\n".join(
        x.rsplit(" ", 1)[0] + " day" for x in p.strip().split("\n")
    ),
    "back to front": lambda p: "\n".join(" ".join(x.split()[::-1]) for x in p.split("\n")),
    "with a digit": _first_line(lambda x: f"2 {x}"),
}


def _says_twice(path: Path) -> None:
    """Put two poems under one key, of which readers use one or the other."""
    path.write_text(path.read_text().replace('"poem":', '"poem": "to be", "poem":'))


class TestVerse(ProblemContract):
    problem_name = "words.verse"
    setup: ClassVar[Mapping[str, Any]] = {"known": 120, "form": "shakespearean", "top_p": 0.8}
    given: ClassVar[Mapping[str, Any]] = {"draft": "_\n_ the darling buds of _"}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        text = {what: _of_text(change) for what, change in CHANGES.items()}
        lines = {what: _of_lines(change) for what, change in CHANGES.items()}
        return {"txt": text, "jsonl": lines | {"that says a poem twice": _says_twice}}
