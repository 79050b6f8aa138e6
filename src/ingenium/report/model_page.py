"""The page of a model: what was read, what it says in plain words, and what speaks for it."""

import re
from collections.abc import Sequence
from typing import Any

from ingenium.core.folders import write_atomic
from ingenium.drawing.figures import picture
from ingenium.model import pictures
from ingenium.model.made import AHEAD, MadeModel
from ingenium.model.searched import HELD
from ingenium.report.template import template

Table = Sequence[Sequence[str]]
NEAR = 10.0  # of AICc behind the best, up to which assumptions of a family are listed


def write(made: MadeModel) -> None:
    """`report.html` in the folder of the model."""
    record = made.kept.record
    figures = [
        (
            "Forecast",
            f"{record['plain']} Left of the dashed line the model was fitted.",
            pictures.forecast(made.series, made.time, made.courses, made.readings),
        ),
        (
            "What the model leaves",
            "Readings over the model, as ratios; a pattern is what the model does not know.",
            pictures.residuals(made.series, made.courses[:, ::AHEAD]),
        ),
        (
            "Constants",
            "Posteriors by the no-U-turn sampler; the line is what was taken for possible before.",
            pictures.constants(made.found, list(record["constants"])),
        ),
    ]
    tables = [
        ("The model", _model(record)),
        ("Constants with intervals", _constants(record)),
        ("Families that were tried", _candidates(record)),
        ("Checks", [("check", "holds", "found"), *((c["name"], _yes(c["holds"]), c["found"])
                                                    for c in record["checks"])]),
    ]  # fmt: skip
    if record["laws"]:
        unit = f"1/{made.series.clock_unit}"
        tables.append((f"Rates that the search of laws found, in {unit}", _laws(record)))
    page = template("posterior.html.jinja").render(
        title=record["asked"]["words"],
        lead=lead(record),
        calibrated=record["holds"],
        reasons=record["reasons"],
        figures=[(h, t, picture(f, f"f{i}")) for i, (h, t, f) in enumerate(figures)],
        tables=tables,
        notes=[*record["found_again"], *record["rest"], *record["cannot_say"], *record["left_out"]],
    )
    write_atomic(made.kept.folder / "report.html", page)


def lead(record: Any) -> str:
    """The model and its verdict in a sentence."""
    return f"{record['title']}: {record['verdict']}"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _model(record: Any) -> Table:
    rows = [("part", "what")]
    rows += [("equation", e) for e in record["equations"]]
    rows += [("assumes", a) for a in record["assumptions"]]
    return rows


def _constants(record: Any) -> Table:
    rows = [("constant", "median", "50 %", "90 %", "unit")]
    for name, own in record["constants"].items():
        v = {k: f"{own[k]:.3g}" for k in ("q05", "q25", "q50", "q75", "q95")}
        bands = f"{v['q25']} to {v['q75']}", f"{v['q05']} to {v['q95']}"
        rows.append((name, v["q50"], *bands, own["unit"]))
    return rows


def _candidates(record: Any) -> Table:
    rows = [("family", "constants", "AICc behind the best", "assumes")]
    for own in record["candidates"]:
        told = " ".join(own["assumptions"]) if own["behind"] <= NEAR else ""
        rows.append((own["title"], str(own["constants"]), f"{own['behind']:.1f}", told))
    return rows


def _laws(record: Any) -> Table:
    rows = [("column", "growth by its size, of columns over their mean", "misfit", "complexity")]
    for law in record["laws"]:
        text = _plain(law["text"])
        rows.append((law["column"], text, f"{law['misfit']:.2f}", str(law["complexity"])))
    return rows


def _plain(text: str) -> str:
    """The formula in a file of SymPy, with its constants in their places, to four digits."""
    lines = [x for x in text.splitlines() if not x.startswith("#")]
    held = {m[1]: m[2] for m in map(HELD.fullmatch, lines[:-1]) if m}
    formula = lines[-1].partition(" = ")[2]
    formula = re.sub(r"\bc\d+\b", lambda m: held.get(m[0], m[0]), formula)
    formula = re.sub(r"\d+\.\d+(?:e[+-]\d+)?", lambda m: f"{float(m[0]):.4g}", formula)
    return formula.replace("+ -", "- ")
