"""`show` and `replay`, for artifacts of every kind, and how a command ends in one."""

import shlex
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape

from ingenium.cli.browse import SpecFile, show_problem
from ingenium.cli.completing import problems
from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.core.artifact import Artifact, Replay

T = TypeVar("T")
MOST_ROWS = 14  # of a table that are printed; the report has all


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(guarded(show))
    app.command()(guarded(replay))


def show(
    what: Annotated[
        str,
        typer.Argument(
            autocompletion=problems,
            metavar="PROBLEM|FOLDER",
            help="A problem such as grid.feeder_day, a spec as TOML, or the folder of a result.",
        ),
    ],
    spec: SpecFile = None,
    json: AsJson = False,
) -> None:
    """Show a problem with its quantities and settings, or the verdict and values of a result."""
    from ingenium.runs.artifacts import open_artifact, record_in

    if what.endswith(".toml") or record_in(Path(what)) is None:
        show_problem(what, spec, json=json)
        return
    if spec is not None:
        from ingenium.core.errors import InputError

        raise InputError("a spec with a problem", f"--spec {spec} with the folder {what}")
    tell(open_artifact(Path(what)), json=json)


def replay(
    out: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of a run or of another result.")
    ],
    design: Annotated[
        int, typer.Option(help="Index of the design to reproduce, counted from 0.")
    ] = 0,
    json: AsJson = False,
) -> None:
    """Reproduce a result, or one design of a run, and report whether its evidence is confirmed.

    Ends with 1 if any part of it does not.
    """
    from ingenium.verbs.replay import replay as replay_artifact

    with StageProgress():
        found = replay_artifact(out, design)
    if json:
        print_json({"folder": str(out), "reproduced": found.reproduced} | asdict(found))
    else:
        _tell_replay(found, out)
    if not found.reproduced:
        raise typer.Exit(UNMET)


def _tell_replay(found: "Replay", out: Path) -> None:
    console, shown = results(), table("", "Part", "Reproduced", "Found")
    for check in found.checks:
        reproduced = "[green]yes[/]" if check.reproduced else "[red]no[/]"
        shown.add_row(check.part, reproduced, escape(check.found))
    console.print(shown, highlight=False)
    design = getattr(found, "design", None)
    where = escape(("" if design is None else f"design {design} of ") + shlex.quote(str(out)))
    if found.reproduced:
        console.print(f"\nThe evidence of {where} is reproduced.", highlight=False, soft_wrap=True)
        return
    console.print(
        f"\n[bold red]The evidence of {where} is not reproduced[/]: "
        f"{escape(', '.join(found.broken))}.",
        highlight=False,
        soft_wrap=True,
    )
    for reason in found.reasons:
        console.print(f"Possible reason: {escape(reason)}.", highlight=False, soft_wrap=True)


def specified(spec: T, **options: Any) -> T:
    """A spec with what options of the command line say in place of its entries.

    Raises:
        InputError: for an option that its entry does not admit.
    """
    from ingenium.core.spec import parse

    given = {k: v for k, v in options.items() if v is not None}
    needed = {
        f.name: getattr(spec, f.name)
        for f in fields(spec)  # type: ignore[arg-type]  # specs are dataclasses
        if f.default is MISSING and f.default_factory is MISSING
    }
    parse({**needed, **given}, type(spec), "the options")
    return replace(spec, **given)  # type: ignore[type-var]  # likewise


def finish(artifact: "Artifact", *, json: bool) -> None:
    """Print an artifact that was just made; it ends with 1 unless it is accepted."""
    from ingenium.core.verdict import Verdict

    tell(artifact, json=json)
    if artifact.verdict is not Verdict.ACCEPTED:
        why = "; ".join(artifact.reasons)
        kind = artifact.what.partition(" ")[2]
        text = f"The {kind} is {artifact.verdict}: {why}."
        errors().print(text, style="bold", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(UNMET)


def tell(artifact: "Artifact", *, json: bool) -> None:
    """Print an artifact: its verdict, its tables and its notes."""
    if json:
        own = {"verdict": str(artifact.verdict), "reasons": list(artifact.reasons)}
        print_json({"folder": str(artifact.folder), **artifact.record, **own})
        return

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    console = results()
    say(f"{artifact.lead}.")
    for heading, rows in artifact.tables():
        shown = table(heading, *map(escape, rows[0]))
        for row in rows[1 : MOST_ROWS + 1]:
            shown.add_row(*map(escape, row))
        console.print(shown, highlight=False)
        if len(rows) > MOST_ROWS + 1:
            say(f"and {len(rows) - MOST_ROWS - 1} more in the report")
    for text in artifact.notes:
        say(text)
    page = artifact.folder / "report.html"
    say(f"{page if page.is_file() else artifact.folder / artifact.file}")
