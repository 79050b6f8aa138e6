"""`model`: words and a table over time in, a checked model with its forecast out."""

from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.artifacts import finish
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.cli.progress import StageProgress


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(name="model")(guarded(model))
    group = typer.Typer(
        help="List model families, read descriptions, and fit populations.",
        no_args_is_help=True,
    )
    for command in (families, people, read):
        group.command()(guarded(command))
    app.add_typer(group, name="models")


def model(
    words: Annotated[
        str, typer.Argument(metavar="WORDS", help="Description of the process, in a sentence.")
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="Table over time as CSV with units in its header, such as year [year],hare [1]."
        ),
    ],
    held_out: Annotated[
        float,
        typer.Option(min=0, max=0.5, help="Fraction of the times held out to test the forecast."),
    ] = 0.2,
    samples: Annotated[
        int, typer.Option(min=100, help="Number of samples of the parameters.")
    ] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/model"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing result in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Choose, fit and check a model of a process, and forecast held-out times."""
    from ingenium.model.pictures import figures
    from ingenium.model.spec import ModelSpec
    from ingenium.report.artifact_report import write
    from ingenium.verbs import model as modelling

    requested = ModelSpec(words, held_out, samples, seed)
    with StageProgress() as stages:
        made = modelling.model(requested, data, out, watch=stages, overwrite=overwrite)
        write(made.stored, figures(made))
    finish(made.stored, json=json)


def families(json: AsJson = False) -> None:
    """List the known model families, with the assumptions of each."""
    from ingenium.model.families import FAMILIES, leslie

    listed = [*FAMILIES, leslie(3)]
    if json:
        print_json({"families": [
            {"family": f.name, "process": f.process, "title": f.title, "rates": dict(f.rates),
             "assumptions": list(f.assumptions)} for f in listed
        ]})  # fmt: skip
        return
    shown = table("", "Process", "Family", "Assumptions")
    for f in listed:
        shown.add_row(f.process, f.title, " ".join(f.assumptions))
    results().print(shown, highlight=False)


def people(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="CSV",
            help="CSV with one row per reading and the columns person,time [h],blood [mg/L].",
        ),
    ],
    family: Annotated[
        str,
        typer.Option(
            help="Family of dose models: one_compartment, two_compartments, eliminated, ..."
        ),
    ] = "one_compartment",
    ratio: Annotated[
        bool,
        typer.Option("--ratio", help="Assume relative instead of absolute errors of the readings."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Fit the parameters of a population and their variation between people (mixed effects)."""
    from ingenium.core.errors import choose
    from ingenium.model.families import FAMILIES
    from ingenium.model.population import DOSED, PopulationModel, population, read_people

    known = {f.name: f for f in FAMILIES if f.name in DOSED}
    read_, (clock, unit) = read_people(data)
    found = population(PopulationModel(known[choose(family, known, "family")], read_, ratio))
    names = found.model.names
    rows = [dict(zip(("low", "middle", "high", "spread"), found.row(i), strict=True))
            for i in range(len(names))]  # fmt: skip
    if json:
        reported = dict(zip(names, rows, strict=True))
        print_json({"people": len(read_), "numbers": reported, "noise": found.noise,
                    "log_likelihood": found.likelihood})  # fmt: skip
        return
    shown = table("", "Parameter", "Population", "95 %", "SD of logarithms")
    for name, row in zip(names, rows, strict=True):
        band = f"{row['low']:.4g} to {row['high']:.4g}"
        shown.add_row(name, f"{row['middle']:.4g}", band, f"{row['spread']:.3g}")
    results().print(shown, highlight=False)
    size = f"{found.noise:.3g} of a reading" if ratio else f"{found.noise:.3g} {unit}"
    results().print(f"{len(read_)} people, times in {clock}; errors of {size}; log likelihood "
                    f"{found.likelihood:.2f}.", highlight=False)  # fmt: skip


def read(
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORDS...", help="Descriptions of processes, one argument each."),
    ],
    json: AsJson = False,
) -> None:
    """List the process and model families that each description names."""
    from ingenium.model import reading
    from ingenium.model.families import FAMILIES, leslie

    answers = []
    for text in words:
        found = reading.read(text)
        own = [f for f in (*FAMILIES, leslie(3)) if f.process in found.processes]
        answers.append(
            {
                "words": text,
                "processes": list(found.processes),
                "kinds": found.kinds,
                "families": [{"family": f.name, "assumptions": list(f.assumptions)} for f in own],
                "unread": list(found.unread),
            }
        )
    if json:
        print_json({"read": answers})
        return
    for own_ in answers:
        named = ", ".join(own_["processes"]) or "no process"  # type: ignore[arg-type]
        results().print(f"{own_['words']}: {named}", highlight=False, markup=False, soft_wrap=True)
