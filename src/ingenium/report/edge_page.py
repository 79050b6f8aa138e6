"""The page of a small generator: what it takes, what it keeps, and what else was tried."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ingenium.core.folders import write_atomic
from ingenium.core.select import pareto_rank
from ingenium.drawing.figures import picture
from ingenium.edge import pictures
from ingenium.edge.record import SmallGenerator
from ingenium.report.template import template

Table = Sequence[Sequence[str]]
SHOWN = {
    "flash": (1e-3, "kB"),
    "ram": (1e-3, "kB"),
    "instructions": (1e-6, "million"),
    "latency": (1e3, "ms"),
    "energy": (1e3, "mJ"),
    "loss_rise": (1e2, "%"),
}
LONG = 1e4  # from which a number is written out
FRONT = {"accepted": -1.0, "flash": 1.0, "instructions": 1.0, "energy": 1.0}  # less is better
TRIED = ("accepted", "apart", "loss_rise", "flash", "instructions", "latency", "energy")


def write(kept: SmallGenerator) -> None:
    """`report.html` in the folder of the generator."""
    record = kept.record
    figure = picture(pictures.pareto(record), "f0")
    page = template("monitor.html.jinja").render(
        title=record["title"][:1].upper() + record["title"][1:],
        lead=lead(record),
        tables=[
            ("What was measured, a design", measured(record)),
            ("What was tried", tried(record)),
            ("As files of ONNX", floating(record)),
            ("What each recipe takes", screened(record)),
        ],
        figures=[("Quality against what it takes; numbers are rows of what was tried", figure)],
        notes=record["notes"],
    )
    write_atomic(kept.folder / "report.html", page)


def lead(record: Mapping[str, Any]) -> str:
    """The verdict in a sentence."""
    return (
        f"{record['verdict'].capitalize()}: {record['family']} of {record['problem']} on "
        f"{record['device']['name']}, by {record['recipe_title']}; the emulated board says number "
        "by number what the file says"
    )


def words(name: str) -> str:
    """A quantity as a heading has it."""
    return name.replace("_", " ").replace("ram", "RAM")


def value(own: Mapping[str, Any], name: str) -> str:
    """A measured value in the unit that people read, with its interval."""
    if own["value"] is None:
        return "unknown"
    size, unit = SHOWN.get(name, (1.0, "" if own["unit"] == "1" else own["unit"]))
    number = own["value"] * size
    text = f"{number:,.0f}" if abs(number) >= LONG else f"{number:.4g}"
    text = f"{text} {unit}".strip()
    if own["low"] is None or own["low"] == own["high"]:
        return text
    return f"{text} ({own['low'] * size:.3g} to {own['high'] * size:.3g})"


def measured(record: Mapping[str, Any]) -> Table:
    """All quantities, beside those of the generator before."""
    rows = [("quantity", "small", "before", "limit")]
    limits = {x["quantity"]: x for x in record["device"]["limits"]}
    for name, own in record["measured"].items():
        before = record["original"].get(name)
        limit = limits.get(name)
        bounds = [
            f"{word} {value({**own, 'value': limit[key], 'low': None}, name)}"
            for key, word in (("at_least", "at least"), ("at_most", "at most"))
            if limit and limit[key] is not None
        ]
        told = "" if before is None else value(before, name)
        rows.append((words(name), value(own, name), told, " and ".join(bounds)))
    return rows


def tried(record: Mapping[str, Any]) -> Table:
    """Every recipe that was carried out; on the front are those that none beats in `FRONT`."""
    rows = [("", "recipe", *map(words, TRIED), "holds", "on the front")]
    every = [trial["measured"] for trial in record["trials"]]
    points = [[own[name]["value"] * sign for name, sign in FRONT.items()] for own in every]
    first = pareto_rank(np.array(points, dtype=float)) == 0
    for i, (trial, own) in enumerate(zip(record["trials"], every, strict=True)):
        title = f"{trial['title']}{' (chosen)' if trial['chosen'] else ''}"
        cells = [value(own[n], n) for n in TRIED]
        ends = ("yes" if known else "no" for known in (trial["holds"], first[i]))
        rows.append((str(i + 1), title, *cells, *ends))
    return rows


def floating(record: Mapping[str, Any]) -> Table:
    """The original as files of floating numbers, beside the chosen file of whole ones."""
    names = ("accepted", "apart", "loss", "loss_rise")
    rows = [("format", "ONNX, kB", *map(words, names))]
    chosen = next(t for t in record["trials"] if t["chosen"])
    every = [*record["floating"].items(), (record["recipe_title"], chosen)]
    for title, own in every:
        judged = own.get("measured", record["original"])
        cells = [value(judged[n], n) if n in judged else "" for n in names]
        rows.append((title, f"{own['file'] / 1e3:.1f}", *cells))
    return rows


def screened(record: Mapping[str, Any]) -> Table:
    """Bytes and instructions of all recipes, before anything was trained."""
    rows = [("recipe", "flash, kB", "RAM, kB", "instructions, million", "within the limits")]
    for s in record["screened"]:
        own = f"{s['flash'] / 1e3:.1f}", f"{s['ram'] / 1e3:.1f}", f"{s['instructions'] / 1e6:.3g}"
        if not s["ram"]:  # its weights alone pass a limit, so that no board ran it
            own = f"at least {own[0]}", "", f"at least {own[2]}"
        rows.append((s["title"], *own, "yes" if s["fits"] else "no"))
    return rows
