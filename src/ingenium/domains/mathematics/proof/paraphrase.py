"""Formal statements in fixed words: one phrase for each symbol, whatever the sentence was."""

from collections.abc import Callable, Mapping

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.index import Index
from ingenium.domains.mathematics.proof.goal import ProofGoal

SETS = {
    "ZZ": "an integer", "NN": "a positive integer", "NN0": "a nonnegative integer",
    "RR": "a real number", "CC": "a complex number", "QQ": "a rational number",
    "RR+": "a positive real number", "Prime": "a prime number", "_V": "a set",
    "Odd": "a member of the class Odd", "Even": "a member of the class Even", "Fin": "finite",
}  # fmt: skip
RELATIONS = {
    "<": "is less than", "<_": "is at most", "||": "divides", "C_": "is a subset of",
}  # fmt: skip
OPERATIONS = {"+": "+", "x.": "times", "-": "-", "/": "divided by", "^": "to the power"}
FUNCTIONS = {"abs": "the absolute value of", "sqrt": "the square root of", "!": "the factorial of"}


def paraphrase(index: Index, goal: ProofGoal) -> str:
    """Return a statement in fixed words."""
    words = _Words(index)
    tree = goal.conclusion
    names = sorted(
        v for v in goal.theorem.variables if goal.index.base.floats[v].symbols[0] == "class"
    )
    parts = [words.of(p) for p in goal.premises]
    start = f"For all {', '.join(names)}: " if names else ""
    given = f"given that {'; and that '.join(parts)}, " if parts else ""
    text = f"{start}{given}{words.of(tree)}."
    distance = [f"{a}, {b}" for a, b in sorted(goal.theorem.disjoint)]
    end = f" (Distinct variables: {'; '.join(distance)}.)" if distance and len(distance) < 8 else ""
    return text[0].upper() + text[1:] + end


class _Words:
    """The phrases of trees; what has none is quoted in symbols."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def of(self, tree: Tree) -> str:
        """Return a formula in words."""
        if isinstance(tree, tuple):
            method = _FORMULAS.get(tree[0])
            if method is not None:
                return method(self, *tree[1:])
        return f"`{self.symbols(tree)}`"

    def symbols(self, tree: Tree) -> str:
        """Return the symbols of a tree."""
        return " ".join(self.index.grammar.symbols(tree))

    def term(self, tree: Tree) -> str:
        """Return a term in words."""
        symbols = self.symbols(tree)
        if isinstance(tree, str):
            return symbols
        digits = symbols.replace(";", "").split()
        if digits and all(d.isdigit() for d in digits):
            return "".join(digits)
        if tree[0] == "cv":
            return self.term(tree[1])
        if tree[0] == "co":
            sign = OPERATIONS.get(self.symbols(tree[3]))
            if sign:
                return f"({self.term(tree[1])} {sign} {self.term(tree[2])})"
        if tree[0] == "cfv":
            name = FUNCTIONS.get(self.symbols(tree[2]))
            if name:
                return f"{name} {self.term(tree[1])}"
        if tree[0] == "cneg":
            return f"minus {self.term(tree[1])}"
        return f"`{symbols}`"

    def negated(self, tree: Tree) -> str:
        """Return a negation, inside the phrase where it has one."""
        said = self.of(tree)
        for verb, instead in ((" is ", " is not "), (" divides ", " does not divide ")):
            if said.count(verb) == 1 and "(" not in said.partition(verb)[0] + said[-1:]:
                return said.replace(verb, instead)
        return f"it is false that {said}"

    def member(self, one: Tree, other: Tree) -> str:
        """Return a membership."""
        kind = SETS.get(self.symbols(other))
        return f"{self.term(one)} is {kind or f'in {self.term(other)}'}"

    def bound(self, head: str, body: Tree, name: Tree, of: Tree = None) -> str:
        """Return a quantified formula."""
        kind = ""
        if of is not None:
            symbols = self.symbols(of)
            kind = f" that is {SETS[symbols]}" if symbols in SETS else f" in {self.term(of)}"
        return f"{head} {self.symbols(name)}{kind}: {self.of(body)}"

    def relation(self, one: Tree, other: Tree, sign: Tree) -> str:
        """Return a relation."""
        verb = RELATIONS.get(self.symbols(sign))
        if verb is None:
            return f"{self.term(one)} `{self.symbols(sign)}` {self.term(other)}"
        return f"{self.term(one)} {verb} {self.term(other)}"


_FORMULAS: Mapping[str, Callable[..., str]] = {
    "wi": lambda w, a, b: f"if {w.of(a)}, then {w.of(b)}",
    "wa": lambda w, a, b: f"{w.of(a)} and {w.of(b)}",
    "w3a": lambda w, a, b, c: f"{w.of(a)} and {w.of(b)} and {w.of(c)}",
    "wo": lambda w, a, b: f"either {w.of(a)} or {w.of(b)} or both",
    "wb": lambda w, a, b: f"({w.of(a)}) if and only if ({w.of(b)})",
    "wn": lambda w, a: w.negated(a),
    "wceq": lambda w, a, b: f"{w.term(a)} is equal to {w.term(b)}",
    "wne": lambda w, a, b: f"{w.term(a)} is not equal to {w.term(b)}",
    "wcel": lambda w, a, b: w.member(a, b),
    "wss": lambda w, a, b: f"{w.term(a)} is a subset of {w.term(b)}",
    "wbr": lambda w, *x: w.relation(x[0], x[1], x[2]),
    "wral": lambda w, *x: w.bound("for every", *_sorted(w, x)),
    "wrex": lambda w, *x: w.bound("there is", *_sorted(w, x)),
    "wal": lambda w, *x: w.bound("for every", *_sorted(w, x)),
    "wex": lambda w, *x: w.bound("there is", *_sorted(w, x)),
}


def _sorted(words: _Words, children: tuple[Tree, ...]) -> list[Tree]:
    """Return the body of a quantifier, its variable, and the class if there is one."""
    types = words.index.grammar.productions
    kinds = words.index.base.float_labels

    def kind(tree: Tree) -> str:
        found = kinds[tree].symbols[0] if isinstance(tree, str) else types[tree[0]].typecode
        return str(found)

    order = {"wff": 0, "setvar": 1, "class": 2}
    return sorted(children, key=lambda t: order[kind(t)])
