"""`infer`: what a hidden state must have been, given readings."""

from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.artifacts import finish, specified
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results
from ingenium.cli.progress import StageProgress

Folder = Annotated[Path, typer.Option(help="Output folder.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(guarded(infer))
    group = typer.Typer(help="Methods by which posteriors are inferred.", no_args_is_help=True)
    for command in (methods,):
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
    from ingenium.infer.pictures import figures
    from ingenium.infer.spec import InferSpec, load
    from ingenium.report.artifact_page import write
    from ingenium.verbs import infer as inferring

    asked = load(spec) if spec else InferSpec(problem)
    if asked.problem != problem:
        raise InputError(f"a spec of {problem}", f"one of {asked.problem} in {spec}")
    asked = specified(asked, method=method, draws=draws, seed=seed)
    if given is not None:
        asked = inferring.reading(asked, given)
    with StageProgress() as stages:
        made = inferring.infer(asked, out, watch=stages, overwrite=overwrite)
        write(made.kept, figures(made), [(s.heading, s.table) for s in made.sections if s.table])
    finish(made.kept, json=json)


def methods(json: AsJson = False) -> None:
    """The methods by which a posterior can be found."""
    from ingenium.infer.methods.table import METHODS

    if json:
        print_json({"methods": list(METHODS)})
        return
    results().print(f"Methods: {', '.join(METHODS)}", highlight=False)
