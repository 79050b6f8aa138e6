"""Sections of a report: the statement, the best proof as a tree, and the steps that failed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.domains.mathematics.metamath.database import PROVES
from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.proof.explain import LogicStep, logic_steps
from ingenium.domains.mathematics.proof.verifier import PROOF

if TYPE_CHECKING:
    from ingenium.domains.mathematics.proof.problem import Proofs

PROVED, INK, LINE = "#2f7fc1", "#1c2329", "#9aa3ab"
_SHOWN, _DRAWN, _WIDE, _FAILED = 120, 24, 64, 30


def sections(problem: "Proofs", designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Return sections on the statement, the shortest accepted proof, and the search."""
    found = [_statement(problem)]
    steps = verdicts["steps"].to_numpy() if designs.sizes[DESIGN] else np.array([np.inf])
    if np.isfinite(steps).any() and (verdicts["refused"].to_numpy() == 0).any():
        refused = verdicts["refused"].to_numpy() != 0
        best = int(np.argmin(np.where(refused, np.inf, steps)))
        proof, number = str(designs[PROOF].values[best]), int(designs[DESIGN].values[best])
        found += _proof(problem, proof, number)
    return (*found, _search(problem))


def _statement(problem: "Proofs") -> Section:
    """Show the statement formally and in fixed words, and its other readings."""
    chosen = problem.chosen
    rows = [("", "statement", "in fixed words")]
    rows.append(("chosen", problem.goal.text, chosen.paraphrase))
    for i, r in enumerate(chosen.readings, 1):
        if r.goal.text != problem.goal.text:
            rows.append((f"reading {i}", r.goal.text, r.paraphrase))
    text = "Two kernels check the formal statement; only a person can say that it is the right one."
    if chosen.same:
        hidden = "may not be cited" if problem.goal.theorem.hidden else "may be cited"
        text += f" The database states this, or more, in {', '.join(chosen.same)}, which {hidden}."
    return Section("The statement", text, table=tuple(rows))


def _proof(problem: "Proofs", proof: str, number: int) -> list[Section]:
    """The best proof: a tree of its last steps, and all of them in order."""
    theorem = problem.goal.proved_by(proof)
    steps = logic_steps(problem.index.base, theorem, proof)
    axioms = sorted(problem.axioms.of(s.label for s in steps if s.label not in theorem.active))
    text = (
        f"Proof {number}: {len(steps)} logical steps. It rests on {len(axioms)} axioms: "
        f"{', '.join(axioms[:60])}."
    )
    before = _antecedent(problem)
    if before:
        text += f" The tree leaves out the antecedent {before.removesuffix(' -> ')[2:]}."
    tree = Section("The proof as a tree", text, figure=_tree(steps, before))
    rows = [("step", "from", "by", "formula")]
    rows += [
        (str(s.number), ", ".join(map(str, s.premises)), s.label, s.formula)
        for s in steps[-_SHOWN:]
    ]
    left = len(steps) - len(rows) + 1
    more = f" The first {left} are in the file." if left > 0 else ""
    return [tree, Section("The proof, step by step", f"Read from above.{more}", table=tuple(rows))]


def _antecedent(problem: "Proofs") -> str:
    """Return how formulas under the antecedent of the statement begin."""
    tree = problem.goal.conclusion
    if not isinstance(tree, tuple) or tree[0] != "wi":
        return ""
    return f"( {_written(problem, tree[1])} -> "


