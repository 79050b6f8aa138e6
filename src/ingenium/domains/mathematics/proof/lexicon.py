"""Words of conjectures and the symbols of set.mm that they may mean, the likeliest first.

`%` is the term that a word is about, `&` a second one. A word with several meanings makes several
readings. What a database does not define is left out; names of further sets come from the comments
of its own definitions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ingenium.domains.mathematics.metamath.database import Database

NOUNS: Mapping[str, tuple[str, ...]] = {
    "integer": ("% e. ZZ",),
    "natural number": ("% e. NN", "% e. NN0"),
    "positive integer": ("% e. NN",),
    "nonnegative integer": ("% e. NN0",),
    "whole number": ("% e. NN0", "% e. ZZ"),
    "rational number": ("% e. QQ",),
    "rational": ("% e. QQ",),
    "real number": ("% e. RR",),
    "real": ("% e. RR",),
    "complex number": ("% e. CC",),
    "number": ("% e. RR", "% e. CC", "% e. ZZ"),
    "prime": ("% e. Prime",),
    "prime number": ("% e. Prime",),
    "set": ("% e. _V",),
}
ADJECTIVES: Mapping[str, tuple[str, ...]] = {
    "odd": ("-. 2 || %", "% e. Odd"),
    "even": ("2 || %", "% e. Even"),
    "positive": ("0 < %",),
    "negative": ("% < 0",),
    "nonnegative": ("0 <_ %",),
    "nonzero": ("% =/= 0",),
    "zero": ("% = 0",),
    "prime": ("% e. Prime",),
    "real": ("% e. RR",),
    "rational": ("% e. QQ",),
    "irrational": ("-. % e. QQ",),
    "empty": ("% = (/)",),
    "infinite": ("-. % e. Fin",),
    "finite": ("% e. Fin",),
}
RELATIONS: Mapping[str, tuple[str, ...]] = {
    "is divisible by": ("& || %",),
    "is a multiple of": ("& || %",),
    "divides": ("% || &",),
    "is greater than or equal to": ("& <_ %",),
    "is less than or equal to": ("% <_ &",),
    "is greater than": ("& < %",),
    "is less than": ("% < &",),
    "is at least": ("& <_ %",),
    "is at most": ("% <_ &",),
    "is equal to": ("% = &",),
    "equals": ("% = &",),
    "is different from": ("% =/= &",),
    "is a subset of": ("% C_ &",),
    "=": ("% = &",),
    "<": ("% < &",),
    ">": ("& < %",),
    "<=": ("% <_ &",),
    ">=": ("& <_ %",),
}
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "sum": ("( % + & )",),
    "product": ("( % x. & )",),
    "difference": ("( % - & )",),
    "quotient": ("( % / & )",),
    "square": ("( % ^ 2 )",),
    "cube": ("( % ^ 3 )",),
    "square root": ("( sqrt ` % )",),
    "absolute value": ("( abs ` % )",),
    "negative": ("-u %",),
    "factorial": ("( ! ` % )",),
    "greatest common divisor": ("( % gcd & )",),
    "union": ("( % u. & )",),
    "intersection": ("( % i^i & )",),
}
_DEFINED = re.compile(
    r"\$\(\s+Define\s+(?:the\s+)?(?:set|class|collection)\s+of\s+(?:all\s+)?"
    r"([a-z][a-z \n-]+?)\s*[.,;(](?:(?!\$\)).)*\$\)\s+df-\S+ \$a \|- (\S+) = ",
    re.S,
)
_LINKS = frozenset(["in", "of", "on", "with", "between", "at", "to", "all"])
_PLURALS = (("ies", "y"), ("ices", "ex"), ("s", ""))


def singular(noun: str) -> str:
    """Return the singular of a noun's last word."""
    for end, instead in _PLURALS:
        if noun.endswith(end) and not noun.endswith("ss"):
            return noun[: -len(end)] + instead
    return noun


def numeral(number: int) -> str:
    """Return a number in the symbols of set.mm."""
    digits = str(number)
    return "; " * (len(digits) - 1) + " ".join(digits)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words whose symbols a database has."""

    base: Database

    def _known(self, table: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        found = {}
        for word, meanings in table.items():
            own = tuple(
                m for m in meanings if all(s in self.base.constants or s in "%&" for s in m.split())
            )
            if own:
                found[word] = own
        return found

    @cached_property
    def nouns(self) -> dict[str, tuple[str, ...]]:
        """Nouns: our own, then those that definitions of the database name."""
        found = self._known(NOUNS)
        for match in _DEFINED.finditer(self.base.text):
            noun = singular(" ".join(match[1].split()))
            meaning = f"% e. {match[2]}"
            plain = noun.count(" ") < 3 and not _LINKS.intersection(noun.split())
            if plain and match[2] in self.base.constants and meaning not in found.get(noun, ()):
                found[noun] = (*found.get(noun, ()), meaning)
        return found

    @cached_property
    def adjectives(self) -> dict[str, tuple[str, ...]]:
        """Adjectives."""
        return self._known(ADJECTIVES)

    @cached_property
    def relations(self) -> dict[str, tuple[str, ...]]:
        """Relations, in words or signs."""
        return self._known(RELATIONS)

    @cached_property
    def functions(self) -> dict[str, tuple[str, ...]]:
        """Functions of one or two terms."""
        return self._known(FUNCTIONS)
