"""Axioms that proofs rest on, through everything that they cite."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ingenium.domains.mathematics.metamath.database import PROVES, Database
from ingenium.domains.mathematics.metamath.index import cited
from ingenium.domains.mathematics.metamath.kernel import ProofError, check, of_assertion


@dataclass(eq=False)
class Axioms:
    """Axioms and definitions of each assertion, found at first use.

    Theorems of a user's database are checked by our kernel before a proof may rest on them; those
    of an installed one are only searched for steps that are not proved, since `metamath` and its
    authors have checked them all.
    """

    base: Database
    trusted: bool
    _found: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _checked: set[str] = field(default_factory=set, repr=False)

    def of(self, labels: Iterable[str]) -> frozenset[str]:
        """Return the axioms under assertions; definitions and syntax are not counted."""
        found = frozenset().union(*(self._of(label) for label in labels))
        return frozenset(x for x in found if not x.startswith("df-"))

    def whole(self, labels: Iterable[str]) -> None:
        """Check that no theorem under assertions lacks a proof.

        Raises:
            ProofError: naming the theorem.
        """
        for label in labels:
            self._of(label)

    def _of(self, label: str) -> frozenset[str]:
        todo = [label]
        while todo:
            here = todo[-1]
            a = self.base.assertions[here]
            under = [] if a.kind == "$a" else self._cited(here)
            missing = [x for x in under if x not in self._found]
            if missing:
                todo += missing
                continue
            todo.pop()
            if a.kind == "$a":
                own = frozenset((here,)) if a.symbols[0] == PROVES else frozenset()
            else:
                own = frozenset().union(*(self._found[x] for x in under))
            self._found[here] = own
        return self._found[label]

    def _cited(self, label: str) -> list[str]:
        a = self.base.assertions[label]
        if label not in self._checked:
            self._check(label)
        known = self.base.assertions
        return [x for x in cited(a.proof) if x in known and x != label and known[x].order < a.order]

    def _check(self, label: str) -> None:
        a = self.base.assertions[label]
        if "?" in a.proof:
            raise ProofError(f"{label}, on which it rests, is not proved: ?")
        if not self.trusted:
            try:
                check(self.base, of_assertion(a), a.proof)
            except ProofError as error:
                raise ProofError(f"{label}, on which it rests: {error}") from None
        self._checked.add(label)
