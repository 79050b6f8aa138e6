"""The page of a posterior: what is told of the hidden state, and whether it may be believed."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from ingenium.core.folders import write_atomic
from ingenium.drawing.figures import picture
from ingenium.infer import pictures
from ingenium.infer.answering import Inferred
from ingenium.infer.record import CALIBRATED, WEIGHT
from ingenium.report.template import template

Table = Sequence[Sequence[str]]


def write(made: Inferred) -> None:
    """`report.html` in the folder of the posterior."""
    record, question = made.kept.record, made.question
    values = question.measure(made.found.arrays).numpy()
    draws = made.kept.draws()
    own = question.sections(draws, draws[WEIGHT].to_numpy()) if question.sections else ()
    names = [q.name for q in question.quantities]
    figures = [(s.heading, s.text, s.figure) for s in own if s.figure is not None]
    corner = pictures.corner(question.quantities, values, made.found.weight)
    figures.append(("Corner plot", "Ellipses hold 50 and 90 % of the posterior.", corner))
    if any(len(r.levels) for r in made.ranks.values()):
        told = "Ranks of draws of the prior and of held-out truths, with bands of 95 %."
        figures.append(("Calibration", told, pictures.calibration(names, made.ranks)))
        figures.append(("Coverage", "On the line a region holds what it says.", _cover(made)))
    tables = [("What was inferred", _told(record)), ("What was judged", _measured(record))]
    tables += [(s.heading, s.table) for s in own if s.table]
    page = template("posterior.html.jinja").render(
        title=record["title"],
        lead=lead(record),
        calibrated=record["verdict"] == CALIBRATED,
        reasons=record["reasons"],
        figures=[(h, t, picture(f, f"f{i}")) for i, (h, t, f) in enumerate(figures)],
        tables=tables,
        notes=[*record["given"], *record["notes"]],
    )
    write_atomic(made.kept.folder / "report.html", page)


def lead(record: Any) -> str:
    """The verdict in a sentence."""
    return (
        f"{str(record['verdict']).capitalize()}: {record['readings']} readings, answered by "
        f"{record['method']} with the generator {record['family']} as the prior"
    )


def _cover(made: Inferred) -> Figure:
    return pictures.reached(made.ranks)


def _told(record: Any) -> Table:
    rows = [("quantity", "median", "50 %", "90 %", "unit")]
    table = record["told"]
    for own in table.values():
        value = {k: f"{own[k]:.5g}" for k in ("q05", "q25", "q50", "q75", "q95")}
        rows.append(
            (
                str(own["long_name"]),
                value["q50"],
                f"{value['q25']} to {value['q75']}",
                f"{value['q05']} to {value['q95']}",
                str(own["unit"]),
            )
        )
    return rows


def _measured(record: Any) -> Table:
    rows = [("quantity", "value", "95 % interval")]
    table = record["measured"]
    for name, own in table.items():
        if own["value"] is None:
            rows.append((name, "unknown", ""))
            continue
        ends = (own["low"], own["high"])
        wide = None not in ends and ends[0] != ends[1]
        rows.append(
            (name, f"{own['value']:.3g}", f"{ends[0]:.3g} to {ends[1]:.3g}" if wide else "")
        )
    return rows
