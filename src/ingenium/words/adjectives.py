"""Meanings of adjectives: `lighter` is less of a mass, `stiffer` less of a compliance."""

from collections.abc import Iterable
from dataclasses import dataclass

from ingenium.words.lexicon import LIKE, STOP, WORD, term


@dataclass(frozen=True)
class Adjective:
    """Direction of a quantity in a comparison: `lighter` is less of a mass."""

    of: tuple[str, ...]  # terms of quantities, the likeliest first
    up: bool  # whether more of the adjective is more of the first quantity
    against: tuple[str, ...] = ()  # quantities of which it is the other way round

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(map(term, self.of)))
        object.__setattr__(self, "against", tuple(map(term, self.against)))


ADJECTIVES = {
    **dict.fromkeys(("light", "lighter", "lightest"), Adjective(("mass",), False)),
    **dict.fromkeys(("heavy", "heavier", "heaviest"), Adjective(("mass",), True)),
    **dict.fromkeys(("cheap", "cheaper", "cheapest"), Adjective(("cost",), False)),
    **dict.fromkeys(
        ("stiff", "stiffer", "stiffest"),
        Adjective(("stiffness", "young", "modulus", "shear"), True, ("compliance", "displacement")),
    ),
    **dict.fromkeys(("strong", "stronger", "strongest"), Adjective(("strong", "capacity"), True)),
    **dict.fromkeys(("fast", "faster", "fastest"), Adjective(("time",), False)),
    **dict.fromkeys(("thick", "thicker", "thickest"), Adjective(("thickness",), True)),
    **dict.fromkeys(("thin", "thinner", "thinnest"), Adjective(("thickness",), False)),
    **dict.fromkeys(("hazardous",), Adjective(("hazard",), True)),
    **dict.fromkeys(("even", "evenest"), Adjective(("evenness", "even"), True)),
    **dict.fromkeys(("narrow", "narrowest", "narrower"), Adjective(("width",), False)),
    **dict.fromkeys(("smooth", "smoothest"), Adjective(("ramp",), False)),
}
_BETTER = {  # better direction where a request only names the ranking quantity
    "mass": False,
    "cost": False,
    "drag": False,
    "loss": False,
    "waste": False,
    "hazard": False,
    "error": False,
    "time": False,
    "skill": True,
    "lift": True,
    "drug": True,
    "yield": True,
    "accessibility": False,
}
GOOD = {term(word): up for word, up in _BETTER.items()}
VAGUE = frozenset(
    [
        "low",
        "high",
        "good",
        "poor",
        "small",
        "large",
        "big",
        "soft",
        "strong",
        "little",
        "great",
        "bad",
        "slight",
    ]
)


def vocabulary(texts: Iterable[str]) -> tuple[str, ...]:
    """All words of texts, and known adjectives."""
    own = {m[0].lower() for text in texts for m in WORD.finditer(text)}
    return tuple(sorted(own | set(LIKE) | STOP | VAGUE | set(ADJECTIVES)))
