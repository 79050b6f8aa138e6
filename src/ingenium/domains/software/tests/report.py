"""Sections of a report: the suites, the mutants that survive on the source, and the search."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.domains.software.tests.formats import SUITE
from ingenium.domains.software.tests.verifier import SuiteRun

if TYPE_CHECKING:
    from ingenium.domains.software.tests.problem import TestSuites

KILLED, SURVIVED, MISSED, INK = "#2f7fc1", "#c2452d", "#d9dde1", "#1c2329"
_SHOWN = 60  # survivors in the table
_LABELS = {
    "Observed.": "what the module does today",
    "Specified.": "what an example of a docstring says",
    "Metamorphic.": "a relation between two calls, such as a round trip",
}


def sections(
    problem: "TestSuites", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Return sections on the best suite, if there is one, and on the search."""
    if not designs.sizes[DESIGN]:
        return (_search(problem),)
    best = int(np.nanargmax(verdicts["mutation_score"].to_numpy()))
    suite, number = str(designs[SUITE].values[best]), int(designs[DESIGN].values[best])
    run = problem.tiers[0].run(suite)
    found = [_suite(problem, run, number)]
    if run.whole:
        found += [_source(problem, run), _survivors(problem, run)]
    return (*found, _search(problem))


def _suite(problem: "TestSuites", run: SuiteRun, number: int) -> Section:
    """Each test, the source of its assertions, and the mutants that it kills."""
    kills: dict[str, int] = {}
    alone: dict[str, int] = {}
    for by in run.kills.values():
        for name in by:
            kills[name] = kills.get(name, 0) + 1
        if len(by) == 1:
            alone[by[0]] = alone.get(by[0], 0) + 1
    rows = [("test", "rests on", "assertions", "mutants killed", "by it alone")]
    for t in run.tests:
        reported = (str(kills.get(t.name, 0)), str(alone.get(t.name, 0)))
        rows.append((t.name, _LABELS[t.label], str(t.assertions), *reported))
    score = len(run.killed) / max(1, len(run.kills))
    text = (
        f"Suite {number} of {problem.module.name}: {len(run.tests)} tests take "
        f"{run.branch_coverage:.1%} of the branches and kill {len(run.killed)} of "
        f"{len(run.kills)} mutants ({score:.1%}), in {sum(run.seconds.values()):.3f} s."
    )
    return Section("The best suite", text, table=tuple(rows))


def _source(problem: "TestSuites", run: SuiteRun) -> Section:
    """The source with the branches that were not taken and the mutants of each line."""
    lines = problem.module.lines
    survived: dict[int, list[str]] = {}
    for m in problem.subject.mutants:
        if not run.kills[m.number]:
            survived.setdefault(m.line, []).append(f"{m.before} \N{RIGHTWARDS ARROW} {m.after}")
    missed = set((run.coverage or {})["missed"])
    rows = [("line", "source", "not run", "mutants that survive")]
    near = {n + k for n in (*survived, *missed) for k in (-1, 0, 1)}
    for n, text in enumerate(lines, 1):
        if n in near:
            mark = "not run" if n in missed else ""
            rows.append((str(n), _spaced(text), mark, "; ".join(survived.get(n, []))))
    figure = _map(problem, run)
    text = "Lines that no test runs, lines with a mutant that survives, and their neighbours."
    return Section("Surviving mutants in the source", text, figure=figure, table=tuple(rows))


def _spaced(text: str) -> str:
    """Return a line of code whose indent a table preserves."""
    bare = text.lstrip(" ")
    return "\N{NO-BREAK SPACE}" * (len(text) - len(bare)) + bare


def _map(problem: "TestSuites", run: SuiteRun) -> Figure:
    """Mutants over the lines of the module: killed above, surviving below."""
    lines = {m.number: m.line for m in problem.subject.mutants}
    last = max(len(problem.module.lines), 1)
    edges = np.linspace(1, last + 1, min(last, 80) + 1)
    killed, survived = (
        np.histogram([lines[n] for n in numbers], edges)[0]
        for numbers in (run.killed, run.survivors)
    )
    figure = Figure(figsize=(7.2, 2.6), layout="constrained")
    axes = figure.subplots()
    width = np.diff(edges)
    for n in (run.coverage or {})["missed"]:
        axes.axvspan(n, n + 1, color=MISSED, lw=0)
    axes.axvspan(-10, -9, color=MISSED, lw=0, label="lines not run")
    axes.bar(edges[:-1], killed, width, align="edge", color=KILLED, label="killed")
    axes.bar(edges[:-1], -survived, width, align="edge", color=SURVIVED, label="survive")
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_xlim(1, last + 1)
    axes.set_xlabel(f"line of {problem.module.name}")
    axes.set_ylabel("mutants")
    axes.yaxis.set_major_formatter(lambda v, _: f"{abs(v):g}")
    axes.legend(frameon=False, ncols=3, fontsize=8, loc="upper left", bbox_to_anchor=(0, 1.17))
    return figure


def _survivors(problem: "TestSuites", run: SuiteRun) -> Section:
    """Each mutant that no test kills."""
    missed = set((run.coverage or {})["missed"])
    rows = [("line", "kind", "source", "mutant", "its line")]
    left = [m for m in problem.subject.mutants if not run.kills[m.number]]
    for m in left[:_SHOWN]:
        ran = "not run" if m.line in missed else "run"
        rows.append((str(m.line), m.kind, _short(m.before), _short(m.after), ran))
    more = "" if len(left) <= _SHOWN else f" The first {_SHOWN} are shown; the file has all."
    text = f"{len(left)} mutants survive.{more} Some may behave as the module does."
    return Section("Surviving mutants", text, table=tuple(rows))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _search(problem: "TestSuites") -> Section:
    """Mutants killed over the calls that were tried, and examples that do not hold."""
    pool = problem.pool
    tried, steps, killed = (np.array(x) for x in zip(*pool.course, strict=True))
    figure = Figure(figsize=(5.2, 2.6), layout="constrained")
    axes = figure.subplots()
    total = len(problem.subject.mutants)
    axes.plot(tried, killed / total, "o-", ms=3, color=KILLED, label="mutants killed")
    axes.plot(tried, steps / max(1, steps[-1]), "s-", ms=3, color=INK, lw=0.8,
              label="steps between lines, of those found")  # fmt: skip
    axes.set_xlabel("calls tried")
    axes.set_ylabel("share")
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    text = f"{tried[-1]} different calls were tried in {len(tried)} rounds."
    rows: tuple[tuple[str, ...], ...] = ()
    if pool.wrong_examples:
        text += " These examples of docstrings do not hold:"
        head = ("line", "example", "docstring", "module")
        rows = (head, *((str(a), b, c, d) for a, b, c, d in pool.wrong_examples))
    return Section("The search", text, figure=figure, table=rows)
