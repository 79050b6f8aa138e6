"""Goal of a proof: a statement in symbols, as a theorem at the end of a database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ingenium.core.errors import InputError, choose
from ingenium.domains.mathematics.metamath.database import (
    PROVES,
    Assertion,
    Hypothesis,
    Pair,
    disjoint_pairs,
)
from ingenium.domains.mathematics.metamath.grammar import NoFormula, Tree
from ingenium.domains.mathematics.metamath.index import Index
from ingenium.domains.mathematics.metamath.kernel import Theorem, of_assertion
from ingenium.domains.mathematics.metamath.program import REFUSED, SYSTEM

LABEL = "conjecture"
AND, SO = "&", "=>"  # between hypotheses, and before the conclusion


@dataclass(frozen=True, eq=False)
class ProofGoal:
    """A theorem to prove, with its trees."""

    index: Index
    theorem: Theorem
    premises: tuple[Tree, ...]
    conclusion: Tree

    @cached_property
    def hypotheses(self) -> tuple[tuple[str, Tree], ...]:
        """Labels and trees of essential hypotheses."""
        labels = [h.label for h in self.theorem.essentials]
        return tuple(zip(labels, self.premises, strict=True))

    @property
    def text(self) -> str:
        """The statement in symbols."""
        return statement_text(self.theorem)

    def proved_by(self, proof: str) -> Theorem:
        """Return the theorem with disjoint pairs for variables that only a proof names."""
        named = {
            h.symbols[1]
            for word in proof.split()
            if (h := self.theorem.active.get(word)) is not None and h.kind == "$f"
        }
        dummies = sorted(named - self.theorem.variables)
        if not dummies:
            return self.theorem
        every = sorted({*self.theorem.variables, *dummies})
        pairs = {p for p in disjoint_pairs([every]) if p[0] in dummies or p[1] in dummies}
        return replace(self.theorem, disjoint=self.theorem.disjoint | pairs)

    def block(self, label: str, proof: str) -> str:
        """Return the theorem and a proof as statements of a database."""
        theorem = self.proved_by(proof)
        used = {v for p in theorem.disjoint for v in p}
        lines = ["${"]
        lines += [f"  $d {a} {b} $." for a, b in sorted(theorem.disjoint) if {a, b} <= used]
        for i, h in enumerate(theorem.essentials, 1):
            lines.append(f"  {label}.{i} $e {' '.join(h.symbols)} $.")
        lines += [f"  {label} $p {' '.join(theorem.symbols)} $=", f"    {proof} $.", "$}", ""]
        return "\n".join(lines)

    @cached_property
    def refused(self) -> str:
        """A block whose proof every kernel must refuse."""
        return self.block(REFUSED, "?")

    @cached_property
    def before(self) -> tuple[str, Path | None]:
        """Text above a theorem of a file, and the file that it includes."""
        system = SYSTEM / self.index.base.name
        if system.is_file() and self.index.base.name == "set.mm":
            return f"$[ {system.name} $]\n", system
        return self.index.base.text.rstrip() + "\n", None


def statement_text(theorem: Theorem) -> str:
    """Return a statement as people write it: hypotheses, then the conclusion."""
    parts = [" ".join(h.symbols) for h in theorem.essentials]
    end = " ".join(theorem.symbols)
    return f"{f' {AND} '.join(parts)} {SO} {end}" if parts else end


def of_symbols(index: Index, text: str, *, distance: Sequence[str] = ()) -> ProofGoal:
    """Return the goal of a statement such as `|- ph & |- ( ph -> ps ) => |- ps`.

    Setting variables are disjoint from all other variables, unless `distance` lists groups.

    Raises:
        InputError: for a statement that is no formula, with the symbol.
    """
    hypotheses, arrow, end = text.rpartition(f" {SO} ")
    parts = [*(hypotheses.split(f" {AND} ") if arrow else ()), end]
    rows = [tuple(p.split()) for p in parts]
    rows = [r if r[:1] == (PROVES,) else (PROVES, *r) for r in rows]
    trees = []
    for row in rows:
        try:
            trees.append(index.grammar.parse(row[1:]))
        except NoFormula as error:
            what = f"a statement in symbols of {index.base.name}"
            raise InputError(what, f"{' '.join(row[1:])}: {error}") from None
    base = index.base
    own = {s for row in rows for s in row if s in base.floats}
    floats = tuple(h for v, h in base.floats.items() if v in own)
    label = LABEL
    while any(x == label or x.startswith(f"{label}.") for x in base.labels):
        label += "-new"
    essentials = tuple(Hypothesis(f"{label}.{i}", "$e", r) for i, r in enumerate(rows[:-1], 1))
    theorem = Theorem(
        label,
        floats,
        essentials,
        rows[-1],
        _pairs(floats, distance),
        len(base.assertions),
        base.float_labels | {h.label: h for h in essentials},
    )
    return ProofGoal(index, theorem, tuple(trees[:-1]), trees[-1])


def _pairs(floats: Sequence[Hypothesis], distance: Sequence[str]) -> frozenset[Pair]:
    names = {h.symbols[1]: h.symbols[0] for h in floats}
    if distance:
        for name in (n for group in distance for n in group.split()):
            choose(name, names, "variable of the statement")
        return disjoint_pairs([g.split() for g in distance])
    every = disjoint_pairs([sorted(names)])
    return frozenset(p for p in every if "setvar" in (names[p[0]], names[p[1]]))


def of_label(index: Index, label: str) -> ProofGoal:
    """Return the goal of an assertion of the database, to be proved from what comes before it.

    Raises:
        InputError: for a label that is not in the database, or proves nothing.
    """
    choose(label, index.base.assertions, f"assertion of {index.base.name}")
    if label not in index:
        raise InputError(f"an assertion that begins with {PROVES}", label)
    found: Assertion = index.base.assertions[label]
    rule = index.rule(label)
    return ProofGoal(index, of_assertion(found), rule.premises, rule.conclusion)


def without(goal: ProofGoal, labels: Iterable[str]) -> ProofGoal:
    """Return a goal whose proofs may not cite some assertions."""
    return replace(goal, theorem=replace(goal.theorem, hidden=frozenset(labels)))
