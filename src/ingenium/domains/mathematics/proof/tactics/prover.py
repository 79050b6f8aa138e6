"""Steps under an antecedent: facts that are given, equality, and membership in sets of numbers."""

from collections.abc import Mapping, Sequence

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep, follow
from ingenium.domains.mathematics.proof.goal import ProofGoal

TRUE: Tree = ("wtru",)
CC, RR, ZZ, NN0, NN, QQ, RP = (("cc",), ("cr",), ("cz",), ("cn0",), ("cn",), ("cq",), ("crp",))
ADD, MUL, SUB, DIV, POW = (("caddc",), ("cmul",), ("cmin",), ("cdiv",), ("cexp",))
ZERO, ONE = ("cc0",), ("c1",)
_PARTS = {"wa": ("simpld", "simprd"), "w3a": ("simp1d", "simp2d", "simp3d")}
_WIDER: Mapping[Tree, Sequence[tuple[Tree, str]]] = {
    CC: ((RR, "recnd"), (ZZ, "zcnd"), (NN0, "nn0cnd"), (NN, "nncnd")),
    RR: ((ZZ, "zred"), (NN0, "nn0red"), (NN, "nnred"), (RP, "rpred")),
    ZZ: ((NN0, "nn0zd"), (NN, "nnzd")),
    NN0: ((NN, "nnnn0d"),),
    RP: ((NN, "nnrpd"),),
}
_CLOSED: Mapping[tuple[Tree, Tree], str] = {
    (CC, ADD): "addcld", (CC, MUL): "mulcld", (CC, SUB): "subcld", (CC, DIV): "divcld",
    (CC, POW): "expcld", (RR, ADD): "readdcld", (RR, MUL): "remulcld", (RR, SUB): "resubcld",
    (RR, DIV): "redivcld", (RR, POW): "reexpcld", (ZZ, ADD): "zaddcld", (ZZ, MUL): "zmulcld",
    (ZZ, SUB): "zsubcld", (NN0, ADD): "nn0addcld", (NN0, MUL): "nn0mulcld",
    (NN0, POW): "nn0expcld", (RP, ADD): "rpaddcld", (RP, MUL): "rpmulcld", (RP, DIV): "rpdivcld",
    (NN, ADD): "nnaddcld", (NN, MUL): "nnmulcld", (NN, POW): "nnexpcld",
}  # fmt: skip
_NEGATED = {CC: "negcld", RR: "renegcld", ZZ: "znegcld"}


def co(one: Tree, other: Tree, operation: Tree) -> Tree:
    """Return the value of an operation on two terms."""
    return ("co", one, other, operation)


