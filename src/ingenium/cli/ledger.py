"""`ledger list|show|check|export|report`: what was done, and whether its record is intact."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from ingenium.cli import signing
from ingenium.cli.ending import FAULT, guarded
from ingenium.cli.output import AsJson, Replace, check_new, errors, print_json, results, table
from ingenium.core.errors import InputError, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingenium.trust.records import Entry, Fault

Hash = Annotated[str, typer.Argument(help="Hash of the entry: its first 8 digits or more.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Read, check, sign and export the append-only record of all runs.",
        no_args_is_help=True,
    )
    group.command("list")(guarded(list_entries))
    group.command()(guarded(show))
    group.command()(guarded(check))
    group.command()(guarded(export))
    group.command()(guarded(report))
    group.command()(guarded(access))
    group.command()(guarded(grant))
    signing.add_to(group)
    app.add_typer(group, name="ledger")


def list_entries(
    kind: Annotated[
        str | None,
        typer.Option(help="Show entries of this kind alone, such as refusal (default: all)."),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(help="Show entries of this user alone, as NAME@HOST (default: all)."),
    ] = None,
    problem: Annotated[
        str | None, typer.Option(help="Show entries about this problem alone (default: all).")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Show entries since this date or time, such as 2026-01-31 (default: all)."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10**9, help="Number of the newest entries to show.")
    ] = 20,
    json: AsJson = False,
) -> None:
    """List the newest entries: proposals, searches, refusals, sign-offs and the like."""
    from ingenium.trust.ledger import about, open_ledger
    from ingenium.trust.place import ledger_place
    from ingenium.trust.records import Fault
    from ingenium.trust.wording import KINDS, reported, short

    place, first = ledger_place(), _time(since)
    entries, count = [], 0
    if not absent(place):
        with open_ledger(place, create=False) as ledger:
            entries = ledger.entries(kind, first, limit, actor=actor, problem=problem)
            newest = ledger.entries(limit=1)
            count = newest[0].sequence if newest else 0
        _warn([Fault(e.sequence, text) for e in entries for text in e.faults()])
    if kind is not None and not entries:  # one of another program is found, if it is there
        choose(kind, KINDS, "kind")
    if json:
        print_json({"ledger": shown(place), "entries": [_table(e) for e in entries]})
        return
    if not entries:
        what = f"None of the {count} entries in {shown(place)} is so." if count else ""
        text = what or f"No entries in {shown(place)}."
        results().print(escape(text), highlight=False, soft_wrap=True)
        return
    rows = table("", "No.", "Time", "Kind", "By", "Problem", "What", "Hash")
    for e in entries:
        words = [e.actor, about(e) or "", reported(e), short(e.hash)]
        rows.add_row(str(e.sequence), e.time[:19], e.kind, *(escape(w) for w in words))
    results().print(rows, highlight=False)


def show(hash: Hash, json: AsJson = False) -> None:
    """Show an entry, after checking that it was not altered."""
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
        str | None,
        typer.Option(
            help="Hash of an earlier ledger head, stored elsewhere, that must be present."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Recompute the whole hash chain; ends with 3 if anything was altered or is missing.

    Without an anchor, the head that this user's last entry had must be there.
    """
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import PLACE, head_file, ledger_place, remembered
    from ingenium.trust.records import GENESIS

    place, faults, head = ledger_place(), list[str](), GENESIS
    known = remembered(place) if anchor is None else None
    lost = absent(place)
    named = bool(os.environ.get(PLACE))  # what somebody points at and is not there is never intact
    if lost and known is not None:
        faults = [f"it is gone: there was a ledger, and its head was {known}"]
    elif named or not lost or anchor is not None:
        with open_ledger(place, create=False) as ledger:
            faults = [str(f) for f in ledger.check(anchor or known or GENESIS)]
            head = ledger.head()
    if faults and known is not None:
        faults.append(f"who began a new ledger there removes {head_file(place)}")
    whole = None if lost and not faults else not faults
    if json:
        print_json({"ledger": shown(place), "intact": whole, "head": head, "faults": faults})
    else:
        console = results()
        for fault in faults:
            console.print(f"[red]{escape(fault)}[/]", soft_wrap=True)
        state = "is [bold red]not[/] what was written" if faults else "is intact"
        state = (
            "is not there: nothing was noted yet, as far as is known" if whole is None else state
        )
        console.print(
            f"{escape(shown(place))} {state}; head {head}", highlight=False, soft_wrap=True
        )
    if faults:
        raise typer.Exit(FAULT)


