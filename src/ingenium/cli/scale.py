"""`plan`, `roofline`, `drill` and `queue`: training over workers, planned, bounded, disturbed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.artifacts import finish
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.scale.cluster import Cluster
    from ingenium.scale.planner import PlannedLayout, PlanSpec


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(guarded(plan))
    app.command()(guarded(roofline))
    app.command()(guarded(drill))
    app.command()(guarded(queue))


def plan(
    model: Annotated[Path, typer.Argument(help="Model architecture and training plan, as TOML.")],
    cluster: Annotated[
        Path,
        typer.Option(help="Cluster description with devices, links, price and carbon, as TOML."),
    ],
    layout: Annotated[
        str,
        typer.Option(
            help="Parallel layout: auto (the best ones), or sizes such as data:32,tensor:8."
        ),
    ] = "auto",
    best: Annotated[int, typer.Option(min=1, max=100, help="Number of layouts to show.")] = 5,
    trace: Annotated[
        Path | None,
        typer.Option(
            help="Carbon intensity of each coming hour, as CSV or RTS-GMLC JSON (default: "
            "constant)."
        ),
    ] = None,
    within: Annotated[int, typer.Option(min=1, max=8760, help="Deadline in hours from now.")] = 24,
    json: AsJson = False,
) -> None:
    """Estimate time, memory, cost and carbon of a large training by formulas alone."""
    from ingenium.core.artifact import load
    from ingenium.scale import planner
    from ingenium.scale.cluster import Cluster
    from ingenium.scale.layout import AUTO, RankLayout

    requested = load(model, planner.PlanSpec, "a model and its training")
    there = load(cluster, Cluster, "a cluster")
    if layout == AUTO:
        found = planner.best(requested, there, most=best)
    else:
        found = [planner.requested(requested, there, RankLayout.parse(layout))]
    start = None if trace is None else _start(trace, found[0], within)
    if json:
        reported = {"simulated": True, "layouts": [_planned(one) for one in found]}
        print_json(reported if start is None else reported | {"start": start})
        return
    _tell_plan(requested, there, found)
    if start is not None:
        results().print(
            f"Start the first of them in {start['hour']} h: {start['saved']:.1%} less carbon than "
            f"now, at the same deadline of {within} h, on {trace}.",
            highlight=False,
            soft_wrap=True,
        )


def _tell_plan(requested: "PlanSpec", there: "Cluster", found: "list[PlannedLayout]") -> None:
    console, tokens = results(), requested.training.tokens
    console.print(
        f"[bold]{requested.title or 'A model'}[/] on {there.title or 'a cluster'}: "
        f"{requested.model.parameters / 1e9:.3g} billion parameters, {tokens:.3g} tokens, "
        f"{requested.model.flops(tokens):.3g} FLOP. All figures are simulated.",
        highlight=False,
        soft_wrap=True,
    )
    unit = there.currency
    shown = table("", "Layout", "GB a rank", "Bubble", "Step, s", "Bound by", "Utilisation", "Days",
                  unit, "MWh", "t CO2e")  # fmt: skip
    for one in found:
        spent = one.spending
        shown.add_row(
            str(one.layout), f"{one.bytes.total / 1e9:.1f}", f"{one.layout.bubble:.1%}",
            f"{one.seconds.total:.3g}", one.seconds.bound, f"{one.utilisation:.1%}",
            f"{spent.days:.3g}", f"{spent.price:,.0f}", f"{spent.mwh:.3g}", f"{spent.t_co2e:.3g}",
        )  # fmt: skip
    console.print(shown, highlight=False)
    console.print(
        f"Ridge of {there.device.name}: {there.device.ridge:.0f} FLOP a byte.", highlight=False
    )


def roofline(json: AsJson = False) -> None:
    """Measure the peak rate of a core of this machine, and what limits the kernels of a model."""
    from dataclasses import asdict

    from ingenium.scale.roofline import measured

    roof, kernels = measured()
    reported = [
        asdict(one) | {
            "intensity": one.intensity, "gflops": one.gflops, "bound": one.bound(roof),
            "roof_gflops": roof.over(one.intensity),
        }
        for one in kernels
    ]  # fmt: skip
    if json:
        print_json(asdict(roof) | {"ridge": roof.ridge, "kernels": reported})
        return
    results().print(
        f"One core: {roof.gflops:.3g} GFLOP/s and {roof.gb_s:.3g} GB/s in full precision; its "
        f"ridge is at {roof.ridge:.2g} FLOP a byte.",
        highlight=False,
    )
    shown = table("", "Kernel", "FLOP a byte", "GFLOP/s", "Of its roof", "Bound by")
    for own in reported:
        shown.add_row(
            own["name"], f"{own['intensity']:.3g}", f"{own['gflops']:.3g}",
            f"{own['gflops'] / own['roof_gflops']:.0%}", own["bound"],
        )  # fmt: skip
    results().print(shown, highlight=False)


def drill(
    file: Annotated[Path, typer.Argument(help="Description of the fault drill, as TOML.")],
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/drill"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing result in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Train on real processes, kill one and disconnect one, and report whether work was lost.

    Ends with 1 if it was.
    """
    from ingenium.core.artifact import load
    from ingenium.report.artifact_report import write
    from ingenium.verbs import drill as drilling

    requested = load(file, drilling.DrillSpec, "a drill")
    with StageProgress() as stages:
        made = drilling.drill(requested, out, watch=stages, overwrite=overwrite)
        write(made)
    finish(made, json=json)


def _start(trace: Path, one: "PlannedLayout", within: int) -> dict[str, Any]:
    from dataclasses import asdict

    from ingenium.scale.carbon import planned_start, read_trace

    found = planned_start(read_trace(trace), 24 * one.spending.days, within)
    return asdict(found) | {"saved": found.saved}


def _planned(one: "PlannedLayout") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "layout": str(one.layout),
        "bytes": asdict(one.bytes) | {"total": one.bytes.total},
        "bubble": one.layout.bubble,
        "seconds": asdict(one.seconds) | {"total": one.seconds.total},
        "bound": one.seconds.bound,
        "utilisation": one.utilisation,
        "spending": asdict(one.spending),
        "fits": one.fits,
    }


def queue(
    folder: Annotated[Path, typer.Argument(help="Folder for the queue's programs and jobs.")],
) -> None:
    """Install a local queue with the commands of Slurm, to try a job without a cluster.

    Put the folder on the path: sbatch, squeue and scancel in it are then those of the job.
    """
    from ingenium.scale.local_queue import write

    write(folder)
