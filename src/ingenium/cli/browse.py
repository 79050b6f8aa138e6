"""`list`, and what is shown of a problem."""

from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from ingenium.cli.completing import problems
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.core.setups import plain, type_name

if TYPE_CHECKING:
    from rich.table import Table

    from ingenium.core.problem import Problem
    from ingenium.core.setups import SetupEntry
    from ingenium.core.spec import Spec

SpecFile = Annotated[
    Path | None,
    typer.Option(
        "--spec",
        help="Spec that states conditions, limits and settings, as TOML (default: the "
        "problem's own limits).",
    ),
]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="File format of the exported designs, as `ingenium show` lists them (default: the "
        "first).",
    ),
]
ProblemName = Annotated[
    str,
    typer.Argument(
        autocompletion=problems,
        metavar="PROBLEM",
        help="A problem such as grid.feeder_day, or a spec as TOML that names it.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("list")(guarded(list_problems))


def list_problems(json: AsJson = False) -> None:
    """List all problems by field, and what is installed."""
    from ingenium.domains import listing

    found = listing()
    if json:
        print_json({"domains": found})
        return
    console = results()
    width = max(len(name) for domain in found for name, _ in domain.problems)
    for domain in found:
        state = "[green]installed[/]" if domain.fault is None else "[red]not installed[/]"
        console.print(
            f"[bold]{domain.name}[/] ({state}): {escape(domain.summary)}", highlight=False
        )
        for name, summary in domain.problems:
            console.print(f"  {name:{width}}  {escape(summary)}", highlight=False, soft_wrap=True)
        if domain.fault is not None:
            console.print(f"  {escape(domain.fault)}", style="red", highlight=False, soft_wrap=True)
        console.print()
    console.print("Next: ingenium show PROBLEM, or ingenium examples.", style="dim")


def show_problem(problem: str, spec: Path | None, *, json: bool) -> None:
    """A problem's variables, conditions, quantities, limits and settings."""
    from ingenium.cli.named_spec import requested
    from ingenium.core.resolving import resolve
    from ingenium.core.spec import Spec
    from ingenium.domains import open_problem

    wanted = requested(problem, spec)
    opened = open_problem(wanted)
    opened.limits = resolve(Spec(opened.name), opened).limits  # with their units
    understood = resolve(wanted, opened) if spec else None
    if json:
        print_json(_described(opened, wanted, understood))
        return
    _print(opened, wanted)
    if understood is not None:
        _print_request(understood, opened)


def _described(problem: "Problem", requested: "Spec", understood: "Spec | None") -> dict[str, Any]:
    """All that a problem declares, and what it understood of a spec, as plain data."""
    from ingenium.core.spec import as_table
    from ingenium.generators.offer import offered

    return {
        "name": problem.name,
        "summary": problem.summary,
        "settings": _settings(problem),
        "setup": _entries(problem, requested),
        "understood": as_table(understood) if understood else None,
        "variables": [v.__dict__ for v in problem.variables],
        "sizes": dict(problem.sizes),
        "inputs": [{"name": i.name, "form": i.form, "needed": i.needed} for i in problem.inputs],
        "given": problem.given.reported(),
        "conditions": list(problem.conditions),
        "quantities": list(problem.quantities),
        "limits": list(problem.limits),
        "fixable": [q.name for q in problem.fixable()],
        "steerable": list(problem.steerable()),
        "formats": list(problem.formats),
        "engines": [{"name": t.name, "version": t.version, "tier": t.tier} for t in problem.tiers],
        "default_family": problem.default_family,
        "families": offered(problem),
        "licence": problem.licence,
        "notes": list(problem.notes),
    }


def _settings(problem: "Problem") -> list[dict[str, Any]]:
    """Entries of `[setup]` with their defaults."""
    found = []
    for f in fields(problem.Settings):
        default = f.default_factory() if f.default_factory is not MISSING else f.default
        reported = default if isinstance(default, str | int | float | bool | None) else str(default)
        needed = default is MISSING
        usual = None if needed else reported
        found.append({"name": f.name, "type": type_name(f.type), "default": usual})
    return found


def _entries(problem: "Problem", requested: "Spec") -> list["SetupEntry"]:
    """All entries of `[setup]` at every depth, as they were read."""
    from ingenium.core.setups import entries
    from ingenium.core.spec import parse

    return list(entries(parse(requested.setup, problem.Settings, "the setup"), requested.setup))


def _print_request(understood: "Spec", problem: "Problem") -> None:
    """Print the other entries of a spec, with the units in which it is judged."""
    from ingenium.report import words

    console = results()
    console.print("\n[bold]Requested by the spec[/]")
    for heading, lines in words.requested(replace(understood, setup={}), problem):
        console.print(f"{heading}: {escape('; '.join(lines))}", soft_wrap=True, highlight=False)


def _print(problem: "Problem", requested: "Spec") -> None:
    console = results()
    console.print(f"[bold]{problem.name}[/]: {escape(problem.summary)}\n")
    for part in _tables(problem, requested):
        if part.row_count:
            console.print(part)
            console.print()
    for name, text in _facts(problem).items():
        if text:
            console.print(f"[bold]{name}[/]: {escape(text)}", soft_wrap=True)


def _tables(problem: "Problem", requested: "Spec") -> tuple["Table", ...]:
    """Variables, inputs, conditions, quantities and setup."""
    from ingenium.report import words

    designs = table("A design", "Variable", "Unit", "Dimensions", "What it is")
    for v in problem.variables:
        alone = "one number" if v.longest is None else f"a text of up to {v.longest} characters"
        dims = " x ".join(f"{problem.sizes[d]} {d}" for d in v.dims) or alone
        designs.add_row(v.name, v.unit, dims, escape(v.long_name))
    under = table("Conditions", "Condition", "Choices or range", "What it is")
    for c in problem.conditions:
        span = f"{words.number(c.lower)} to {words.number(c.upper, c.unit)}"
        under.add_row(c.name, ", ".join(c.choices) if c.choices else span, escape(c.long_name))
    inputs = table(r"Inputs, as entries of \[given]", "Input", "Form", "What it is")
    for i in problem.inputs:
        inputs.add_row(i.name, escape(i.form), escape(i.long_name))
    measured = table("Measured quantities", "Quantity", "Unit", "What it is")
    for q in problem.quantities:
        unit = f"{q.unit}, shown in {q.shown}" if q.shown else q.unit
        measured.add_row(q.name, "a name" if q.labels else unit, escape(q.long_name))
    setup = table(r"Entries of \[setup]", "Entry", "Type", "Value", "Unit", "From")
    for entry in _entries(problem, requested):
        value = "none" if entry.value in (None, (), "") else plain(entry.value)
        given = "the spec" if entry.given else "default"
        setup.add_row(
            escape(entry.name), escape(entry.type), escape(value), escape(entry.unit), given
        )
    return designs, inputs, under, measured, setup


def _facts(problem: "Problem") -> dict[str, str]:
    """Facts on limits, engines, generators and files, a line each."""
    from ingenium.comparison.verdicts import verdict_on
    from ingenium.generators.offer import offered
    from ingenium.report import words

    comparison = verdict_on(problem)
    named: dict[str, list[str]] = {}
    for family, source in offered(problem).items():
        named.setdefault(source, []).append(family)
    return {
        "Limits judged by default": "; ".join(words.limit(x) for x in problem.limits),
        "Can be fixed": ", ".join(q.name for q in problem.fixable()),
        "Can be steered by": ", ".join(problem.steerable()),
        "Engines": ", ".join(f"{t.name} {t.version} ({t.tier})" for t in problem.tiers),
        "Generator": f"{problem.default_family}, where the spec names no other",
        "Benchmark": comparison.reported(problem.default_family) if comparison else "",
        "Others that it can name": ", ".join(named.get("engine", ())),
        "Of other packages": ", ".join(named.get("package", ())),
        "Baselines of the field": ", ".join(named.get("baseline", ())),
        "Fitted to rows of the engine": ", ".join(named.get("labelled", ())),
        "Pretrained": ", ".join(named.get("pretrained", ())),
        "Files": ", ".join(problem.formats),
        "Data licence": problem.licence,
        "Notes": " ".join(problem.notes),
    }
