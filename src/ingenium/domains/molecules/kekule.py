"""Molecules as tokens with single and double bonds, under a grammar of valences."""

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
    """Tokens of a molecule's Kekulé structure, under a grammar.

    Proposals under the grammar fit into the variable. Other tokens may give a longer text, which is
    cut off and usually no longer a molecule.

    Shapes: n designs, s steps.
    """

    grammar: Grammar | None = field(init=False)
    source: str = ""  # data set of the fragment and graph notations
    first: Sequence[MoleculePrefix] = field(default=(MoleculePrefix(),), repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "grammar", KekuleGrammar(self.vocabulary, self.longest, self.first)
        )

    @cached_property
    def forms(self) -> Mapping[str, Notation]:
        """Other notations of the molecules of a data set."""
        return forms(self, self.source) if self.source else {}
