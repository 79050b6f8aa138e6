"""`monitor`: alarms on streams that are fitted, judged, exported, compared and run."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.made_again import made_again
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.monitor.record import Monitor
    from ingenium.monitor.spec import MonitorSpec

Streams = Annotated[
    Path, typer.Argument(metavar="STREAMS", help="A run's folder, or streams as CSV files.")
]
Folder = Annotated[Path, typer.Argument(metavar="MONITOR", help="The folder of a monitor.")]
SpecOption = Annotated[Path | None, typer.Option("--spec", help="A spec as TOML.")]
Augment = Annotated[str | None, typer.Option(help="How rare windows are made more.")]
Seed = Annotated[int | None, typer.Option(help="Of splits and fits.")]
Steps = Annotated[int | None, typer.Option(min=1, help="Of training.")]
SHOWN = ("missed", "false_alarms", "delay", "auc", "vus_pr", "affiliation_f1")
FAULTS = 12  # that are printed


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Alarms on streams: fitted, exported, judged on events that they never saw, and run.",
        no_args_is_help=True,
    )
    for command in (fit, run, show, compare, replay):
        group.command()(guarded(command))
    app.add_typer(group, name="monitor")


def fit(
    streams: Streams,
    spec: SpecOption = None,
    family: Annotated[str | None, typer.Option(help="What scores; see `monitor show`.")] = None,
    augment: Augment = None,
    seed: Seed = None,
    steps: Steps = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/monitor"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another one.")] = False,
    json: AsJson = False,
) -> None:
    """Fit a monitor, set its bar, export it, and judge the file on what it never saw."""
    wanted = _wanted(spec, family=family, augment=augment, seed=seed, steps=steps)
    from ingenium.report.monitor_page import write_fit
    from ingenium.verbs import monitor as watching

    with StageProgress() as stages:
        kept = watching.fit(streams, wanted, out, watch=stages, overwrite=overwrite)
        write_fit(kept)
    _tell(kept, json)
    if kept.record["verdict"] != "accepted":
        errors().print(f"The monitor is {kept.record['verdict']}: {_broken(kept)}", style="bold")
        raise typer.Exit(UNMET)


def run(
    monitor: Folder,
    stream: Annotated[Path, typer.Argument(help="CSV with a header; `-` reads rows as they come.")],
    state: Annotated[
        Path | None, typer.Option(help="File that keeps the memory over restarts.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the page.")] = None,
    json: AsJson = False,
) -> None:
    """Run a monitor on a stream, row by row, and draw when it rang and where."""
    from ingenium.monitor.record import Monitor
    from ingenium.monitor.running import RowAlarm, summary
    from ingenium.report.monitor_page import write_run
    from ingenium.verbs import monitor as watching

    kept = Monitor.opened(monitor)

    def ring(row: RowAlarm) -> None:
        if row.began and not json:
            results().print(f"alarm at {row.stamp}, row {row.row}", highlight=False)

    seen = watching.run(kept, stream, state, heard=ring)
    found = summary(seen.told, seen.memory, seen.label)
    folder = out or monitor / "runs" / (stream.stem if str(stream) != "-" else "input")
    write_run(kept, seen.told, seen.values, seen.label, found, folder)
    if json:
        print_json(found | {"report": str(folder / "report.html")})
        return
    _tell_run(found)
    results().print(f"{folder}/report.html", highlight=False, markup=False, soft_wrap=True)


def _tell_run(found: dict[str, Any]) -> None:
    """Alarms, pace, what BATADAL's rules give where events are known, and faulty rows."""
    console = results()
    alarms, took, faults = found["alarms"], found["microseconds"], found["faults"]
    console.print(
        f"{len(alarms)} alarms in {found['rows']} rows; {took['median']:.0f} µs a row "
        f"(99 % within {took['p99']:.0f} µs).",
        highlight=False,
    )
    if rank := found["ranking"]:
        console.print(
            f"Events are known: {100 * rank['accuracy']:.1f} % of rows told rightly, score of "
            f"BATADAL S {rank['s']:.3f} (time {rank['s_time_to_detection']:.3f}, classification "
            f"{rank['s_classification']:.3f}).",
            highlight=False,
            soft_wrap=True,
        )
    for fault in faults[:FAULTS]:
        console.print(f"  {fault}", highlight=False, markup=False)
    if len(faults) > FAULTS:
        console.print(f"  and {len(faults) - FAULTS} more", highlight=False)


