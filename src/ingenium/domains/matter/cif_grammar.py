"""Grammar of CIF 1.1: the names and values of one data block.

Source: Hall, Allen and Brown, The crystallographic information file, Acta Cryst. A47, 1991; the
grammar of version 1.1 is in International Tables for Crystallography G, chapter 2.2.
"""

import re
from collections.abc import Iterator

from ingenium.core.errors import InputError

TOKEN = re.compile(
    r"(?P<space>[ \t\n]+|\#[^\n]*)"
    r"|(?P<text>(?<=\n);[^\n]*(?:\n(?!;)[^\n]*)*\n;(?=[ \t\n]|$))"
    r"|(?P<quoted>'(?:[^'\n]|'(?![ \t\n]|$))*'(?=[ \t\n]|$)"
    r'|"(?:[^"\n]|"(?![ \t\n]|$))*"(?=[ \t\n]|$))'
    r"|(?P<name>_[^ \t\n]+)"
    r"|(?P<word>[^ \t\n_\#$'\"\[\]][^ \t\n]*)"
)
OTHERS = ("save_", "global_", "stop_")
SINGLE = (  # words that no loop has
    *("_cell_", "_symmetry_space_group_name", "_symmetry_int", "_space_group_it"),
    *("_space_group_name", "_chemical_formula"),
)
WHAT = "one crystal in a file of CIF 1.1, and each of its words once"


def block(text: str) -> dict[str, list[str]]:
    """Read the values of each name, in lower case, of a file with one data block.

    Raises:
        InputError: for text outside of the grammar, a second block, a name that stands twice, or
            a loop whose values do not fill its rows.
    """
    parts = list(_parts(text))
    if not parts or not _is_head(parts[0]) or sum(map(_is_head, parts)) != 1:
        raise InputError(WHAT, f"{sum(map(_is_head, parts))} blocks, or words before the first")
    found: dict[str, list[str]] = {}
    k = 1
    while k < len(parts):
        kind, word = parts[k]
        loop = kind == "word" and word.lower() == "loop_"
        names = [k] if kind == "name" else []
        if loop:
            names = _run(parts, k + 1, name=True)
        values = _run(parts, (names or [k])[-1] + 1, name=False)
        if not names or not values or len(values) % len(names) or (not loop and len(values) != 1):
            raise InputError(WHAT, f"{word[:60]} with {len(values)} values", "Give each its value.")
        for i, at in enumerate(names):
            name = parts[at][1].lower()
            if name in found or (loop and name.startswith(SINGLE)):
                raise InputError(WHAT, f"{name} {'in a loop' if loop else 'twice'}")
            found[name] = [parts[v][1] for v in values[i :: len(names)]]
        k = values[-1] + 1
    return found


def _parts(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise InputError(WHAT, f"`{text[at : at + 40].splitlines()[0]}`", "See CIF's grammar.")
        at, kind, word = match.end(), str(match.lastgroup), match[0]
        if kind == "quoted":
            word = word[1:-1]
        elif kind == "text":
            word = word[1:-2]
        elif kind == "word" and word.lower().startswith(OTHERS):
            raise InputError(WHAT, word[:60])
        if kind != "space":
            yield kind, word


def _run(parts: list[tuple[str, str]], start: int, *, name: bool) -> list[int]:
    """Places of the names, or of the values, from `start` on."""
    end = start
    while end < len(parts) and _is(parts[end], name=name):
        end += 1
    return list(range(start, end))


def _is(part: tuple[str, str], *, name: bool) -> bool:
    kind, word = part
    if kind == "name" or name:
        return kind == "name" and name
    return kind != "word" or not (word.lower() == "loop_" or _is_head(part))


def _is_head(part: tuple[str, str]) -> bool:
    return part[0] == "word" and part[1].lower().startswith("data_")
