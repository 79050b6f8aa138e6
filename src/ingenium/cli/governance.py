"""`card` and `pack`: what a run used and made, and the record of a release."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ingenium.cli.completing import problems
from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, Replace, check_new, print_json, results, table
from ingenium.cli.signing import SIGNERS

if TYPE_CHECKING:
    from ingenium.governance.cards import Card

Out = Annotated[Path | None, typer.Option(help="File to write (default: print it).")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="Model cards and data cards of a run.", no_args_is_help=True)
    group.command()(guarded(model))
    group.command()(guarded(data))
    app.add_typer(group, name="card")
    app.command()(guarded(pack))
    app.command()(guarded(publish))


def model(
    run: Annotated[
        Path, typer.Argument(help="Folder of a run, or a file of weights, NAME.safetensors.")
    ],
    out: Out = None,
    overwrite: Replace = False,
    json: AsJson = False,
) -> None:
    """Write the model card of the generator of a run: purpose, training data, quality.

    Of weights alone it says what stands in them and in the JSON beside them.
    """
    from ingenium.governance.cards import model_card
    from ingenium.governance.weights_card import ENDING, weights_card

    card = weights_card(run) if run.suffix == ENDING else model_card(run)
    _give(card, out, overwrite, json)


def data(
    what: Annotated[
        str,
        typer.Argument(
            autocompletion=problems, help="Folder of a run, or a problem such as grid.feeder_day."
        ),
    ],
    spec: Annotated[
        Path | None, typer.Option(help="Spec as TOML, with a problem (default: none).")
    ] = None,
    out: Out = None,
    overwrite: Replace = False,
    json: AsJson = False,
) -> None:
    """Write the data card of the designs of a run, or of the training data of a problem."""
    from ingenium.cli.named_spec import requested
    from ingenium.domains import open_problem
    from ingenium.governance.cards import data_card, known_card

    if (Path(what) / "run.json").is_file():
        _give(data_card(Path(what)), out, overwrite, json)
    else:
        _give(known_card(open_problem(requested(what, spec))), out, overwrite, json)


def pack(
    out: Annotated[Path, typer.Argument(help="Output folder of the conformity record.")],
    run: Annotated[
        list[Path] | None,
        typer.Option(help="Run folder that represents the release; may be repeated."),
    ] = None,
    tests: Annotated[
        Path | None, typer.Option(help="Test report written by pytest --junitxml (default: none).")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing conformity record.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Write the conformity record of a release: controls of four frameworks, with evidence."""
    from ingenium.cli.ledger import absent
    from ingenium.governance.pack import write
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place

    place = ledger_place()
    if absent(place):
        found = write(out, None, runs=run or (), tests=tests, overwrite=overwrite)
    else:
        with open_ledger(place, create=False) as ledger:
            found = write(out, ledger, runs=run or (), tests=tests, overwrite=overwrite)
    if json:
        print_json({"folder": str(out), "frameworks": [asdict(f) for f in found]})
        return
    shown = table("", "Framework", "Controls", "Evidence", "In part", "No evidence")
    for framework in found:
        states = [c.state for c in framework.controls]
        counts = [str(states.count(s)) for s in ("evidence", "in part", "no evidence")]
        shown.add_row(framework.name, str(len(states)), *counts)
    results().print(shown, highlight=False)
    text = f"\n{out}/record.md says what was found; no conformity is claimed."
    results().print(escape(text), highlight=False, soft_wrap=True)


def publish(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or the folder result of a search.")],
    out: Annotated[Path, typer.Argument(help="Folder or zip file of the RO-Crate to write.")],
    roles: Annotated[
        list[str],
        typer.Option(
            "--as", metavar="ROLE", help="Role that must have signed the run; may be repeated."
        ),
    ],
    signers: Annotated[
        Path,
        typer.Option(envvar=SIGNERS, help="Allowed signers, in OpenSSH's allowed_signers format."),
    ],
    anchor: Annotated[
        str | None,
        typer.Option(
            help="Hash of an earlier ledger head, stored elsewhere, that must be present."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Publish a run as an RO-Crate if every check passes and all roles have signed."""
    from ingenium.governance import gate
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place
    from ingenium.trust.records import GENESIS
    from ingenium.trust.signoff import read_signers

    listed = read_signers(signers)
    with open_ledger(ledger_place(), create=False) as ledger:
        requested = gate.GateRequest(run, ledger, listed, tuple(roles), anchor or GENESIS)
        found = gate.publish(requested, out)
    passed = gate.passed(found)
    if json:
        reported = {"published": passed, "crate": str(out) if passed else None, "checks": found}
        print_json(reported | {"principles": dict(gate.PRINCIPLES)})
    else:
        shown = table("", "Check", "Holds", "What was found")
        for check in found:
            state = "[green]yes[/]" if check.passed else "[red]no[/]"
            shown.add_row(check.name, state, escape(check.said))
        results().print(shown, highlight=False)
        text = f"\nPublished: {out}" if passed else "\nNot published; nothing was written."
        results().print(escape(text), highlight=False, soft_wrap=True)
    if not passed:
        raise typer.Exit(UNMET)


def _give(card: "Card", out: Path | None, overwrite: bool, json: bool) -> None:
    from ingenium.core.folders import write_atomic

    if out is not None:
        check_new(out, overwrite)
        write_atomic(out, str(card))
    if json:
        print_json({"head": dict(card.head), "text": card.text, "file": str(out) if out else None})
    elif out is None:
        typer.echo(str(card))
    else:
        results().print(escape(f"Written to {out}"), highlight=False, soft_wrap=True)
