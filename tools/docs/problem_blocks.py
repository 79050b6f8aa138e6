"""Tables of documents from a problem's declarations: `[setup]`, inputs, conditions, quantities."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from blocks import ROOT, table
from compared import stored
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition
from ingenium.core.spec import Spec, anchored, parse
from ingenium.domains import load, open_problem, problem_class
from ingenium.report import words
from settings_blocks import entries, tables


@cache
def opened(name: str) -> Problem:
    """Open a problem with its default settings."""
    return open_problem(Spec(name))


@cache
def examples() -> dict[str, Path]:
    """The first example of each problem that has one, those of its own field before others."""
    found: dict[str, Path] = {}
    for path in sorted((ROOT / "examples").glob("*/*.toml")):
        table, folder = tomllib.loads(path.read_text(encoding="utf-8")), path.parent.name
        if "problem" in table:  # the others are devices, models, clusters and drills
            name = table["problem"]
            if name not in found or found[name].parent.name != name.partition(".")[0] == folder:
                found[name] = path
    return found


@cache
def exemplified(name: str) -> Problem:
    """Open a problem as its example sets it up, which may measure more than the default."""
    if name not in examples():
        return opened(name)
    path = examples()[name]
    requested = tomllib.loads(path.read_text(encoding="utf-8"))
    if "truths" in requested:  # of a posterior, which also opens without readings
        requested = {k: requested[k] for k in ("problem", "setup")}
    return open_problem(anchored(parse(requested, Spec, path.name), path.parent))


def setup(name: str) -> str:
    return entries(problem_class(name).Settings)


def conditions(name: str) -> str:
    return conditions_of(opened(name))


def conditions_of(problem: Problem) -> str:
    rows = [("Condition", "Choices or range", "What it is")]
    rows += [(f"`{c.name}`", span(c), c.long_name) for c in problem.conditions]
    return table(*rows)


def span(c: Condition) -> str:
    """Range of a condition."""
    return ", ".join(c.choices or ()) or f"{c.lower:g} to {words.number(c.upper, c.unit)}"


def inputs(name: str) -> str:
    rows = [("Input", "Form", "Default", "What it is")]
    for i in problem_class(name).inputs:
        usual = "must be given" if i.needed else "none" if i.default is None else f"`{i.default}`"
        rows.append((f"`{i.name}`", i.form, usual, i.long_name))
    return table(*rows)


def quantities(name: str) -> str:
    return quantities_of(opened(name))


def quantities_of(problem: Problem) -> str:
    fixable = {q.name for q in problem.fixable()}
    steerable = set(problem.steerable())
    rows = [("Quantity", "Unit", "What it is", "Can be")]
    for q in problem.quantities:
        if q.labels is None:
            can = ["limited", "improved"]
            can += ["fixed"] * (q.name in fixable) + ["steered by"] * (q.name in steerable)
            rows.append((f"`{q.name}`", q.unit, q.long_name, ", ".join(can)))
    return table(*rows)


def limits(name: str) -> str:
    return limits_of(opened(name))


def limits_of(problem: Problem) -> str:
    return "\n".join(f"- `{words.limit(limit)}`" for limit in problem.limits)


def problems(field: str) -> str:
    """Describe all problems of a domain."""
    return "\n\n".join(whole(f"{field}.{key}") for key in sorted(load(field).problems))


def whole(name: str) -> str:
    """Describe a whole problem, with an example."""
    problem, kind = exemplified(name), problem_class(name)
    parts = [f"## `{name}`", f"{problem.summary[:1].upper()}{problem.summary[1:]}."]
    if (comparison := stored(name)) is not None:
        parts.insert(1, f"{comparison.sentence()} [All arms](../../head_to_head.md).")
    parts += ["### `[setup]`", entries(kind.Settings)]
    for head, inner in tables(kind.Settings, "setup"):
        parts += [f"#### `{head}`", entries(inner)]
    if kind.inputs:
        parts += ["### `[given]`", inputs(name)]
    if problem.conditions:
        parts += ["### Conditions", conditions_of(problem)]
    parts += ["### Quantities", quantities_of(problem)]
    if problem.limits:
        parts += ["### Limits judged when the spec names none", limits_of(problem)]
    if name in examples():
        path = examples()[name]
        text = path.read_text(encoding="utf-8").strip()
        where = path.relative_to(ROOT).as_posix()
        parts += ["### An example", f"`{where}`, with whose setup the tables above are made:"]
        parts += [f"```toml\n{text}\n```"]
    return "\n\n".join(parts)


PARTS: dict[str, Callable[[str], str]] = {
    "setup": setup,
    "given": inputs,
    "conditions": conditions,
    "quantities": quantities,
    "limits": limits,
    "problems": problems,
}
