"""The slot of a material: what stands behind `made of`, `in`, `from`.

A word is understood if the problem's own material is of that class; else it is a question, since
likeness of names says nothing about a modulus.

Source: ranges of classes after Ashby, Materials Selection in Mechanical Design, 5th ed., 2017.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingenium.words.contract import Contract
from ingenium.words.reading import Choice, OpenQuestion, ReadValue, Span


@dataclass(frozen=True)
class MaterialClass:
    """A class of materials with the ranges of its modulus and density."""

    words: str
    modulus_pa: tuple[float, float]
    density_kg_m3: tuple[float, float]


CLASSES = (
    MaterialClass(r"alumini?um|alsi\w*|al alloy", (66e9, 82e9), (2500.0, 2950.0)),
    MaterialClass(r"stainless(?: steel)?|steel|316l?|17-4 ?ph", (170e9, 217e9), (7600.0, 8100.0)),
    MaterialClass(r"titanium|ti-?6al-?4v", (100e9, 125e9), (4300.0, 4900.0)),
    MaterialClass(r"magnesium", (40e9, 48e9), (1700.0, 1950.0)),
    MaterialClass(r"copper|brass|bronze", (90e9, 150e9), (8000.0, 9000.0)),
    MaterialClass(r"pa ?12|nylon|polyamide|plastic|polymer|pla|abs", (1e9, 4.2e9), (900.0, 1450.0)),
    MaterialClass(r"concrete|mortar|cement", (15e9, 45e9), (2000.0, 2600.0)),
    MaterialClass(r"wood|timber|spruce|oak", (6e9, 20e9), (400.0, 900.0)),
    MaterialClass(r"carbon fib\w+|cfrp|composite", (60e9, 160e9), (1450.0, 1650.0)),
    MaterialClass(r"glass|ceramic", (60e9, 400e9), (2400.0, 6000.0)),
)
ALIKE = tuple((c, re.compile(rf"\b(?:{c.words})\b", re.IGNORECASE)) for c in CLASSES)
NAMES = ("material.modulus_pa", "material.density_kg_m3", "modulus_pa", "density_kg_m3")


def _own(contract: Contract) -> tuple[float, float] | None:
    """Modulus and density of the problem's own material; None if it has none."""
    usual = {
        e.name.rpartition(".")[2]: e.default
        for e in contract.entries
        if e.kind == "setup" and e.name in NAMES
    }
    modulus, density = usual.get("modulus_pa"), usual.get("density_kg_m3")
    if not isinstance(modulus, int | float) or not isinstance(density, int | float):
        return None
    return float(modulus), float(density)


def _mentions(text: str, contract: Contract) -> Iterator[tuple[MaterialClass, Span]]:
    listed = {c.lower() for e in contract.entries for c in e.choices or ()}
    for kind, form in ALIKE:
        for match in form.finditer(text):
            if not any(match[0].lower() in choice for choice in listed):
                yield kind, match.span()


def spans(text: str, contract: Contract) -> list[Span]:
    """Places of materials that are the problem's own."""
    own = _own(contract)
    return [s for kind, s in _mentions(text, contract) if own and _is(kind, own)]


def _is(kind: MaterialClass, own: tuple[float, float]) -> bool:
    both = zip(own, (kind.modulus_pa, kind.density_kg_m3), strict=True)
    return all(low <= value <= high for value, (low, high) in both)


def questions(text: str, contract: Contract, found: Iterable[ReadValue]) -> Iterator[OpenQuestion]:
    """Ask about a material that is not the problem's own, unless its numbers are given."""
    own = _own(contract)
    if own is None or any(v.entry.name in NAMES for v in found):
        return
    for kind, span in _mentions(text, contract):
        if not _is(kind, own):
            word = text[slice(*span)]
            reported = (
                f'"{word}" is not the material of {contract.problem}, which has a modulus of '
                f"{own[0]:.3g} Pa and {own[1]:g} kg/m3; write the numbers of yours."
            )
            stay = Choice("keep the material of the problem")
            yield OpenQuestion("material", "missing", reported, (span,), (stay,))
