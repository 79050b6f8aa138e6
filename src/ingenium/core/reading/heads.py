"""Heads of the columns of a table, which name units: `length [m]`."""

import keyword
import re
from collections.abc import Collection, Iterable

from ingenium.core.errors import InputError

HEAD = re.compile(
    r"\s*([A-Za-z][A-Za-z0-9_]*)\s*\[\s*([^\]]*[^\]\s])\s*\]\s*(?:\.\d+)?"  # a repeat is numbered
)
C_WORDS = """auto break case char const continue default do double else enum extern float for goto
if inline int long register restrict return short signed sizeof static struct switch typedef union
unsigned void volatile while main pow"""
RESERVED = frozenset((*keyword.kwlist, *C_WORDS.split()))  # in the programs that formulas become


def unit_heads(
    heads: Iterable[str], taken: Collection[str], *examples: str
) -> list[tuple[str, str]]:
    """Name and unit of each column.

    Args:
        heads: as they were read.
        taken: names that formulas have for something else.
        examples: heads that would be right, such as `length [m]`; the last stands for all others.

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
