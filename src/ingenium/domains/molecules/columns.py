"""Columns of a molfile of version V2000, whose rows some tools read by columns, others by words.

Source: BIOVIA, CTfile formats, 2020: atom block `xxxxx.xxxxyyyyy.yyyyzzzzz.zzzz aaaddcccssshhh`,
bond block `111222tttsssxxxrrrccc`.
"""

import re
from itertools import chain, repeat

from ingenium.core.errors import InputError

PLACE, SYMBOL = re.compile(r" *-?\d+\.\d{4}"), re.compile(r"[A-Z*][A-Za-z]{0,2} *")
COUNT = re.compile(r" *-?\d+| +")
PLACES, WIDTH = 3, 10  # coordinates, and characters of each
ENTRY = re.compile(r"\n*>[^\n]*<[^\n>]+>")
QUERY = slice(8, 11)  # of the counts behind the symbol: hydrogens of a query
ORDERS = ("1", "2", "3", "4")  # of bonds; others are queries, or no bonds
INSTEAD = "Export it again."


def check_columns(record: str, what: str) -> None:
    """Refuse data without an end, and a record of version V2000 whose rows leave their columns.

    Raises:
        InputError: naming the row.
    """
    data = record.partition("M  END")[2].lstrip(" \n")
    if data and not (data.endswith("\n\n") and all(map(ENTRY.match, data[:-2].split("\n\n")))):
        got = f"{what}, whose data are {data[:30]!r} to {data.rstrip()[-30:]!r}"
        expected = "an SDF whose data are `> <name>`, values, and an empty line each"
        raise InputError(expected, got, INSTEAD)
    head, *rows = record.split("\n")[3:] or [""]
    if not head.rstrip().endswith("V2000"):
        return
    counts = [head[:3].strip(), head[3:6].strip()]
    if not all(x.isascii() and x.isdecimal() for x in counts):
        raise InputError("an SDF with counts of atoms and bonds", f"{what}, {head[:20]!r}", INSTEAD)
    atoms, bonds = map(int, counts)
    kinds = chain(repeat(_is_atom, atoms), repeat(_is_bond, bonds))
    for own, row in zip(kinds, [*rows, *[""] * (atoms + bonds)], strict=False):
        if not own(row.rstrip(" ")):
            got = f"{what}, with the row {row[:50]!r}"
            raise InputError("an SDF whose rows keep to their columns", got, INSTEAD)


def _is_atom(row: str) -> bool:
    places = [row[WIDTH * i : WIDTH * (i + 1)] for i in range(PLACES)]
    whole = all(len(p) == WIDTH and PLACE.fullmatch(p) for p in places)
    start = WIDTH * PLACES
    symbol, rest = row[start + 1 : start + 4], row[start + 4 :]
    named = row[start : start + 1] == " " and SYMBOL.fullmatch(symbol) is not None
    counted = _are_counts(rest[:2], 2) and _are_counts(rest[2:], 3)
    return whole and named and counted and rest[QUERY].strip() in ("", "0")


def _is_bond(row: str) -> bool:
    return len(row) >= 3 * PLACES and _are_counts(row, 3) and row[6:9].strip() in ORDERS


def _are_counts(text: str, width: int) -> bool:
    parts = [text[i : i + width] for i in range(0, len(text), width)]
    return all(len(p) == width and COUNT.fullmatch(p) for p in parts)