def show(
    monitor: Annotated[
        Path | None, typer.Argument(metavar="MONITOR", help="Its folder; families if none.")
    ] = None,
    json: AsJson = False,
) -> None:
    """What a monitor is, what was judged, and what it holds; without one, what can be fitted."""
    if monitor is None:
        from ingenium.monitor.augment import ARMS
        from ingenium.monitor.families.table import FAMILIES

        if json:
            print_json({"families": list(FAMILIES), "augment": list(ARMS)})
            return
        results().print(f"Families: {', '.join(FAMILIES)}", highlight=False)
        results().print(f"Augmentation: {', '.join(ARMS)}", highlight=False)
        return
    from ingenium.monitor.record import Monitor

    _tell(Monitor.opened(monitor), json)


def compare(
    streams: Streams,
    spec: SpecOption = None,
    family: Annotated[
        list[str] | None, typer.Option(help="One of the families; repeat it. All if none.")
    ] = None,
    augment: Augment = None,
    seed: Seed = None,
    steps: Steps = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/monitors"),
    json: AsJson = False,
) -> None:
    """Fit families to the same streams and judge them at the same budget of alarms."""
    from ingenium.monitor.families.table import FAMILIES
    from ingenium.verbs import monitor as watching

    found = {}
    with StageProgress() as stages:
        for name in family or list(FAMILIES):
            wanted = _wanted(spec, family=name, augment=augment, seed=seed, steps=steps)
            kept = watching.fit(streams, wanted, out / name, watch=stages, overwrite=True)
            found[name] = kept.record
    if json:
        print_json({k: {"measured": r["measured"], "kinds": r["kinds"]} for k, r in found.items()})
        return
    shown = table("On streams that no family saw (95 % interval)", "family", *SHOWN)
    for name, record in found.items():
        shown.add_row(name, *(_value(record["measured"][q]) for q in SHOWN))
    if chance := next(iter(found.values()))["chance"]:
        told = f"{chance['point_adjusted_f1']:.3g}, point-adjusted"
        shown.add_row("a random alarm", "", "", "", f"{chance['auc']:.3g}", "", told)
    results().print(shown, highlight=False)
    _warn(next(iter(found.values())))


def replay(monitor: Folder, json: AsJson = False) -> None:
    """Fit a monitor again from what it was fitted to, and say whether its record holds."""
    from ingenium.monitor.record import Monitor
    from ingenium.verbs import monitor as watching

    with tempfile.TemporaryDirectory() as place, StageProgress():
        found = watching.replay(Monitor.opened(monitor), Path(place) / "again")
    made_again(found, json)


def _wanted(spec: Path | None, **options: Any) -> "MonitorSpec":
    from ingenium.core.spec import parse
    from ingenium.monitor.spec import MonitorSpec, load

    own = load(spec) if spec else MonitorSpec()
    given = {k: v for k, v in options.items() if v is not None}
    parse(given, MonitorSpec, "the options")
    return replace(own, **given)


def _tell(kept: "Monitor", json: bool) -> None:
    record = kept.record
    if json:
        print_json({"folder": str(kept.folder), **record})
        return
    console = results()
    arm = record["spec"]["augment"]
    more = "" if arm == "none" else f" with {arm}"
    console.print(
        f"[bold]{record['family']}[/]{more}: {record['verdict']}, on "
        f"{len(record['events'])} events and {record['calm_weeks']:.3g} calm weeks it never saw.",
        highlight=False,
    )
    shown = table("", "Quantity", "Value (95 % interval)", "Unit")
    for name, value in record["measured"].items():
        shown.add_row(name, _value(value), value["unit"])
    console.print(shown, highlight=False)
    kinds = table("", "Kind", "Events", "Missed", "Median delay, h", "Learned")
    for name, own in record["kinds"].items():
        delay = "" if own["delay"] is None else f"{own['delay']:.3g}"
        row = (name, str(own["events"]), str(own["missed"]), delay)
        kinds.add_row(*row, "yes" if own["seen"] else "never")
    console.print(kinds, highlight=False)
    _warn(record)
    for note in record["notes"]:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    console.print(f"{kept.folder}/monitor.onnx and report.html", highlight=False, markup=False)


def _warn(record: Any) -> None:
    chance = record["chance"]
    if chance:
        results().print(
            f"A random alarm: AUC {chance['auc']:.2f}, and F1 {chance['point_adjusted_f1']:.2f} "
            "under point adjustment, which is why nothing here is point-adjusted.",
            highlight=False,
            soft_wrap=True,
        )


def _value(own: Any) -> str:
    if own["value"] is None:
        return "unknown"
    if own["low"] is None:
        return f"{own['value']:.3g}"
    return f"{own['value']:.3g} ({own['low']:.3g} to {own['high']:.3g})"


def _broken(kept: "Monitor") -> str:
    margins = kept.record["margins"]
    return "; ".join(k for k, m in margins.items() if m is None or m < 0) + "."
