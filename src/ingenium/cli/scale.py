"""`plan`, `roofline`, `drill` and `queue`, and what a fit over workers tells."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.scale.cluster import Cluster
    from ingenium.scale.planner import PlannedLayout, PlanSpec
    from ingenium.verbs.ranked_fit import ScaledFit

PARTS = ("weights", "gradients", "state", "total")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(guarded(plan))
    app.command()(guarded(roofline))
    app.command()(guarded(drill))
    app.command()(guarded(queue))


def plan(
    model: Annotated[Path, typer.Argument(help="A model and its training as TOML.")],
    cluster: Annotated[Path, typer.Option(help="Devices, links, price and carbon as TOML.")],
    layout: Annotated[
        str, typer.Option(help="auto for the best ones, or entries such as data:32,tensor:8.")
    ] = "auto",
    best: Annotated[int, typer.Option(min=1, max=100, help="How many are shown.")] = 5,
    trace: Annotated[
        Path | None, typer.Option(help="Carbon of each hour from now on: CSV, or RTS-GMLC as JSON.")
    ] = None,
    within: Annotated[
        int, typer.Option(min=1, max=8760, help="Hours from now in which it has to end.")
    ] = 24,
    json: AsJson = False,
) -> None:
    """Say by formulas what layouts of a large training would take; nothing is run."""
    from ingenium.scale import planner
    from ingenium.scale.cluster import Cluster, read
    from ingenium.scale.layout import AUTO, RankLayout

    asked = read(model, planner.PlanSpec, "a model and its training as a TOML file")
    there = read(cluster, Cluster, "a cluster as a TOML file")
    if layout == AUTO:
        found = planner.best(asked, there, most=best)
    else:
        found = [planner.asked(asked, there, RankLayout.parse(layout))]
    start = None if trace is None else _start(trace, found[0], within)
    if json:
        told = {"simulated": True, "layouts": [_planned(one) for one in found]}
        print_json(told if start is None else told | {"start": start})
        return
    _tell_plan(asked, there, found)
    if start is not None:
        results().print(
            f"Start the first of them in {start['hour']} h: {start['saved']:.1%} less carbon than "
            f"now, at the same deadline of {within} h, on {trace}.",
            highlight=False,
            soft_wrap=True,
        )


def _tell_plan(asked: "PlanSpec", there: "Cluster", found: "list[PlannedLayout]") -> None:
    console, tokens = results(), asked.training.tokens
    console.print(
        f"[bold]{asked.title or 'A model'}[/] on {there.title or 'a cluster'}: "
        f"{asked.model.parameters / 1e9:.3g} billion parameters, {tokens:.3g} tokens, "
        f"{asked.model.flops(tokens):.3g} FLOP. All figures are simulated.",
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
    """Measure what a core of this machine reaches, and what holds kernels of a model back."""
    from dataclasses import asdict

    from ingenium.scale.roofline import measured

    roof, kernels = measured()
    told = [
        asdict(one) | {
            "intensity": one.intensity, "gflops": one.gflops, "bound": one.bound(roof),
            "roof_gflops": roof.over(one.intensity),
        }
        for one in kernels
    ]  # fmt: skip
    if json:
        print_json(asdict(roof) | {"ridge": roof.ridge, "kernels": told})
        return
    results().print(
        f"One core: {roof.gflops:.3g} GFLOP/s and {roof.gb_s:.3g} GB/s in full precision; its "
        f"ridge is at {roof.ridge:.2g} FLOP a byte.",
        highlight=False,
    )
    shown = table("", "Kernel", "FLOP a byte", "GFLOP/s", "Of its roof", "Bound by")
    for own in told:
        shown.add_row(
            own["name"], f"{own['intensity']:.3g}", f"{own['gflops']:.3g}",
            f"{own['gflops'] / own['roof_gflops']:.0%}", own["bound"],
        )  # fmt: skip
    results().print(shown, highlight=False)


def drill(
    file: Annotated[Path, typer.Argument(help="The drill as TOML.")],
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/drill"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another one.")] = False,
    json: AsJson = False,
) -> None:
    """Train on real processes, kill one and cut one off, and say whether nothing was lost.

    Ends with 1 if it was.
    """
    from ingenium.report.drill_page import write
    from ingenium.verbs import drill as drilling

    with StageProgress() as stages:
        made = drilling.drill(drilling.load(file), out, watch=stages, overwrite=overwrite)
        write(made)
    record = made.record
    if json:
        print_json({"folder": str(out), **record})
    else:
        _tell_drill(record, out)
    if not record["holds"]:
        errors().print("The drill does not hold.", style="bold")
        raise typer.Exit(UNMET)


def _tell_drill(record: Any, out: Path) -> None:
    console = results()
    shown = table("", "Fault", "At step", "Seen after, s", "Trained again after, s", "Steps redone")
    for own in record["faults"]:
        shown.add_row(
            own["what"], str(own["step"]), f"{own['seen_s']:.1f}", f"{own['recovered_s']:.1f}",
            str(own["redone"]),
        )  # fmt: skip
    console.print(shown, highlight=False)
    for note in record["notes"]:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"Loss {record['loss']:.6g}, and {record['undisturbed_loss']:.6g} undisturbed. "
        f"Availability {record['availability']:.1%}; {1e3 * record['energy']['kwh']:.3g} Wh.",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"{out}/report.html", highlight=False, markup=False, soft_wrap=True)


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


def tell_fit(kept: "ScaledFit", json: bool) -> None:
    """A fit over workers: predicted beside measured, and the loss beside one process."""
    record = kept.record
    if json:
        print_json({"folder": str(kept.folder), **record})
        return
    console = results()
    console.print(
        f"[bold]{record['family']}[/] for {record['problem']} on {record['on']} as "
        f"{record['layout']}: {record['steps']} steps.",
        highlight=False,
    )
    shown = table("", "MB of the fullest rank", "Predicted", "Measured")
    predicted, measured = record["predicted"], record["measured"]
    for part in PARTS:
        most = max(own[part] for own in measured["bytes"])
        shown.add_row(part, f"{predicted['bytes'][part] / 1e6:.1f}", f"{most / 1e6:.1f}")
    taken = measured["step_s"]
    shown.add_row(
        "a step, s", f"{predicted['step_s']:.3g}", "none made" if taken is None else f"{taken:.3g}"
    )
    spent = max(measured["rehearsed_cpu_s"])
    shown.add_row("a step, CPU s of a rank", f"{predicted['step_cpu_s']:.3g}", f"{spent:.3g}")
    console.print(shown, highlight=False)
    if record["tried"]:
        _tell_tried(record["tried"])
    if record["one_process"] is not None:
        _tell_alone(record["one_process"])
    console.print(
        f"Held-out loss {record['course']['held_out'][-1]:.4g}. {kept.folder}/fit.json and model",
        highlight=False,
        soft_wrap=True,
    )


def _tell_tried(tried: Any) -> None:
    """All layouts that were tried, predicted beside measured."""
    shown = table("", "Layout", "Step, s", "Predicted", "MB a rank", "Predicted", "Waits")
    for own in tried:
        shown.add_row(
            own["layout"], f"{own['step_s']:.3g}", f"{own['predicted_s']:.3g}",
            f"{own['bytes'] / 1e6:.1f}", f"{own['predicted_bytes'] / 1e6:.1f}",
            _waits(own["waits"]),
        )  # fmt: skip
    results().print(shown, highlight=False)


def _waits(own: Any) -> str:
    """What ranks exchanged or waited for, in words."""
    if "idle" in own:
        return f"{own['idle']:.0%} idle, {own['bubble']:.0%} by formula"
    if "buckets" in own:
        hidden = own["buckets"]["hidden"]
        return "exchange lost in noise" if hidden is None else f"{hidden:.0%} of exchange hidden"
    return f"{own['summed_bytes'] / 1e6:.1f} MB summed" if "summed_bytes" in own else ""


def _tell_alone(alone: Any) -> None:
    """The first steps beside those of one process."""
    how = "equal" if alone["equal"] else "not equal"
    results().print(
        f"Losses of the first steps and those of one process are {how}: at most "
        f"{alone['apart']:.1g} apart.",
        highlight=False,
    )
    share, most = alone["parallel_share"], alone["parallel_share"]["most"]
    bound = "no bound" if most is None else f"at most {most:.3g} times with any number"
    results().print(
        f"{alone['speedup']:.2f} times as fast as one process; all workers do "
        f"{share['value']:.0%} of a step ({share['low']:.0%} to {share['high']:.0%}): {bound}, "
        "by Amdahl's law.",
        highlight=False,
        soft_wrap=True,
    )


def queue(
    folder: Annotated[Path, typer.Argument(help="Folder for the programs and their jobs.")],
) -> None:
    """Write programs that queue jobs on this machine as Slurm does, to try a job without a cluster.

    Put the folder on the path: sbatch, squeue and scancel in it are then those of the job.
    """
    from ingenium.scale.local_queue import write

    write(folder)
