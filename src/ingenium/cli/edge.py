"""`edge`: generators made small enough for a device."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.artifacts import finish, specified
from ingenium.cli.completing import problems
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, errors, print_json, results
from ingenium.cli.progress import StageProgress

Folder = Annotated[Path, typer.Argument(metavar="SMALL", help="Folder of a compressed generator.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Compress a generator for a device, and judge it there.",
        no_args_is_help=True,
    )
    for command in (fit, lend):
        group.command()(guarded(command))
    app.add_typer(group, name="edge")


def fit(
    problem: Annotated[
        str,
        typer.Argument(
            autocompletion=problems, metavar="PROBLEM", help="A problem such as molecules.library."
        ),
    ],
    device: Annotated[
        Path, typer.Option("--device", help="Device sheet with memory, clock and limits, as TOML.")
    ],
    family: Annotated[
        str | None, typer.Option(help="Generator family to compress (default: the problem's own).")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of retraining steps of a recipe (default: the recipe's own)."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Random seed (default: that of the device sheet, 0).")
    ] = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/small"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing result in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Compress a generator: search recipes, export ONNX and C, judge both, count instructions."""
    from ingenium.core.artifact import load
    from ingenium.edge.device import DeviceSheet
    from ingenium.report.artifact_report import write
    from ingenium.verbs import edge as shrinking

    sheet = specified(load(device, DeviceSheet, "a device sheet"), steps=steps, seed=seed)
    if family is not None:
        sheet = replace(sheet, generator=replace(sheet.generator, family=family))
    with StageProgress() as stages:
        stored = shrinking.fit(problem, sheet, out, watch=stages, overwrite=overwrite)
        write(stored)
    finish(stored, json=json)


def lend(
    small: Folder,
    at: Annotated[str, typer.Option(help="Address to listen on, as HOST:PORT.")] = "127.0.0.1:7711",
    json: AsJson = False,
) -> None:
    """Serve a compressed generator to a device over a network, until Ctrl-C."""
    from ingenium.edge.artifact import HEADER, SOURCE, SmallGenerator
    from ingenium.edge.link import place
    from ingenium.verbs import edge as shrinking

    address = place(at)
    lender = shrinking.lender(SmallGenerator.open(small, without=(SOURCE, HEADER)))
    with lender.server(*address) as server:
        errors().print(f"Listening on {at}; Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    if json:
        print_json({"requested": lender.requested})
        return
    reported = ", ".join(f"{n} of {k}" for k, n in lender.requested.items()) or "nothing"
    results().print(f"Served {reported}.")