def _tree(steps: Sequence[LogicStep], antecedent: str) -> Figure:
    """Draw the conclusion on top and what it follows from below, indented."""
    rows, hidden = _rows(steps)
    figure = Figure(figsize=(8.2, 0.6 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for y, (depth, step, parent) in enumerate(rows):
        if parent >= 0:
            x = rows[parent][0] + 0.1
            axes.plot([x, x, depth], [-parent - 0.3, -y, -y], color=LINE, lw=1.0)
        axes.plot(depth + 0.1, -y, "o", ms=5, color=PROVED)
        text = step.formula.removeprefix(antecedent)
        text = text.removesuffix(" )") if text != step.formula else text
        label = axes.annotate(step.label, (depth + 0.3, -y), va="center", fontsize=8, weight="bold")
        axes.annotate(_tail(text), (1, 0.5), xycoords=label, xytext=(6, 0),
                      textcoords="offset points", va="center", fontsize=8, color=INK,
                      family="monospace")  # fmt: skip
    if hidden:
        axes.text(0.3, -len(rows), f"{hidden} steps are in the list below", fontsize=8, color=INK)
    axes.set_xlim(0, max(12.0, max(d for d, _, _ in rows) + 9))
    axes.set_ylim(-len(rows) - 0.5, 0.6)
    axes.axis("off")
    return figure


def _rows(steps: Sequence[LogicStep]) -> tuple[list[tuple[int, LogicStep, int]], int]:
    """Return the steps nearest to the conclusion: depth, step and row of its parent."""
    by_number = {s.number: s for s in steps}
    shown, level = {steps[-1].number}, [steps[-1].number]
    while level and len(shown) < _DRAWN:
        level = [p for n in level for p in by_number[n].premises if p not in shown]
        shown |= set(level[: _DRAWN - len(shown)])
    rows: list[tuple[int, LogicStep, int]] = []
    todo, seen = [(0, steps[-1].number, -1)], set[int]()
    while todo:
        depth, number, parent = todo.pop()
        if number in shown and number not in seen:
            seen.add(number)
            rows.append((depth, by_number[number], parent))
            premises = reversed(by_number[number].premises)
            todo += [(depth + 1, p, len(rows) - 1) for p in premises]
    return rows, len(steps) - len(rows)


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 3] + "..."


def _tail(text: str) -> str:
    return text if len(text) <= _WIDE else "..." + text[3 - _WIDE :]


def _search(problem: "Proofs") -> Section:
    """Goals that were tried again and again, and what closed them in the end."""
    found = problem.pool.found
    rows = [("goal", "tries", "why it failed", "closed by")]
    why: dict[Tree, str] = {}
    for f in found.failures:
        why.setdefault(f.goal, f"{f.rule}: {f.why}" if f.rule else f.why)
    wanted = sorted(found.tries.items(), key=lambda x: (x[0] in found.lemmas, -x[1]))
    for goal, tries in wanted[:_FAILED]:
        step = found.lemmas.get(goal)
        closed = "" if step is None else step.label
        rows.append((_written(problem, goal), str(tries), why.get(goal, ""), closed))
    repaired = [g for g in found.lemmas if g in why][:_FAILED]
    rows += [
        (_written(problem, g), str(found.tries[g]), why[g], found.lemmas[g].label) for g in repaired
    ]
    text = (
        f"{found.expansions} steps were tried; {len(found.lemmas)} goals were closed, "
        f"{len(problem.pool.proofs)} different proofs found. Numbers with ? are terms that were "
        "not determined yet. Goals that failed became more expensive, so that others were tried."
    )
    if problem.pool.refused:
        text += f" The kernel refused {len(problem.pool.refused)}: {problem.pool.refused[0]}."
    return Section("Steps that failed, and repairs", text, table=tuple(rows))


def _written(problem: "Proofs", tree: Tree) -> str:
    """Return the symbols of a goal with unknowns as ?1, ?2."""
    if isinstance(tree, int):
        return f"?{abs(tree)}"
    if isinstance(tree, str):
        return problem.index.base.float_labels[tree].symbols[1]
    pattern = problem.index.grammar.productions[tree[0]].pattern
    return " ".join(x if isinstance(x, str) else _written(problem, tree[x + 1]) for x in pattern)


def summary(problem: "Proofs", proof: str) -> str:
    """Return the theorems that a proof cites."""
    inner = proof.partition(" ) ")[0].removeprefix("(") if proof[:1] == "(" else proof
    known = problem.index.base.assertions
    cited = [w for w in inner.split() if w in known and known[w].symbols[0] == PROVES]
    return _short(" ".join(dict.fromkeys(cited)))
