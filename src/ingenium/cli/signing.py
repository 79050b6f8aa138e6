"""`ledger sign|verify-signatures`: who answers for an entry, and whether that can be believed."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from ingenium.cli.ending import FAULT, UNMET, guarded
from ingenium.cli.output import AsJson, print_json, results, table

if TYPE_CHECKING:
    from ingenium.trust.signoff import SignOff

SIGNERS = "INGENIUM_SIGNERS"


def add_to(group: typer.Typer) -> None:
    """Register the commands."""
    group.command()(guarded(sign))
    group.command("verify-signatures")(guarded(verify_signatures))


def sign(
    hash: Annotated[str, typer.Argument(help="Hash of the entry: its first 8 digits or more.")],
    role: Annotated[
        str, typer.Option("--as", metavar="ROLE", help="Role in which you sign, such as safety.")
    ],
    statement: Annotated[str, typer.Option(help="Statement to sign, in your own words.")],
    refuse: Annotated[
        bool, typer.Option("--refuse", help="Sign a refusal instead of an approval.")
    ] = False,
    by: Annotated[
        str | None, typer.Option(help="Signer, as NAME@HOST (default: this user).")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Your Ed25519 key, as written by ssh-keygen (default: no key)."),
    ] = None,
    minutes: Annotated[
        int | None,
        typer.Option(help="Minutes of your work on it, for the account of labour (default: none)."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Sign an entry off, or refuse it, optionally with your own key."""
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place
    from ingenium.trust.signoff import sign_off, with_work

    statement = with_work(statement, minutes)
    opened = None if key is None else _opened(key)
    with open_ledger(ledger_place(), create=False) as ledger:
        decision = "refused" if refuse else "approved"
        made = sign_off(ledger, hash, role, statement, decision=decision, actor=by, key=opened)
    if json:
        print_json({"hash": made.hash, "actor": made.actor, "body": made.body})
        return
    how = "with a signature" if key else "without a signature"
    text = f"{made.actor} {decision} {made.body['entry']} as {role}, {how}: entry {made.hash}"
    results().print(escape(text), highlight=False, soft_wrap=True)


def verify_signatures(
    signers: Annotated[
        Path | None,
        typer.Option(
            envvar=SIGNERS,
            help="Allowed signers, in OpenSSH's allowed_signers format (default: none).",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Check all signatures; ends with 3 if one was altered, with 1 if a signer is unknown."""
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place
    from ingenium.trust.signoff import State, check_sign_offs, read_signers

    listed = () if signers is None else read_signers(signers)
    with open_ledger(ledger_place(), create=False) as ledger:
        found = check_sign_offs(ledger, listed)
    if json:
        print_json({"sign_offs": [_described(one) for one in found]})
    else:
        _show(found)
    states = {one.state for one in found}
    if State.INVALID in states:
        raise typer.Exit(FAULT)
    if listed and states - {State.VALID}:
        raise typer.Exit(UNMET)


def _opened(path: Path) -> Any:
    """The private key of a file, asking for its password where it has one."""
    from ingenium.core.errors import InputError
    from ingenium.trust.sshsig import private_key

    try:
        return private_key(path)
    except InputError as error:
        if "assword" not in str(error) and "passphrase" not in str(error):
            raise
    return private_key(path, typer.prompt(f"Password of {os.fspath(path)}", hide_input=True))


def _show(found: "list[SignOff]") -> None:
    console = results()
    if not found:
        console.print("No sign-offs.")
        return
    rows = table("", "No.", "Time", "By", "As", "Decision", "Entry", "State", "Why")
    for one in found:
        reported = _described(one)
        words = (
            reported["actor"],
            reported["role"],
            reported["decision"],
            str(reported["entry"])[:19],
        )
        rows.add_row(
            str(one.entry.sequence),
            one.entry.time[:19],
            *(escape(str(w)) for w in words),
            str(one.state),
            escape(one.why),
        )
    console.print(rows, highlight=False)


def _described(one: "SignOff") -> dict[str, Any]:
    about = {name: one.entry.table.get(name) for name in ("entry", "role", "decision", "statement")}
    return {
        "hash": one.entry.hash,
        "time": one.entry.time,
        "actor": one.entry.actor,
        **about,
        "state": str(one.state),
        "why": one.why,
    }
