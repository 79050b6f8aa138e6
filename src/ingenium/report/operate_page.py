"""Pages of operations: who decided what, when and why."""

from typing import Any

from ingenium.core.folders import write_atomic
from ingenium.drawing.figures import picture
from ingenium.operate import pictures
from ingenium.operate.record import OperationRecord
from ingenium.report.template import template
from ingenium.report.words import number

Rows = list[tuple[str, ...]]
DECISIONS = 200  # that a page shows


def write(kept: OperationRecord) -> None:
    """`report.html` beside the record."""
    record = kept.record
    tables = [("Release, without the shell", _release(record))]
    figures = []
    if record["verdict"] != "refused":
        course = kept.course
        figures = [
            ("The run", pictures.timeline(course, record)),
            ("How surprising readings were", pictures.surprise(course, record)),
        ]
        tables = [
            ("What was measured", _measured(record)),
            ("Faults, and how they were met", _faults(record)),
            ("Who decided what", _decisions(record)),
            *tables,
        ]
    page = template("monitor.html.jinja").render(
        title=record["spec"]["title"] or f"{record['problem']} in operation",
        lead=f"{record['verdict']}; {kept.acting} on {record['plant']['name']}",
        tables=tables,
        figures=[(name, picture(f, f"f{i}")) for i, (name, f) in enumerate(figures)],
        notes=_notes(record),
    )
    write_atomic(kept.folder / "report.html", page)


def _measured(record: Any) -> Rows:
    rows = [("quantity", "value", "unit")]
    return [*rows, *((k, number(v["value"]), v["unit"]) for k, v in record["measured"].items())]


def _release(record: Any) -> Rows:
    rows: Rows = [("plant", "scenarios outside", "interval", "error")]
    for plant, own in record["release"]["measured"].items():
        share, error = own["outside"], own["error"]
        rows.append(
            (
                plant,
                f"{share[0]:.1%}",
                f"{max(share[1], 0):.1%} to {share[2]:.1%}",
                f"{error[0]:.3g}",
            )
        )
    return rows


def _faults(record: Any) -> Rows:
    rows: Rows = [("fault", "at, s", "for, s", "size", "first met after, s", "by", "why")]
    for f in record["faults"]:
        after = "never" if f["after_s"] is None else f"{f['after_s']:.2f}"
        own = (f["kind"], f"{f['at_s']:.1f}", f"{f['for_s']:.1f}", f"{f['size']:g}")
        rows.append((*own, after, f["by"], f["why"]))
    return rows


def _decisions(record: Any) -> Rows:
    rows: Rows = [("from, s", "to, s", "who", "why", "periods")]
    for d in record["decisions"][:DECISIONS]:
        own = (f"{d['at_s']:.2f}", f"{d['until_s']:.2f}", d["name"] or d["who"], d["why"])
        rows.append((*own, str(d["periods"])))
    return rows


def _notes(record: Any) -> list[str]:
    if record["verdict"] == "refused":
        return [f"The policy was refused: {record['why']}. The plant stayed at its fallback."]
    watch, period = record["watch"], record["period"]
    return [
        f"An episode of {watch['episode_s']:g} s of calm service stays without an alarm with a "
        f"probability of at least {watch['coverage']:.0%}, by {watch['episodes']} episodes.",
        f"A decision took {period['median_us']:.0f} µs (99 % within {period['p99_us']:.0f} µs) "
        f"of a period of {1e6 * period['seconds']:.0f} µs.",
        *(f"The run was stopped at {s:.2f} s and went on later." for s in record["stops_s"]),
    ]
