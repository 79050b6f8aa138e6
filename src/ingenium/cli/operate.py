"""`operate`: a policy acts on a plant over time, in a shell that no option skips."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.operate.record import OperationRecord

SHOWN = 14  # decisions that are printed


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="operate")(guarded(operate))


def operate(
    problem: Annotated[str, typer.Argument(help="One that has a plant, such as autonomy.arm.")],
    policy: Annotated[
        Path | None, typer.Option(help="Folder of a run whose designs are policies.")
    ] = None,
    family: Annotated[
        str, typer.Option(help="Instead of a run: a family that is made, such as pid, mpc or ppo.")
    ] = "",
    spec: Annotated[Path | None, typer.Option(help="A spec of the run as TOML.")] = None,
    hours: Annotated[float | None, typer.Option(min=0, help="How long the plant runs.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the scenario.")] = None,
    design: Annotated[
        int | None, typer.Option(help="Which design; the best that was kept.")
    ] = None,
    drill: Annotated[Path | None, typer.Option(help="Faults and overrides as TOML.")] = None,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="Wait for each period by the clock.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/operation"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another one.")] = False,
    json: AsJson = False,
) -> None:
    """Release a policy, let it operate a plant in the safety shell, and keep who decided what.

    Ends with 1 if the policy is refused, or the run broke a limit.
    """
    from ingenium.core.spec import parse
    from ingenium.operate import drill as drills
    from ingenium.operate.spec import OperateSpec, load
    from ingenium.report.operate_page import write
    from ingenium.verbs import operate as operating

    choice = operating.PolicyChoice(policy, design, family)
    own = load(spec) if spec else OperateSpec()
    given: dict[str, Any] = {}
    if hours is not None:
        given["seconds"] = 3600 * hours
    if seed is not None:
        given["seed"] = seed
    parse(given, OperateSpec, "the options")
    if drill is not None:
        given["drill"] = drills.load(drill)
    with StageProgress() as stages:
        kept = operating.operate(
            problem, choice, replace(own, **given), out, real_time=real_time, watch=stages,
            overwrite=overwrite,
        )  # fmt: skip
        write(kept)
    _tell(kept, json)
    if kept.record["verdict"] != "accepted":
        errors().print(f"The {_what(kept)}.", style="bold")
        raise typer.Exit(UNMET)


def _what(kept: "OperationRecord") -> str:
    if kept.record["verdict"] == "refused":
        return f"policy is refused: {kept.record['why']}"
    broken = [k for k, m in kept.record["margins"].items() if m is None or m < 0]
    return f"run is {kept.record['verdict']}: {'; '.join(broken)}"


def _tell(kept: "OperationRecord", json: bool) -> None:
    record = kept.record
    if json:
        print_json({"folder": str(kept.folder), **record})
        return
    from ingenium.report.words import number

    console = results()
    console.print(
        f"[bold]{record['problem']}[/] under {kept.acting}: {record['verdict']}.",
        highlight=False,
        soft_wrap=True,
    )
    for plant, own in record["release"]["measured"].items():
        value, _, high = own["outside"]
        console.print(
            f"Released on {plant}: outside in {value:.1%} of scenarios (at most {high:.1%}).",
            highlight=False,
            soft_wrap=True,
        )
    if record["measured"]:
        shown = table("", "Quantity", "Value", "Unit")
        for name, value in record["measured"].items():
            shown.add_row(name, number(value["value"]), value["unit"])
        console.print(shown, highlight=False)
        made = table("Who decided what", "From, s", "To, s", "Who", "Why")
        for d in record["decisions"][:SHOWN]:
            made.add_row(f"{d['at_s']:.2f}", f"{d['until_s']:.2f}", d["name"] or d["who"], d["why"])
        console.print(made, highlight=False)
        more = len(record["decisions"]) - SHOWN
        if more > 0:
            console.print(f"and {more} more in decisions.jsonl", highlight=False)
    console.print(f"{kept.folder}/report.html", highlight=False, markup=False, soft_wrap=True)
