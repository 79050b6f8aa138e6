"""Trees of all statements of a database: parsed once, cached on disk, searched by their shape."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ingenium.core.digest import content_digest
from ingenium.core.folders import cache_folder, make_folder, replacing
from ingenium.domains.mathematics.metamath.database import PROVES, Database
from ingenium.domains.mathematics.metamath.grammar import NoFormula, StatementGrammar, Tree

VERSION = "1"  # of the layout of the cache
LARGE = 1 << 21  # characters of a database whose index is cached
MOST_POPULAR = 400
_STAR, _LEAF = -1, -2


@dataclass(frozen=True, eq=False)
class InferenceRule:
    """An assertion as a rule of inference: its variables, premises and conclusion as trees."""

    label: str
    order: int
    floats: tuple[str, ...]  # labels
    premises: tuple[Tree, ...]
    conclusion: Tree

    @cached_property
    def inner(self) -> frozenset[str]:
        """Variables of premises that the conclusion does not have."""
        return frozenset(self.floats) - leaves(self.conclusion)

    @cached_property
    def size(self) -> int:
        """Number of connectives of the conclusion, which say how special the rule is."""
        return connectives(self.conclusion)


def leaves(tree: Tree) -> frozenset[str]:
    """Return the variables of a tree."""
    if isinstance(tree, str):
        return frozenset((tree,))
    return frozenset().union(*(leaves(t) for t in tree[1:])) if isinstance(tree, tuple) else _NONE


_NONE: frozenset[str] = frozenset()


def connectives(tree: Tree) -> int:
    """Count the inner nodes of a tree."""
    return 1 + sum(connectives(t) for t in tree[1:]) if isinstance(tree, tuple) else 0


@dataclass(eq=False)
class Index:
    """Rules of a database by label and by the shape of their conclusions."""

    base: Database
    grammar: StatementGrammar
    names: tuple[str, ...]  # labels of syntax axioms and floating hypotheses, by code
    codes: np.ndarray  # trees in preorder
    starts: np.ndarray  # of the trees of each assertion: premises, then the conclusion
    owners: tuple[str, ...]  # assertions with trees
    counts: Mapping[str, int]  # citations of each assertion in all proofs
    _rules: dict[str, InferenceRule] = field(default_factory=dict, repr=False)

    def rule(self, label: str) -> InferenceRule:
        """Return an assertion as a rule.

        Raises:
            KeyError: for an assertion that proves nothing, or whose symbols are no formula.
        """
        found = self._rules.get(label)
        if found is None:
            at = self._place[label]
            flat = self.codes[self.starts[at] : self.starts[at + 1]].tolist()
            trees: list[Tree] = []
            here = 0
            while here < len(flat):
                tree, here = self._tree(flat, here)
                trees.append(tree)
            a = self.base.assertions[label]
            floats = tuple(h.label for h in a.floats)
            found = InferenceRule(label, a.order, floats, tuple(trees[:-1]), trees[-1])
            self._rules[label] = found
        return found

    def __contains__(self, label: str) -> bool:
        return label in self._place

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {label: i for i, label in enumerate(self.owners)}

    @cached_property
    def _arity(self) -> list[int]:
        arity = {p.label: len(p.types) for p in self.grammar.productions.values()}
        return [arity.get(name, -1) for name in self.names]

    def _tree(self, flat: Sequence[int], at: int) -> tuple[Tree, int]:
        code = flat[at]
        name, arity = self.names[code], self._arity[code]
        if arity < 0:
            return name, at + 1
        children: list[Tree] = [name]
        here = at + 1
        for _ in range(arity):
            child, here = self._tree(flat, here)
            children.append(child)
        return tuple(children), here

    @cached_property
    def _trie(self) -> dict[int, dict]:  # type: ignore[type-arg]
        """Trie of conclusions in preorder, with variables as stars."""
        root: dict = {}  # type: ignore[type-arg]
        arity = self._arity
        ends = self.starts.tolist()
        for i, label in enumerate(self.owners):
            flat = self.codes[ends[i] : ends[i + 1]].tolist()
            node = root
            for code in flat[_last(flat, arity) :]:
                node = node.setdefault(_STAR if arity[code] < 0 else code, {})
            node.setdefault(_LEAF, []).append(label)
        return root

    def candidates(self, goal: Tree) -> list[str]:
        """Return assertions whose conclusion may unify with a goal; numbers in it are unknowns."""
        if isinstance(goal, int):  # anything may be meant
            return [label for label, _ in self.popular]
        return [x for node in self._along([self._trie], goal) for x in node.get(_LEAF, ())]

    @cached_property
    def popular(self) -> list[tuple[str, int]]:
        """Assertions that most proofs cite."""
        listed = [(label, self.counts.get(label, 0)) for label in self.owners]
        return sorted(listed, key=lambda x: -x[1])[:MOST_POPULAR]

    def _along(self, nodes: Sequence[dict], term: Tree) -> list[dict]:  # type: ignore[type-arg]
        """Return the nodes after a term, from each of several."""
        if isinstance(term, int):
            return [x for node in nodes for x in self._skips(node)]
        found = [node[_STAR] for node in nodes if _STAR in node]
        if isinstance(term, tuple):
            code = self._codes[term[0]]
            inner = [node[code] for node in nodes if code in node]
            for child in term[1:]:
                if not inner:
                    break
                inner = self._along(inner, child)
            found += inner
        return found

    def _skips(self, node: dict) -> list[dict]:  # type: ignore[type-arg]
        """Return the nodes after any one term."""
        known = self._skipped.get(id(node))
        if known is None:
            known = [node[_STAR]] if _STAR in node else []
            for key, after in node.items():
                if key >= 0:
                    here = [after]
                    for _ in range(self._arity[key]):
                        here = [x for n in here for x in self._skips(n)]
                    known += here
            self._skipped[id(node)] = known
        return known

    @cached_property
    def _skipped(self) -> dict[int, list[dict]]:  # type: ignore[type-arg]
        return {}

    @cached_property
    def _codes(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.names)}


def _last(flat: Sequence[int], arity: Sequence[int]) -> int:
    """Return where the last of several trees in preorder begins."""
    at = start = 0
    while at < len(flat):
        start, open_ = at, 1
        while open_:
            open_ += max(arity[flat[at]], 0) - 1
            at += 1
    return start


def index_of(base: Database) -> Index:
    """Return the index of a database; that of a large one is cached."""
    grammar = StatementGrammar(base)
    names = (*grammar.productions, *(h.label for h in base.floats.values()))
    if len(base.text) < LARGE:
        codes, starts, owners = _parsed(base, grammar, names)
    else:
        key = content_digest(f"{VERSION} {base.text}".encode())
        path = cache_folder() / "metamath" / f"{key[-32:]}.npz"
        codes, starts, owners = _cached(path) or _stored(path, _parsed(base, grammar, names))
    return Index(base, grammar, names, codes, starts, owners, _counts(base))


def _parsed(
    base: Database, grammar: StatementGrammar, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Parse all statements; what is no formula is left out."""
    code = {name: i for i, name in enumerate(names)}
    codes: list[int] = []
    starts, owners = [0], []
    for a in base.order:
        if a.symbols[0] != PROVES:
            continue
        try:
            each = [h.symbols for h in a.essentials] + [a.symbols]
            trees = [grammar.parse(s[1:]) for s in each]
            flat = [code[name] for tree in trees for name in _preorder(tree)]
        except (NoFormula, KeyError):
            continue
        codes += flat
        starts.append(len(codes))
        owners.append(a.label)
    return np.array(codes, np.int16), np.array(starts, np.int32), tuple(owners)


def _preorder(tree: Tree) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
        return
    yield tree[0]
    for child in tree[1:]:
        yield from _preorder(child)


def _cached(path: Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]] | None:
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as found:
        return found["codes"], found["starts"], tuple(found["owners"].tolist())


def _stored(
    path: Path, parsed: tuple[np.ndarray, np.ndarray, tuple[str, ...]]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    make_folder(path.parent)
    with replacing(path) as part, part.open("wb") as out:
        np.savez_compressed(out, codes=parsed[0], starts=parsed[1], owners=np.array(parsed[2]))
    return parsed


def _counts(base: Database) -> Mapping[str, int]:
    """Count the proofs that cite each assertion."""
    found: Counter[str] = Counter()
    for a in base.order:
        if a.kind == "$p":
            found.update(cited(a.proof))
    return found


def cited(proof: str) -> set[str]:
    """Return the labels in a proof, hypotheses included."""
    words = proof.split() if proof[:1] != "(" else proof[1 : proof.find(")")].split()
    return set(words)
