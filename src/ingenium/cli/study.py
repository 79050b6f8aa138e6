"""`study list|show|run`: the evidence book, claim by claim."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.cli.progress import Stages

if TYPE_CHECKING:
    from ingenium.evaluate.intervals import Interval
    from ingenium.studies.study import Result, Study

Row = Annotated[str, typer.Argument(metavar="ROW", help="Of the evidence book, e.g. 27.1.")]
COLOURS = {
    "reproduced": "green",
    "partly": "yellow",
    "refuted": "red",
    "holds": "green",
    "contradicted": "red",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Published claims, each with the experiment that tests it.", no_args_is_help=True
    )
    group.command("list")(guarded(list_studies))
    group.command()(guarded(show))
    group.command()(guarded(run))
    app.add_typer(group, name="study")


def list_studies(json: AsJson = False) -> None:
    """Every claim with what became of it."""
    from ingenium.studies.registry import STUDIES
    from ingenium.studies.results import read, results_folder

    folder = results_folder()
    found = [(study, read(study.row, folder)) for study in STUDIES]
    if json:
        print_json({"folder": str(folder), "studies": [_summary(s, r) for s, r in found]})
        return
    shown = table("", "Row", "Claim", "Status", "Value", "95 % interval", "Run", "State")
    for study, result in found:
        said = _summary(study, result)
        value = result.values.get(study.headline) if result else None
        shown.add_row(
            study.row,
            study.title,
            _coloured(said["status"]),
            _number(value.value, _unit(study)) if value else "",
            _ends(value, _unit(study)) if value else "",
            said["run"],
            "[yellow]stale[/]" if said["stale"] else "",
        )
    results().print(shown, highlight=False)
    results().print("\n`ingenium study show ROW` says more.", style="dim")


def show(row: Row, json: AsJson = False) -> None:
    """A claim, how it is tested, and what came out."""
    from ingenium.studies.registry import find
    from ingenium.studies.results import read, results_folder

    study = find(row)
    _tell(study, read(row, results_folder()), json)


def run(
    row: Row,
    quick: Annotated[bool, typer.Option("--quick", help="A look, in less than a minute.")] = False,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many; at least 5 in full.")] = None,
    json: AsJson = False,
) -> None:
    """Do the experiment again and keep its result.

    A quick result is never written over a full one.
    """
    from ingenium.cli.output import errors
    from ingenium.studies.registry import find
    from ingenium.studies.results import keep, parts_folder, results_folder

    study = find(row)
    chosen = study.seeds(seeds, quick=quick)
    with Stages() as stages:
        result = study.run(chosen, quick=quick, folder=parts_folder() / row, watch=stages)
    folder = results_folder()
    if not keep(result, folder):
        errors().print(f"The full result in {folder} stays; this quick one is only shown.")
    _tell(study, result, json)


def _tell(study: "Study", result: "Result | None", json: bool) -> None:
    if json:
        print_json(
            _summary(study, result)
            | {
                "chapter": study.chapter,
                "claimed": study.claimed,
                "protocol": study.protocol,
                "budget": study.budget,
                "rule": _rule(),
                "parts": [
                    {"name": p.name, "claim": p.text, "bound": p.bound, "unit": p.unit}
                    | {"main": p.main}
                    for p in study.parts
                ],
                "result": result,
            }
        )
        return
    console = results()
    console.print(f"[bold]{study.row} {study.title}[/] ({study.chapter})\n", highlight=False)
    texts = {"Claim": study.claim, "Claimed": study.claimed, "Protocol": study.protocol}
    texts |= {"Budget": study.budget, "Rule": _rule()}
    for name, text in texts.items():
        console.print(f"[bold]{name}[/]: {text}", highlight=False, soft_wrap=True)
    _print_parts(study, result)
    if result is None:
        console.print(f"\nNo result yet: ingenium study run {study.row}", highlight=False)
        return
    kind = "quick" if result.quick else "full"
    seeds = f"{len(result.seeds)} seed{'s' if len(result.seeds) > 1 else ''}"
    console.print(
        f"\n[bold]Status[/]: {_coloured(str(result.status))} ({kind}, {seeds}, "
        f"{result.seconds:.0f} s, {result.time})",
        highlight=False,
    )
    for note in result.notes:
        console.print(f"[bold]Note[/]: {note}", highlight=False, soft_wrap=True)
    if _summary(study, result)["stale"]:
        console.print("[yellow]Stale[/]: its source has changed since; run it again.")
    console.print(f"Repeat: {result.command}", highlight=False)


def _print_parts(study: "Study", result: "Result | None") -> None:
    console = results()
    shown = table("", "Part of the claim", "Bound", "Measured", "95 % interval", "Outcome")
    for part in study.parts:
        found = result.values.get(part.name) if result else None
        shown.add_row(
            part.text,
            part.bound,
            _number(found.value, part.unit) if found else "",
            _ends(found, part.unit) if found else "",
            _coloured(str(result.outcomes[part.name])) if result and found else "",
        )
    console.print()
    console.print(shown, highlight=False)
    if result and result.beside:
        console.print()
        beside = table("", "Beside", "Measured", "95 % interval")
        for name, value in result.beside.items():
            beside.add_row(name, _number(value.value), _ends(value))
        console.print(beside, highlight=False)


def _summary(study: "Study", result: "Result | None") -> dict[str, Any]:
    """What a table says of a study."""
    from ingenium.studies.results import stale
    from ingenium.studies.rules import Status

    without = Status.NOT_TESTABLE if study.untestable else Status.NOT_YET
    value = result.values.get(study.headline) if result else None
    return {
        "row": study.row,
        "title": study.title,
        "claim": study.claim,
        "status": str(result.status if result else without),
        "headline": study.headline,
        "unit": _unit(study),
        "value": value,
        "run": ("quick" if result.quick else "full") if result else "",
        "stale": stale(study, result) if result else False,
    }


def _unit(study: "Study") -> str:
    return next((p.unit for p in study.parts if p.name == study.headline), "1")


def _rule() -> str:
    from ingenium.studies import rules

    return rules.RULE


def _coloured(text: str) -> str:
    colour = COLOURS.get(text)
    return f"[{colour}]{text}[/]" if colour else text


def _number(value: float, unit: str = "1") -> str:
    return f"{value:.4g}{'' if unit == '1' else f' {unit}'}" if math.isfinite(value) else "-"


def _ends(value: "Interval", unit: str = "1") -> str:
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return "none"
    return f"{_number(value.low)} to {_number(value.high, unit)}"
