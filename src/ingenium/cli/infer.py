"""`infer`: what a hidden state must have been, given readings."""

from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.artifacts import finish, specified
from ingenium.cli.completing import problems
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results
from ingenium.cli.progress import StageProgress

Folder = Annotated[Path, typer.Option(help="Output folder.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(guarded(infer))
    group = typer.Typer(help="List the methods of posterior inference.", no_args_is_help=True)
    for command in (methods,):
        group.command()(guarded(command))
    app.add_typer(group, name="posterior")


def infer(
    problem: Annotated[
        str,
        typer.Argument(
            autocompletion=problems,
            metavar="PROBLEM",
            help="A problem such as radio.estimate, or a spec as TOML that names it.",
        ),
    ],
    spec: Annotated[
        Path | None,
        typer.Option("--spec", help="Spec of the inference, as TOML (default: the problem's own)."),
    ] = None,
    given: Annotated[
        Path | None, typer.Option(help="File with the measurements (default: those of the spec).")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="Inference method, see ingenium posterior methods (default: the problem's own)."
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(min=50, help="Number of posterior samples (default: that of the spec, 1000)."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Random seed (default: that of the spec, 0).")
    ] = None,
    out: Folder = Path("out/posterior"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing result in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Estimate a hidden state from measurements, and check whether the answer is calibrated."""
    from ingenium.core.errors import InputError
    from ingenium.infer.pictures import figures
    from ingenium.infer.spec import InferSpec, load
    from ingenium.report.artifact_report import write
    from ingenium.verbs import infer as inferring

    if spec is None and problem.endswith(".toml"):
        spec = Path(problem)
        problem = load(spec).problem
    requested = load(spec) if spec else InferSpec(problem)
    if requested.problem != problem:
        raise InputError(f"a spec of {problem}", f"one of {requested.problem} in {spec}")
    requested = specified(requested, method=method, samples=samples, seed=seed)
    if given is not None:
        requested = inferring.reading(requested, given)
    with StageProgress() as stages:
        made = inferring.infer(requested, out, watch=stages, overwrite=overwrite)
        write(made.stored, figures(made), [(s.heading, s.table) for s in made.sections if s.table])
    finish(made.stored, json=json)


def methods(json: AsJson = False) -> None:
    """List the methods of posterior inference."""
    from ingenium.infer.methods.table import METHODS

    if json:
        print_json({"methods": list(METHODS)})
        return
    results().print(f"Methods: {', '.join(METHODS)}", highlight=False)
