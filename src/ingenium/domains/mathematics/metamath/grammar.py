"""Formulas as trees, by the grammar that the database's own syntax axioms define.

A tree is the label of a floating hypothesis (a variable), or a tuple: the label of a syntax axiom,
then a tree for each of its variables in the order in which a proof lists them. So a tree, read
from its leaves, is the proof that the formula is well formed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ingenium.domains.mathematics.metamath.database import PROVES, Database

Tree = Any  # str for a variable, else (label, tree, ...)
MOST_LEFT = 60  # symbols shown from where no formula fits


class NoFormula(ValueError):  # noqa: N818 - reads as what it is
    """Symbols that the grammar does not derive."""


@dataclass(slots=True)
class _ParseNode:
    """A node of a trie of syntax axioms: by constants, by types, and the axiom that ends here."""

    constants: dict[str, "_ParseNode"] = field(default_factory=dict)
    types: dict[str, "_ParseNode"] = field(default_factory=dict)
    ends: tuple[str, tuple[int, ...]] | None = None


@dataclass(frozen=True)
class Production:
    """A syntax axiom: its pattern, and the types of its arguments in the order of a proof."""

    label: str
    typecode: str
    pattern: tuple[str | int, ...]  # constants, and numbers of arguments
    types: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class StatementGrammar:
    """The grammar of a database."""

    base: Database

    @cached_property
    def productions(self) -> Mapping[str, Production]:
        """Syntax axioms by label."""
        found = {}
        for a in self.base.order:
            if a.kind != "$a" or a.symbols[0] == PROVES or a.essentials:
                continue
            at = {h.symbols[1]: i for i, h in enumerate(a.floats)}
            pattern = tuple(at.get(s, s) for s in a.symbols[1:])
            types = tuple(h.symbols[0] for h in a.floats)
            if len([p for p in pattern if isinstance(p, int)]) == len(types) and pattern:
                found[a.label] = Production(a.label, a.symbols[0], pattern, types)
        return found

    @cached_property
    def _tries(self) -> Mapping[str, _ParseNode]:
        roots: dict[str, _ParseNode] = {}
        for p in self.productions.values():
            node = roots.setdefault(p.typecode, _ParseNode())
            for item in p.pattern:
                where = node.constants if isinstance(item, str) else node.types
                key = item if isinstance(item, str) else p.types[item]
                node = where.setdefault(key, _ParseNode())
            places = tuple(x for x in p.pattern if isinstance(x, int))
            order = tuple(places.index(i) for i in range(len(places)))
            node.ends = node.ends or (p.label, order)
        return roots

    @cached_property
    def _types(self) -> Mapping[str, tuple[str, str]]:
        """Type and label of each variable."""
        return {v: (h.symbols[0], h.label) for v, h in self.base.floats.items()}

    @cached_property
    def formula_type(self) -> str:
        """Typecode of what can be proved, such as wff."""
        types = [p.typecode for p in self.productions.values()]
        roots = [t for t in dict.fromkeys(types) if t in ("wff", "formula")]
        return roots[0] if roots else (types[0] if types else "wff")

    def parse(self, symbols: Sequence[str], typecode: str = "") -> Tree:
        """Return the tree of symbols.

        Raises:
            NoFormula: naming the symbol at which no formula goes on.
        """
        for at, symbol in enumerate(symbols):
            if symbol not in self.base.constants and symbol not in self._types:
                known = [*self.base.constants, *self._types]
                close = " ".join(get_close_matches(symbol, known, 1, 0.0))
                hint = f"; the nearest is {close}" if close else ""
                raise NoFormula(f"symbol {at + 1}, {symbol}, is unknown{hint}")
        run = _Parse(self, tuple(symbols))
        try:
            found = run.trees(typecode or self.formula_type, 0)
        except RecursionError:
            raise NoFormula("a formula that is nested too deeply") from None
        for tree, end in found:
            if end == len(symbols):
                return tree
        left = " ".join(symbols[run.furthest :])[:MOST_LEFT]
        raise NoFormula(
            f"no formula goes on at symbol {run.furthest + 1}, {left or 'the end'}: symbols are "
            "separated by spaces and written as the database has them"
        )

    def symbols(self, tree: Tree) -> tuple[str, ...]:
        """Return the symbols of a tree."""
        return tuple(self._written(tree))

    def _written(self, tree: Tree) -> Iterator[str]:
        if isinstance(tree, str):
            yield self.base.float_labels[tree].symbols[1]
            return
        for item in self.productions[tree[0]].pattern:
            if isinstance(item, str):
                yield item
            else:
                yield from self._written(tree[item + 1])


class _Parse:
    """One run of the parser, with its memory."""

    def __init__(self, grammar: StatementGrammar, symbols: tuple[str, ...]) -> None:
        self.symbols = symbols
        self.tries, self.types = grammar._tries, grammar._types
        self.memory: dict[tuple[str, int], list[tuple[Tree, int]]] = {}
        self.furthest = 0

    def trees(self, typecode: str, at: int) -> list[tuple[Tree, int]]:
        """Return each tree of a type that starts here, with its end."""
        key = typecode, at
        if key in self.memory:
            return self.memory[key]
        self.memory[key] = []  # left recursion ends here
        found: list[tuple[Tree, int]] = []
        if at < len(self.symbols):
            self.furthest = max(self.furthest, at)
            kind, label = self.types.get(self.symbols[at], ("", ""))
            if kind == typecode:
                found.append((label, at + 1))
            if typecode in self.tries:
                self._along(self.tries[typecode], at, (), found)
        self.memory[key] = found
        return found

    def _along(
        self, node: _ParseNode, at: int, children: tuple[Tree, ...], found: list[tuple[Tree, int]]
    ) -> None:
        if node.ends is not None:
            label, order = node.ends
            found.append(((label, *(children[i] for i in order)), at))
        if at >= len(self.symbols):
            self.furthest = max(self.furthest, at)
            return
        after = node.constants.get(self.symbols[at])
        if after is not None:
            self.furthest = max(self.furthest, at + 1)
            self._along(after, at + 1, children, found)
        for typecode, after in node.types.items():
            for tree, end in self.trees(typecode, at):
                self._along(after, end, (*children, tree), found)
