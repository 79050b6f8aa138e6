"""`operate`: a policy acts on a plant over time, in a shell that no option skips."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.artifacts import finish, specified
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson
from ingenium.cli.progress import StageProgress


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
    from ingenium.core.artifact import load
    from ingenium.operate.drill import Drill
    from ingenium.operate.spec import OperateSpec
    from ingenium.report.artifact_page import write
    from ingenium.verbs import operate as operating

    own = load(spec, OperateSpec, "a spec of an operation") if spec else OperateSpec()
    named = family if family or policy is not None else own.family
    choice = operating.PolicyChoice(policy, design, named)
    own = specified(own, seconds=None if hours is None else 3600 * hours, seed=seed)
    if drill is not None:
        own = replace(own, drill=load(drill, Drill, "a drill"))
    with StageProgress() as stages:
        kept = operating.operate(
            problem, choice, own, out, real_time=real_time, watch=stages, overwrite=overwrite
        )
        write(kept)
    finish(kept, json=json)