def export(
    path: Annotated[Path, typer.Argument(help="File to write; for ro-crate a folder or zip file.")],
    form: Annotated[
        str,
        typer.Option(
            "--as", metavar="FORM", help="Output format: jsonl, prov-json, prov-n or ro-crate."
        ),
    ] = "jsonl",
    run: Annotated[
        Path | None,
        typer.Option(
            help="Export the entries of this run alone; required for ro-crate (default: all)."
        ),
    ] = None,
    overwrite: Replace = False,
    json: AsJson = False,
) -> None:
    """Export the ledger as JSON Lines or W3C PROV, or a run with its entries as an RO-Crate."""
    from ingenium.governance.export import export as write
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place

    check_new(path, overwrite)
    with open_ledger(ledger_place(), create=False) as ledger:
        count = write(ledger, path, form, run)
        _warn(ledger.check())
    if json:
        print_json({"file": str(path), "form": form, "entries": count})
    else:
        results().print(escape(f"{count} entries in {path}"), highlight=False, soft_wrap=True)


def report(
    path: Annotated[Path, typer.Argument(help="HTML file to write.")],
    signers: Annotated[
        Path | None,
        typer.Option(
            envvar=signing.SIGNERS,
            help="Allowed signers, in OpenSSH's allowed_signers format (default: none).",
        ),
    ] = None,
    anchor: Annotated[
        str | None,
        typer.Option(
            help="Hash of an earlier ledger head, stored elsewhere, that must be present."
        ),
    ] = None,
    overwrite: Replace = False,
    json: AsJson = False,
) -> None:
    """Write a report of all requests, runs, refusals and signatures, and the state of the chain."""
    from ingenium.governance.ledger_report import write
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place
    from ingenium.trust.records import GENESIS
    from ingenium.trust.signoff import read_signers

    check_new(path, overwrite)
    listed = () if signers is None else read_signers(signers)
    with open_ledger(ledger_place(), create=False) as ledger:
        _warn(ledger.check())
        count = write(ledger, path, signers=listed, anchor=anchor or GENESIS)
    if json:
        print_json({"file": str(path), "entries": count})
    else:
        results().print(escape(f"{count} entries in {path}"), highlight=False, soft_wrap=True)


def access(json: AsJson = False) -> None:
    """List who may read, append to and alter the ledger, by its file or server."""
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place

    place = ledger_place()
    with open_ledger(place, create=False) as ledger:
        found = ledger.store.access()
    if json:
        print_json({"ledger": shown(place), "access": found})
        return
    rows = table("", "Who", "May", "Since")
    for one in found:
        rows.add_row(escape(one.who), ", ".join(one.may) or "nothing", one.how)
    results().print(rows, highlight=False)


def grant(
    login: Annotated[str, typer.Argument(help="Login role of the PostgreSQL server.")],
    may: Annotated[
        str, typer.Option(help="Permission to grant: read, or append (in its own name, and read).")
    ],
    json: AsJson = False,
) -> None:
    """Grant a login of the server to read or append; altering is never granted."""
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place
    from ingenium.trust.postgres import PostgresStore

    place = ledger_place()
    with open_ledger(place, create=False) as ledger:
        if not isinstance(ledger.store, PostgresStore):
            raise InputError(
                "a ledger on a PostgreSQL server",
                shown(place),
                "Of a file the mode says who may do what: chmod and chgrp.",
            )
        ledger.store.grant(login, may)
    if json:
        print_json({"ledger": shown(place), "login": login, "may": may})
    else:
        results().print(escape(f"{login} may {may}."), highlight=False)


def _warn(faults: "Sequence[Fault]") -> None:
    """Say on stderr if the ledger is not what was written."""
    if faults:
        text = f"The ledger is not what was written: {faults[0]}. See `ingenium ledger check`."
        errors().print(f"[bold red]Warning[/]: {escape(text)}", highlight=False, soft_wrap=True)


def _time(text: str | None) -> datetime | None:
    """A date or time; UTC if it names no zone."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            "a date or time", text, "Write 2026-01-31 or 2026-01-31T08:00Z."
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def absent(place: str) -> bool:
    """Return whether the ledger is a file that no run has created yet."""
    path = place.removeprefix("sqlite:///")
    return "://" not in path and not os.path.exists(path)  # noqa: PTH110 - raises for no name


def shown(place: str) -> str:
    """The place without a password."""
    scheme, found, rest = place.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else place


def _table(entry: "Entry") -> dict[str, Any]:
    """An entry as plain data, its body as data too."""
    return {k: v for k, v in entry.__dict__.items() if k != "text"} | {"body": entry.body}
