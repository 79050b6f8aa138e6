"""`monitor`: alarms on streams that are fitted, judged, exported, compared and run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.artifacts import finish, specified
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.monitor.artifact import Monitor
    from ingenium.monitor.spec import MonitorSpec
    from ingenium.verbs.monitor import StreamRun

Streams = Annotated[
    Path,
    typer.Argument(
        metavar="STREAMS",
        help="Folder of a run, or a CSV file or folder of CSV files with streams.",
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="MONITOR", help="Folder of a fitted monitor.")]
SpecOption = Annotated[
    Path | None,
    typer.Option(
        "--spec", help="Spec of the monitor, as TOML (default: one false alarm a week, no limits)."
    ),
]
Augment = Annotated[
    str | None,
    typer.Option(
        help="Augmentation of rare events, such as diffusion (default: that of the spec, none)."
    ),
]
Seed = Annotated[
    int | None, typer.Option(help="Random seed of splits and fits (default: that of the spec, 0).")
]
Steps = Annotated[
    int | None, typer.Option(min=1, help="Number of training steps (default: the family's own).")
]
SHOWN = ("missed", "false_alarms", "delay", "auc", "vus_pr", "affiliation_f1")
FAULTS = 12  # that are printed


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Fit, judge and run alarms on streams of measurements.",
        no_args_is_help=True,
    )
    for command in (fit, run, compare, families):
        group.command()(guarded(command))
    app.add_typer(group, name="monitor")


def fit(
    streams: Streams,
    spec: SpecOption = None,
    family: Annotated[
        str | None,
        typer.Option(
            help="Detector family, see ingenium monitor families (default: that of the spec)."
        ),
    ] = None,
    augment: Augment = None,
    seed: Seed = None,
    steps: Steps = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/monitor"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing result in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Fit a monitor, calibrate its threshold, export it, and judge the file on unseen events."""
    wanted = _wanted(spec, family=family, augment=augment, seed=seed, steps=steps)
    from ingenium.report.artifact_report import write
    from ingenium.verbs import monitor as watching

    with StageProgress() as stages:
        stored = watching.fit(streams, wanted, out, watch=stages, overwrite=overwrite)
        write(stored)
    finish(stored, json=json)


def run(
    monitor: Folder,
    stream: Annotated[
        Path,
        typer.Argument(
            help="CSV with a header row; - reads rows from standard input as they arrive."
        ),
    ],
    state: Annotated[
        Path | None,
        typer.Option(help="File that stores the detector's state across restarts (default: none)."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Output folder of the report (default: no report).")
    ] = None,
    json: AsJson = False,
) -> None:
    """Run a monitor on a stream, row by row, and report when and where it raised alarms."""
    from ingenium.monitor.artifact import Monitor
    from ingenium.monitor.running import RowAlarm, summary
    from ingenium.verbs import monitor as watching

    stored = Monitor.open(monitor)

    def ring(row: RowAlarm) -> None:
        if row.began and not json:
            results().print(f"alarm at {row.stamp}, row {row.row}", highlight=False)

    seen = watching.run(stored, stream, state, heard=ring)
    found = summary(seen.reported, seen.memory, seen.label)
    folder = out or monitor / "runs" / (stream.stem if str(stream) != "-" else "input")
    _write_run(stored, seen, found, folder)
    if json:
        print_json(found | {"report": str(folder / "report.html")})
        return
    _tell_run(found)
    results().print(f"{folder}/report.html", highlight=False, markup=False, soft_wrap=True)


def _write_run(stored: "Monitor", seen: "StreamRun", found: dict[str, Any], folder: Path) -> None:
    """Write the report of a stream, and each row with its score as CSV."""
    import pandas as pd

    from ingenium.core.folders import make_folder, write_atomic
    from ingenium.monitor.pictures import of_run
    from ingenium.report.artifact_report import framed

    make_folder(folder)
    rows = [(t.row, t.stamp, t.score, int(t.alarm)) for t in seen.reported]
    frame = pd.DataFrame(rows, columns=["row", "stamp", "score", "alarm"])
    write_atomic(folder / "rows.csv", frame.to_csv(index=False))
    alarms = [("row", "stamp", "score")]
    alarms += [(str(a["row"]), a["stamp"], f"{a['score']:.4g}") for a in found["alarms"]]
    framed(
        folder,
        "What the monitor said",
        f"{len(found['alarms'])} alarms in {found['rows']} rows",
        of_run(stored, seen.reported, seen.values, seen.label),
        [("Alarms", alarms)],
        notes=found["faults"],
    )


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
            f"Events are known: {100 * rank['accuracy']:.1f} % of rows classified correctly, "
            f"score of "
            f"BATADAL S {rank['s']:.3f} (time {rank['s_time_to_detection']:.3f}, classification "
            f"{rank['s_classification']:.3f}).",
            highlight=False,
            soft_wrap=True,
        )
    for fault in faults[:FAULTS]:
        console.print(f"  {fault}", highlight=False, markup=False)
    if len(faults) > FAULTS:
        console.print(f"  and {len(faults) - FAULTS} more", highlight=False)


def families(json: AsJson = False) -> None:
    """List the families of monitors, and the ways to augment rare windows."""
    from ingenium.monitor.augment import ARMS
    from ingenium.monitor.families.table import FAMILIES

    if json:
        print_json({"families": list(FAMILIES), "augment": list(ARMS)})
        return
    results().print(f"Families: {', '.join(FAMILIES)}", highlight=False)
    results().print(f"Augmentation: {', '.join(ARMS)}", highlight=False)


def compare(
    streams: Streams,
    spec: SpecOption = None,
    family: Annotated[
        list[str] | None,
        typer.Option(help="Detector family to compare; may be repeated (default: all)."),
    ] = None,
    augment: Augment = None,
    seed: Seed = None,
    steps: Steps = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/monitors"),
    json: AsJson = False,
) -> None:
    """Fit detector families to the same streams, and compare them at the same alarm rate."""
    from ingenium.core.artifact import shown as written
    from ingenium.monitor.families.table import FAMILIES
    from ingenium.verbs import monitor as watching

    found = {}
    with StageProgress() as stages:
        for name in family or list(FAMILIES):
            wanted = _wanted(spec, family=name, augment=augment, seed=seed, steps=steps)
            stored = watching.fit(streams, wanted, out / name, watch=stages, overwrite=True)
            found[name] = stored
    if json:
        print_json({k: {n: m.record[n] for n in ("measured", "kinds")} for k, m in found.items()})
        return
    shown = table("On streams that no family saw (95 % interval)", "family", *SHOWN)
    for name, stored in found.items():
        shown.add_row(name, *(" ".join(written(stored.values[q])) for q in SHOWN))
    first = next(iter(found.values()))
    if chance := first.record["chance"]:
        reported = f"{chance['point_adjusted_f1']:.3g}, point-adjusted"
        shown.add_row("a random alarm", "", "", "", f"{chance['auc']:.3g}", "", reported)
    results().print(shown, highlight=False)
    for note in first.notes:
        results().print(note, highlight=False, markup=False, soft_wrap=True)


def _wanted(spec: Path | None, **options: Any) -> "MonitorSpec":
    from ingenium.core.artifact import load
    from ingenium.monitor.spec import MonitorSpec

    own = load(spec, MonitorSpec, "a spec of a monitor") if spec else MonitorSpec()
    return specified(own, **options)
