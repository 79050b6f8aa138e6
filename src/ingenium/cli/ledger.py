"""`ledger list|show|check`: what was done, and whether its record is intact."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from ingenium.cli.ending import FAULT, guarded
from ingenium.cli.output import AsJson, print_json, results, table

if TYPE_CHECKING:
    from ingenium.trust.records import Entry


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="The append-only record of what was done.", no_args_is_help=True)
    group.command("list")(guarded(list_entries))
    group.command()(guarded(show))
    group.command()(guarded(check))
    app.add_typer(group, name="ledger")


def list_entries(
    kind: Annotated[str | None, typer.Option(help="Only these, e.g. proposal.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10**9, help="How many of the newest.")] = 20,
    json: AsJson = False,
) -> None:
    """The newest entries."""
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place

    place = ledger_place()
    entries = []
    if not absent(place):
        with open_ledger(place, create=False) as ledger:
            entries = ledger.entries(kind, limit=limit)
    if json:
        print_json({"ledger": shown(place), "entries": [_table(e) for e in entries]})
        return
    if not entries:
        results().print(escape(f"No entries in {shown(place)}."), highlight=False, soft_wrap=True)
        return
    rows = table("", "No.", "Time", "Kind", "By", "Problem", "Hash")
    for e in entries:
        about = e.body.get("problem", "") if isinstance(e.body, dict) else ""
        digits = e.hash.removeprefix("sha256:")[:12]
        rows.add_row(
            str(e.sequence), e.time[:19], e.kind, escape(e.actor), escape(str(about)), digits
        )
    results().print(rows, highlight=False)


def show(
    hash: Annotated[str, typer.Argument(help="Of the entry; its first 8 digits or more.")],
    json: AsJson = False,
) -> None:
    """One entry, after checking that it is what was written."""
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place

    with open_ledger(ledger_place(), create=False) as ledger:
        entry = ledger.get(hash)
    if json:
        print_json(_table(entry))
        return
    console = results()
    console.print(f"[bold]{entry.kind}[/] {entry.sequence}, {entry.time}, by {escape(entry.actor)}")
    console.print(f"hash     {entry.hash}\nprevious {entry.previous}", highlight=False)
    console.print_json(data=entry.body)


def check(
    anchor: Annotated[
        str | None, typer.Option(help="An earlier head, kept elsewhere, that must be there.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Recompute the whole chain; ends with 3 if anything was altered."""
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place
    from ingenium.trust.records import GENESIS

    place = ledger_place()
    faults: list[str] = []
    head = GENESIS
    if not absent(place) or anchor is not None:
        with open_ledger(place, create=False) as ledger:
            faults = [str(f) for f in ledger.check(anchor or GENESIS)]
            head = ledger.head()
    if json:
        print_json({"ledger": shown(place), "intact": not faults, "head": head, "faults": faults})
    else:
        console = results()
        for fault in faults:
            console.print(f"[red]{escape(fault)}[/]", soft_wrap=True)
        state = "is [bold red]not[/] what was written" if faults else "is intact"
        console.print(
            f"{escape(shown(place))} {state}; head {head}", highlight=False, soft_wrap=True
        )
    if faults:
        raise typer.Exit(FAULT)


def absent(place: str) -> bool:
    """Whether the ledger is a file that no run has made yet."""
    path = place.removeprefix("sqlite:///")
    return "://" not in path and not Path(path).exists()


def shown(place: str) -> str:
    """The place without a password."""
    scheme, found, rest = place.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else place


def _table(entry: "Entry") -> dict[str, Any]:
    """An entry as plain data, its body as data too."""
    return {k: v for k, v in entry.__dict__.items() if k != "text"} | {"body": entry.body}
