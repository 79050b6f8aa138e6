"""`operate`: a policy acts on a plant over time, in a shell that no option skips."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingenium.cli.artifacts import finish, specified
from ingenium.cli.completing import problems
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, errors, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.operate.preferences import TriedPoints


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="operate")(guarded(operate))


def operate(
    problem: Annotated[
        str,
        typer.Argument(
            autocompletion=problems, help="A problem with a plant, such as autonomy.arm."
        ),
    ],
    policy: Annotated[
        Path | None,
        typer.Option(help="Folder of a run whose designs are policies (default: train --family)."),
    ] = None,
    family: Annotated[
        str, typer.Option(help="Policy family to build instead of a run: pid, mpc or ppo.")
    ] = "",
    spec: Annotated[
        Path | None,
        typer.Option(help="Spec of the operation, as TOML (default: the problem's own)."),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(min=0, help="Simulated operating time in hours (default: that of the spec)."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Random seed of the scenario (default: that of the spec).")
    ] = None,
    design: Annotated[
        int | None,
        typer.Option(help="Index of the design to use (default: the best exported one)."),
    ] = None,
    drill: Annotated[
        Path | None,
        typer.Option(help="Faults, overrides and bypasses to inject, as TOML (default: none)."),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(help="Answers to the questions of [preferences], as CSV (default: asked)."),
    ] = None,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="Run in real time: wait for each control period.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/operation"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing result in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Test a policy on a plant inside a safety shell, and record who decided what.

    Ends with 1 if the policy is refused, or the run broke a limit.
    """
    from ingenium.core.artifact import load
    from ingenium.core.errors import InputError
    from ingenium.operate.drill import Drill
    from ingenium.operate.spec import OperateSpec
    from ingenium.report.artifact_report import write
    from ingenium.verbs import operate as operating

    own = load(spec, OperateSpec, "a spec of an operation") if spec else OperateSpec()
    named = family if family or policy is not None else own.family
    if own.preferences is not None and not named and policy is None:
        named = operating.PREFERRED
    if answers is not None:
        if own.preferences is None:
            raise InputError("a spec with [preferences]", "--answers without them")
        own = replace(own, preferences=replace(own.preferences, answers=str(answers)))
    choice = operating.PolicyChoice(policy, design, named)
    own = specified(own, seconds=None if hours is None else 3600 * hours, seed=seed)
    if drill is not None:
        own = replace(own, drill=load(drill, Drill, "a drill"))
    with StageProgress() as stages:
        stored = operating.operate(
            problem, choice, own, out, real_time=real_time, watch=stages, overwrite=overwrite,
            person=_preferred,
        )  # fmt: skip
        write(stored)
    finish(stored, json=json)


def _preferred(points: "TriedPoints", first: int, second: int) -> bool:
    """Show two operating points, and ask which one is preferred."""
    pair = (points.described(first), points.described(second))
    shown = table("", "rate", "first", "second")
    for name in points.names:
        shown.add_row(name, pair[0][name], pair[1][name])
    errors().print(shown, highlight=False)
    return typer.confirm("Is the first one better", err=True)
