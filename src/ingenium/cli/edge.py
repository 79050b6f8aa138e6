"""`edge`: generators made small enough for a device."""

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.made_again import made_again
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress

Folder = Annotated[Path, typer.Argument(metavar="SMALL", help="The folder of a small generator.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Generators made small enough for a device, judged there, and fitted again.",
        no_args_is_help=True,
    )
    for command in (fit, show, replay, lend):
        group.command()(guarded(command))
    app.add_typer(group, name="edge")


def fit(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="Such as molecules.library.")],
    device: Annotated[Path, typer.Option("--device", help="A device sheet as TOML.")],
    family: Annotated[
        str | None, typer.Option(help="Whose network goes there; else the problem's own.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Of retraining a recipe.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of all random numbers.")] = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/small"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another one.")] = False,
    json: AsJson = False,
) -> None:
    """Make a generator small: search recipes, export ONNX and C, judge both, count instructions."""
    from ingenium.core.spec import parse
    from ingenium.edge.device import DeviceSheet, load
    from ingenium.report.edge_page import write
    from ingenium.verbs import edge as shrinking

    sheet = load(device)
    own: dict[str, Any] = {"steps": steps, "seed": seed}
    own = {k: v for k, v in own.items() if v is not None}
    parse({"name": sheet.name, **own}, DeviceSheet, "the options")
    sheet = replace(sheet, **own)
    if family is not None:
        sheet = replace(sheet, generator=replace(sheet.generator, family=family))
    with StageProgress() as stages:
        kept = shrinking.fit(problem, sheet, out, watch=stages, overwrite=overwrite)
        write(kept)
    _tell(kept.record, out, json)
    if kept.record["verdict"] != "accepted":
        broken = [k for k, m in kept.record["margins"].items() if m is None or m < 0]
        errors().print(f"{kept.record['verdict']}: {'; '.join(broken)}.", style="bold")
        raise typer.Exit(UNMET)


def show(small: Folder, json: AsJson = False) -> None:
    """What a small generator takes and keeps, and what else was tried."""
    from ingenium.edge.record import SmallGenerator

    _tell(SmallGenerator.opened(small).record, small, json)


def replay(small: Folder, json: AsJson = False) -> None:
    """Fit a small generator again from its own sheet, and say whether its record holds."""
    from ingenium.edge.record import SmallGenerator
    from ingenium.verbs import edge as shrinking

    with tempfile.TemporaryDirectory() as place, StageProgress():
        found = shrinking.replay(SmallGenerator.opened(small), Path(place) / "again")
    made_again(found, json)


def lend(
    small: Folder,
    at: Annotated[str, typer.Option(help="HOST:PORT to listen on.")] = "127.0.0.1:7711",
    json: AsJson = False,
) -> None:
    """Run a small generator for a device that asks over a network, until Ctrl-C."""
    from ingenium.edge.link import place
    from ingenium.edge.record import SmallGenerator
    from ingenium.verbs import edge as shrinking

    address = place(at)
    lender = shrinking.lender(SmallGenerator.opened(small, code=False))
    with lender.server(*address) as server:
        errors().print(f"Listening on {at}; Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    if json:
        print_json({"asked": lender.asked})
        return
    told = ", ".join(f"{n} of {k}" for k, n in lender.asked.items()) or "nothing"
    results().print(f"Was asked {told}.")


def _tell(record: Any, folder: Path, json: bool) -> None:
    from ingenium.report import edge_page

    if json:
        print_json({"folder": str(folder), **record})
        return
    console = results()
    told = f"{edge_page.lead(record)}."
    console.print(told, highlight=False, markup=False, soft_wrap=True)
    for title, rows in (
        ("A design", edge_page.measured(record)),
        ("What was tried", edge_page.tried(record)),
        ("As files of ONNX", edge_page.floating(record)),
    ):
        shown = table(title, *rows[0])
        for row in rows[1:]:
            shown.add_row(*row)
        console.print(shown, highlight=False)
    for note in record["notes"]:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{folder}/generator.c, *.onnx and report.html",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
