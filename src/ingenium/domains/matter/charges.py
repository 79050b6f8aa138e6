"""Oxidation states, and compounds whose charges balance.

Source: Shannon, Acta Crystallographica A32:751, 1976 (states and radii of ions, by coordination 6);
    states are the common ones of closed shells or lone pairs, so that no crystal is magnetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import gcd

from ingenium.core.errors import InputError, choose


@dataclass(frozen=True)
class Ion:
    """Charges, radius and electronegativity of an element in a crystal."""

    charges: tuple[int, ...]
    radius_angstrom: float  # of the first charge, six neighbours
    electronegativity: float  # Pauling


IONS: Mapping[str, Ion] = {
    "Li": Ion((1,), 0.76, 0.98),
    "Na": Ion((1,), 1.02, 0.93),
    "K": Ion((1,), 1.38, 0.82),
    "Rb": Ion((1,), 1.52, 0.82),
    "Cs": Ion((1,), 1.67, 0.79),
    "Mg": Ion((2,), 0.72, 1.31),
    "Ca": Ion((2,), 1.00, 1.00),
    "Sr": Ion((2,), 1.18, 0.95),
    "Ba": Ion((2,), 1.35, 0.89),
    "Zn": Ion((2,), 0.74, 1.65),
    "Cd": Ion((2,), 0.95, 1.69),
    "Hg": Ion((2,), 1.02, 2.00),
    "Ge": Ion((2, 4), 0.73, 2.01),
    "Sn": Ion((2, 4), 1.18, 1.96),
    "Pb": Ion((2, 4), 1.19, 2.33),
    "Ti": Ion((4,), 0.605, 1.54),
    "Zr": Ion((4,), 0.72, 1.33),
    "Hf": Ion((4,), 0.71, 1.30),
    "O": Ion((-2,), 1.40, 3.44),
    "F": Ion((-1,), 1.33, 3.98),
    "Cl": Ion((-1,), 1.81, 3.16),
    "Br": Ion((-1,), 1.96, 2.96),
    "I": Ion((-1,), 2.20, 2.66),
}


MOST_ALIKE = 2  # atoms of one element in a binary compound of a known type


def balanced(elements: Sequence[str], counts: Sequence[int]) -> tuple[int, ...] | None:
    """Return charges of the elements that sum to 0, or None."""
    for charges in product(*(IONS[e].charges for e in elements)):
        if sum(q * n for q, n in zip(charges, counts, strict=True)) == 0:
            return charges
    return None


def check(formula: Mapping[str, int]) -> tuple[int, ...]:
    """Return the charges of a formula.

    Raises:
        InputError: for an element without known charges, or charges that cannot balance.
    """
    for element in formula:
        choose(element, IONS, "element with known charges")
    found = balanced(list(formula), list(formula.values()))
    if found is None:
        raise InputError(
            "charges that add up to nothing",
            " ".join(f"{e}{n}" for e, n in formula.items()),
            "Change an element; CsPbI3 balances, CsTiI3 does not.",
        )
    return found


def known(elements: Sequence[str]) -> bool:
    """Return True if charges of ABX3 balance, and both its binaries have known types.

    GeFCl3, with one cation of charge 4, has none: no types are known of GeF4 and GeCl4.
    """
    formula = dict(zip(elements, (1, 1, 3), strict=True))
    if not set(formula) <= set(IONS) or balanced(list(formula), (1, 1, 3)) is None:
        return False
    return all(max(part.values()) <= MOST_ALIKE for part in parts(formula))


def triples(elements: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return A, B and X of each ABX3 that `known` accepts, in the order of the list."""
    return [t for t in permutations(elements, 3) if known(t)]


def parts(formula: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the two binary compounds into which a ternary decomposes.

    Of CsPbI3 these are CsI and PbI2, of K3OBr they are K2O and KBr: the only element of its sign is
    in both.

    Raises:
        InputError: for a formula of other than three elements, or with unbalanced charges.
    """
    charges = dict(zip(formula, check(formula), strict=True))
    if len(formula) != 3:
        raise InputError("three elements", " ".join(formula), "Write such as Cs, Pb and I.")
    plus = [e for e, q in charges.items() if q > 0]
    minus = [e for e, q in charges.items() if q < 0]
    (common,) = plus if len(plus) == 1 else minus
    first, second = minus if len(plus) == 1 else plus
    one, two = (
        _reduced(other, common, charges[other], charges[common]) for other in (first, second)
    )
    return one, two


def _reduced(one: str, other: str, q: int, p: int) -> dict[str, int]:
    """Return the salt of two ions, the less electronegative one first."""
    common = gcd(q, p)
    pair = {one: abs(p) // common, other: abs(q) // common}
    return dict(sorted(pair.items(), key=lambda item: IONS[item[0]].electronegativity))
