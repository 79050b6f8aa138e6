"""`infer`: what a hidden state must have been, given readings."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.made_again import made_again
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress

Folder = Annotated[Path, typer.Option(help="Output folder.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(guarded(infer))
    group = typer.Typer(
        help="Posteriors that were inferred: shown, and inferred again.", no_args_is_help=True
    )
    for command in (show, methods, replay):
        group.command()(guarded(command))
    app.add_typer(group, name="posterior")


def infer(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="Such as radio.estimate.")],
    spec: Annotated[Path | None, typer.Option("--spec", help="A spec as TOML.")] = None,
    given: Annotated[Path | None, typer.Option(help="The file with the readings.")] = None,
    method: Annotated[
        str | None, typer.Option(help="See `posterior methods`; else the problem's own.")
    ] = None,
    draws: Annotated[int | None, typer.Option(min=50, help="Of the posterior.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of all random numbers.")] = None,
    out: Folder = Path("out/posterior"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another one.")] = False,
    json: AsJson = False,
) -> None:
    """Infer a hidden state from readings, and check whether the answer is calibrated."""
    from ingenium.core.errors import InputError
    from ingenium.core.spec import parse
    from ingenium.infer.spec import InferSpec, load
    from ingenium.report.posterior_page import write
    from ingenium.verbs import infer as inferring

    asked = load(spec) if spec else InferSpec(problem)
    if asked.problem != problem:
        raise InputError(f"a spec of {problem}", f"one of {asked.problem} in {spec}")
    told = {"method": method, "draws": draws, "seed": seed}
    own = {k: v for k, v in told.items() if v is not None}
    parse({"problem": problem, **own}, InferSpec, "the options")
    asked = replace(asked, **own)  # type: ignore[arg-type]  # parsed above
    if given is not None:
        asked = inferring.reading(asked, given)
    with StageProgress() as stages:
        made = inferring.infer(asked, out, watch=stages, overwrite=overwrite)
        write(made)
    _tell(made.kept.record, out, json)
    if not made.kept.record["holds"]:
        errors().print(_why(made.kept.record), style="bold", highlight=False, soft_wrap=True)
        raise typer.Exit(UNMET)


def show(
    posterior: Annotated[Path, typer.Argument(metavar="POSTERIOR", help="Its folder.")],
    json: AsJson = False,
) -> None:
    """What was inferred, and whether it may be believed."""
    from ingenium.infer.record import Posterior

    _tell(Posterior.opened(posterior).record, posterior, json)


def methods(json: AsJson = False) -> None:
    """The methods by which a posterior can be found."""
    from ingenium.infer.methods.table import METHODS

    if json:
        print_json({"methods": list(METHODS)})
        return
    results().print(f"Methods: {', '.join(METHODS)}", highlight=False)


def replay(
    posterior: Annotated[Path, typer.Argument(metavar="POSTERIOR", help="Its folder.")],
    json: AsJson = False,
) -> None:
    """Infer a posterior again from what was given, and say whether its record holds."""
    from ingenium.infer.record import Posterior
    from ingenium.verbs import infer as inferring

    with tempfile.TemporaryDirectory() as place, StageProgress():
        found = inferring.replay(Posterior.opened(posterior), Path(place) / "again")
    made_again(found, json)


def _tell(record: Any, folder: Path, json: bool) -> None:
    if json:
        print_json({"folder": str(folder), **record})
        return
    console = results()
    console.print(
        f"[bold]{record['problem']}[/] by {record['method']}: {record['verdict']}.",
        highlight=False,
    )
    shown = table("", "Quantity", "Median", "90 % of the posterior", "Unit")
    for own in record["told"].values():
        band = f"{own['q05']:.5g} to {own['q95']:.5g}"
        shown.add_row(own["long_name"], f"{own['q50']:.5g}", band, own["unit"])
    console.print(shown, highlight=False)
    judged = table("", "Judged", "Value (95 % interval)")
    for name, own in record["measured"].items():
        judged.add_row(name, _value(own))
    console.print(judged, highlight=False)
    for note in record["notes"]:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{folder}/posterior.nc and report.html", highlight=False, markup=False, soft_wrap=True
    )


def _value(own: Any) -> str:
    if own["value"] is None:
        return "unknown"
    if own["low"] is None or own["low"] == own["high"]:
        return f"{own['value']:.3g}"
    return f"{own['value']:.3g} ({own['low']:.3g} to {own['high']:.3g})"


def _why(record: Any) -> str:
    from ingenium.infer.record import UNTOLD

    broken = [k for k, m in record["margins"].items() if m is None or m < 0]
    of = "Whether the posterior is calibrated" if record["verdict"] == UNTOLD else "The posterior"
    return f"{of} is {record['verdict']}: " + "; ".join([*record["reasons"], *broken]) + "."