def number(n: int) -> Tree:
    """Return a numeral; 10 is written with two digits."""
    if n < 0:
        return ("cneg", number(-n))
    if n < 10:
        return ZERO if n == 0 else (f"c{n}",)
    return ("cdc", number(n // 10), number(n % 10))


def value(tree: Tree) -> int | None:
    """Return the number of a numeral without a sign; None for other terms."""
    if not isinstance(tree, tuple):
        return None
    if tree == ZERO:
        return 0
    if len(tree) == 1 and tree[0][1:].isdigit() and tree[0] != "c0":
        return int(tree[0][1:])
    if tree[0] == "cdc":
        one, other = value(tree[1]), value(tree[2])
        return None if one is None or other is None or other > 9 else 10 * one + other
    return None


class Prover:
    """Steps `( antecedent -> ... )` of one goal, each made once."""

    def __init__(self, goal: ProofGoal, antecedent: Tree) -> None:
        self.goal, self.antecedent = goal, antecedent
        self.facts: dict[Tree, ProofStep] = {}
        self._members: dict[tuple[Tree, Tree], ProofStep | None] = {}
        for label, tree in goal.hypotheses:
            given = ProofStep(tree, label)
            if isinstance(tree, tuple) and tree[0] == "wi" and tree[1] == antecedent:
                self.learn(given)
            else:
                self.learn(self.lifted(given))
        if antecedent != TRUE:
            self.learn(self.by("id", goal=("wi", antecedent, antecedent)))

    def learn(self, step: ProofStep) -> None:
        """Add a fact and the parts of its conjunctions."""
        fact = step.formula[2]
        self.facts.setdefault(fact, step)
        if isinstance(fact, tuple):
            for part in _PARTS.get(fact[0], ()):
                self.learn(self.by(part, step))

    def by(self, label: str, *premises: ProofStep, goal: Tree = None) -> ProofStep:
        """Return the step by a theorem that may be cited here.

        Raises:
            NoStep: if it does not fit, or may not be cited.
        """
        theorem = self.goal.theorem
        a = self.goal.index.base.assertions.get(label)
        if a is None or a.order >= theorem.before or label in theorem.hidden:
            raise NoStep(f"{label} may not be cited")
        return follow(self.goal.index, label, premises, goal=goal)

    def applied(self, label: str, *steps: ProofStep, result: Tree) -> ProofStep:
        """Return the conclusion of a theorem from the one to three parts of its antecedent.

        Raises:
            NoStep: if it does not fit.
        """
        parts = [s.formula[2] for s in steps]
        heads = {1: "", 2: "wa", 3: "w3a"}
        both = parts[0] if len(parts) == 1 else (heads[len(parts)], *parts)
        theorem = self.by(label, goal=("wi", both, result))
        return self.by(("syl", "syl2anc", "syl3anc")[len(parts) - 1], *steps, theorem)

    def under(self, formula: Tree) -> Tree:
        """Return a formula under the antecedent."""
        return ("wi", self.antecedent, formula)

    def lifted(self, step: ProofStep) -> ProofStep:
        """Put a closed step under the antecedent."""
        return self.by("a1i", step, goal=self.under(step.formula))

    def to_goal(self, step: ProofStep) -> ProofStep:
        """Return the step of the goal itself: without the antecedent T., where that was added."""
        return self.by("trud", step) if self.antecedent == TRUE else step

    def same(self, term: Tree) -> ProofStep:
        """Return `A = A`."""
        return self.by("eqidd", goal=self.under(("wceq", term, term)))

    def then(self, *steps: ProofStep) -> ProofStep:
        """Return `A = Z` from `A = B`, `B = C`, ...; `A = A` is skipped."""
        found = steps[0]
        for step in steps[1:]:
            if step.label == "eqidd":
                continue
            found = step if found.label == "eqidd" else self.by("eqtrd", found, step)
        return found

    def turned(self, step: ProofStep) -> ProofStep:
        """Return `B = A` from `A = B`."""
        return step if step.label == "eqidd" else self.by("eqcomd", step)

    def inside(self, one: ProofStep, other: ProofStep, operation: Tree) -> ProofStep:
        """Return `( A F C ) = ( B F D )` from `A = B` and `C = D`."""
        (_, _, (_, a, b)), (_, _, (_, c, d)) = one.formula, other.formula
        goal = self.under(("wceq", co(a, c, operation), co(b, d, operation)))
        if one.label == "eqidd" and other.label == "eqidd":
            return self.same(co(a, c, operation))
        if one.label == "eqidd":
            return self.by("oveq2d", other, goal=goal)
        if other.label == "eqidd":
            return self.by("oveq1d", one, goal=goal)
        return self.by("oveq12d", one, other, goal=goal)

    def member(self, term: Tree, of: Tree) -> ProofStep:
        """Return that a term is in a set of numbers.

        Raises:
            NoStep: if it does not follow from the facts by closure.
        """
        key = term, of
        if key not in self._members:
            self._members[key] = None  # no circles
            self._members[key] = self._member(term, of)
        found = self._members[key]
        if found is None:
            raise NoStep("a membership that does not follow by closure")
        return found

    def forget_failures(self) -> None:
        """Try memberships again that did not follow before the latest fact."""
        self._members = {k: s for k, s in self._members.items() if s is not None}

    def _member(self, term: Tree, of: Tree) -> ProofStep | None:
        if ("wcel", term, of) in self.facts:
            return self.facts["wcel", term, of]
        if value(term) is not None:
            return self._numeral(term, of)
        for tried in (self._by_wider, self._by_closure):
            try:
                return tried(term, of)
            except NoStep:
                continue
        return None

    def _numeral(self, term: Tree, of: Tree) -> ProofStep | None:
        n = value(term)
        try:
            if of == NN0:
                return self.lifted(self.natural(term))
            if of == NN:
                return self.lifted(self.positive(term)) if n else None
        except NoStep:
            return None
        return self._by_wider(term, of)

    def natural(self, term: Tree) -> ProofStep:
        """Return the closed step that a numeral is in NN0."""
        if term[0] == "cdc":
            return self.by("deccl", self.natural(term[1]), self.natural(term[2]))
        return self.by(f"{value(term)}nn0")

    def positive(self, term: Tree) -> ProofStep:
        """Return the closed step that a numeral is in NN."""
        if term[0] != "cdc":
            return self.by(f"{value(term)}nn")
        if term[2] == ZERO:
            return self.by("decnncl2", self.positive(term[1]))
        return self.by("decnncl", self.natural(term[1]), self.positive(term[2]))

    def _by_wider(self, term: Tree, of: Tree) -> ProofStep:
        for narrow, label in _WIDER.get(of, ()):
            try:
                return self.by(label, self.member(term, narrow))
            except NoStep:
                continue
        raise NoStep("in no narrower set")

    def _by_closure(self, term: Tree, of: Tree) -> ProofStep:
        if not isinstance(term, tuple):
            raise NoStep("a variable")
        if term[0] == "cneg" and of in _NEGATED:
            return self.by(_NEGATED[of], self.member(term[1], of))
        if term[0] == "cfv" and of == RR and term[2] == ("cabs",):
            return self.by("abscld", self.member(term[1], CC))
        if term[0] == "co" and (of, term[3]) == (ZZ, POW):
            members = self.member(term[1], ZZ), self.member(term[2], NN0)
            return self.applied("zexpcl", *members, result=("wcel", term, ZZ))
        if term[0] != "co" or (of, term[3]) not in _CLOSED:
            raise NoStep("no closure")
        second = NN0 if term[3] == POW else of
        premises = [self.member(term[1], of), self.member(term[2], second)]
        if term[3] == DIV:
            premises.append(self.nonzero(term[2]))
        return self.by(_CLOSED[of, term[3]], *premises)

    def nonzero(self, term: Tree) -> ProofStep:
        """Return that a term is not 0.

        Raises:
            NoStep: if that follows neither from facts, signs nor factors.
        """
        if ("wne", term, ZERO) in self.facts:
            return self.facts["wne", term, ZERO]
        for label, of in (("nnne0d", NN), ("rpne0d", RP)):
            try:
                return self.by(label, self.member(term, of))
            except NoStep:
                continue
        if isinstance(term, tuple) and term[0] == "cneg":
            return self.by("negne0d", self.member(term[1], CC), self.nonzero(term[1]))
        name = {MUL: "mulne0d", DIV: "divne0d"}.get(term[3]) if term[0] == "co" else None
        if name is None:
            raise NoStep("a term that may be 0")
        members = [self.member(t, CC) for t in term[1:3]]
        return self.by(name, *members, *(self.nonzero(t) for t in term[1:3]))


def parted(tree: Tree) -> tuple[Tree, Tree]:
    """Return antecedent and consequent of a goal; the antecedent T. where it has none."""
    if isinstance(tree, tuple) and tree[0] == "wi":
        return tree[1], tree[2]
    return TRUE, tree
