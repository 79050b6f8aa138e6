"""`list`, and what is shown of a problem."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ingenium.cli.completing import problems
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table

if TYPE_CHECKING:
    from ingenium.cli.problem_page import ProblemPage
    from ingenium.core.problem import Problem
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
    from ingenium.cli.problem_page import opened_page, stored_page

    wanted = requested(problem, spec)
    page = None if spec else stored_page(wanted)
    if page is not None:
        _tell(page, json=json)
        return
    opened, page = opened_page(wanted)
    if spec is None:
        _tell(page, json=json)
        return
    from ingenium.core.resolving import resolve
    from ingenium.core.spec import as_table

    understood = resolve(wanted, opened)
    _tell(replace(page, described=page.described | {"understood": as_table(understood)}), json=json)
    if not json:
        _print_request(understood, opened)


def _tell(page: "ProblemPage", *, json: bool) -> None:
    if json:
        print_json(page.described)
        return
    console = results()
    name, summary = page.described["name"], page.described["summary"]
    console.print(f"[bold]{name}[/]: {escape(summary)}\n")
    for title, columns, *rows in page.tables:
        shown = table(escape(title[0]), *columns)
        for row in rows:
            shown.add_row(*map(escape, row))
        console.print(shown)
        console.print()
    for heading, text in page.facts.items():
        console.print(f"[bold]{heading}[/]: {escape(text)}", soft_wrap=True)


def _print_request(understood: "Spec", problem: "Problem") -> None:
    """Print the other entries of a spec, with the units in which it is judged."""
    from ingenium.report import words

    console = results()
    console.print("\n[bold]Requested by the spec[/]")
    for heading, lines in words.requested(replace(understood, setup={}), problem):
        console.print(f"{heading}: {escape('; '.join(lines))}", soft_wrap=True, highlight=False)
