"""Molecules as tokens with single and double bonds, under a grammar that knows valences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ingenium.domains.molecules.forms import forms
from ingenium.domains.molecules.grammar import KekuleGrammar, MoleculePrefix
from ingenium.generators.tokens.codec import Grammar
from ingenium.generators.tokens.rewritten import Notation
from ingenium.kits.chemistry.kekule import KekuleTokens


@dataclass(frozen=True)
class KekuleCodec(KekuleTokens):
    """The tokens of a molecule's Kekulé structure, under a grammar.

    What is proposed under it has room in the variable. Other tokens may be a longer text:
    that is cut off, and as a rule no molecule any more.

    Shapes: n designs, s steps.
    """

    grammar: Grammar | None = field(init=False)
    source: str = ""  # data set whose fragments and graphs these molecules can be written in
    first: Sequence[MoleculePrefix] = field(default=(MoleculePrefix(),), repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "grammar", KekuleGrammar(self.vocabulary, self.longest, self.first)
        )

    @cached_property
    def forms(self) -> Mapping[str, Notation]:
        """Other ways of writing the molecules of a data set."""
        return forms(self, self.source) if self.source else {}
