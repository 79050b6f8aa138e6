"""Heads of the columns of a table, which name units: `length [m]`, `load (kW)`, `width_mm`."""

import keyword
import re
from collections.abc import Collection, Iterable

from ingenium.core.errors import InputError

HEAD = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*\[\s*([^\]]*[^\]\s])\s*\]\s*")
BRACKETED = re.compile(r"\s*(.*\S)\s*(?:\[\s*([^\]]+?)\s*\]|\(\s*([^)]+?)\s*\))\s*")
UNITS = """m mm cm km um nm s ms us min h kg g mg t N kN MN Pa hPa kPa MPa GPa bar W kW MW GW Wh kWh
MWh GWh J kJ MJ V kV A mA ohm Hz kHz MHz GHz K degC L m3 mol rad deg pu percent"""
SUFFIXES = {unit.lower(): unit for unit in UNITS.split()} | {"c": "degC"}  # as names spell them
C_WORDS = """auto break case char const continue default do double else enum extern float for goto
if inline int long register restrict return short signed sizeof static struct switch typedef union
unsigned void volatile while main pow"""
RESERVED = frozenset((*keyword.kwlist, *C_WORDS.split()))  # in the programs that formulas become


def split_head(head: str) -> tuple[str, str]:
    """Return the name in a heading, and the unit that it names; none is an empty one.

    >>> split_head("load [kW]"), split_head("load (kW)"), split_head("load_kw"), split_head("load")
    (('load', 'kW'), ('load', 'kW'), ('load', 'kW'), ('load', ''))
    """
    if match := BRACKETED.fullmatch(head):
        return match[1], match[2] or match[3]
    name, _, last = head.strip().rpartition("_")
    return (name, SUFFIXES[last]) if name and last in SUFFIXES else (head.strip(), "")


def unit_heads(
    heads: Iterable[str], taken: Collection[str], *examples: str
) -> list[tuple[str, str]]:
    """Return name and unit of each column.

    Args:
        heads: as they were read.
        taken: names that formulas have for something else.
        examples: heads that would be right, such as `length [m]`; the last serves all others.

    Raises:
        InputError: for a head without a name or unit, a name that is taken, or one twice.
    """
    found: list[tuple[str, str]] = []
    for i, head in enumerate(heads):
        name, unit = examples[min(i, len(examples) - 1)].split(" ")
        match = HEAD.fullmatch(head)
        if match is None:
            plain = re.sub(r"\W.*", "", head.strip()) or name
            raise InputError(
                "a name of letters and a unit at the head of each column",
                f'"{head[:60]}"',
                f'Write "{plain} {unit}", or "{plain} [1]" for a pure number.',
            )
        own = match[1]
        if own in taken or own in RESERVED:
            raise InputError(
                "names of columns that are no function and no word of Python or C",
                own,
                f"Write {own}_0.",
            )
        if any(own == other for other, _ in found):
            raise InputError("columns of different names", f"{own} twice", "Rename one.")
        found.append((own, match[2]))
    return found
