"""The artifact of `edge fit`: a generator small enough for a device, its files and its trials."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ingenium.core.artifact import Artifact, Table
from ingenium.core.digest import digest
from ingenium.core.sealed import without_none
from ingenium.core.select import pareto_rank
from ingenium.core.spec import parse
from ingenium.edge.device import DeviceSheet
from ingenium.edge.onnx_file import GraphFile
from ingenium.edge.parts import FileRunner

SOURCE, HEADER = "generator.c", "generator.h"
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
TRIED = ("accepted", "distance", "loss_rise", "flash", "instructions", "latency", "energy")
FOUND = (  # entries of a record that a replay must reproduce
    *("recipe", "margins", "measured", "original"),
    *("trials", "floating", "screened", "graphs", "board"),
)


class SmallGenerator(Artifact):
    """A small generator in its folder."""

    what = "a small generator"
    file = "edge.json"
    made_by = "ingenium edge fit PROBLEM"
    remade_by = "ingenium.verbs.edge:replay"
    drawn_by = "ingenium.edge.pictures:figures"
    parts: ClassVar = {
        **{k: ("evidence", k) for k in ("model", "files")},
        **{k: (k,) for k in FOUND},
    }

    def sealed(self) -> Mapping[str, str]:
        """The files of its graphs, and its C code."""
        return dict(self.record["evidence"]["files"])

    def check(self) -> None:
        """Refuse a record whose graphs are not all sealed."""
        for name in self.record["graphs"]:
            if f"{name}.onnx" not in self.record["evidence"]["files"]:
                raise ValueError(f"it names no digest of {name}.onnx")

    @property
    def spec(self) -> DeviceSheet:
        """The sheet of its device."""
        where = str(self.folder / self.file)
        return parse(without_none(self.record["device"]), DeviceSheet, where)

    @property
    def files(self) -> str:
        """Digest of the files of its graphs."""
        return digest(
            [self.record["evidence"]["files"][f"{n}.onnx"] for n in self.record["graphs"]]
        )

    def runners(self) -> dict[str, FileRunner]:
        """The runners of its graphs, each opened from its file."""
        return {
            name: FileRunner(GraphFile(self.folder / f"{name}.onnx"))
            for name in self.record["graphs"]
        }

    @property
    def title(self) -> str:
        """The title of its sheet, or its problem."""
        own = str(self.record["title"])
        return own[:1].upper() + own[1:]

    @property
    def lead(self) -> str:
        """The family, the device, the recipe and the verdict."""
        own = self.record
        return (
            f"{own['family']} of {own['problem']} on {own['device']['name']}: {self.verdict}, by "
            f"{own['recipe_title']}; the emulated board says number by number what the file says"
        )

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Costs and quality, and the trials."""
        own = self.record
        return (
            ("What was measured, a design", _measured(own)),
            ("What was tried", tried(own)),
            ("As files of ONNX", _floating(own)),
            ("What each recipe takes", _screened(own)),
        )


def _words(name: str) -> str:
    """Return a quantity as a heading."""
    return name.replace("_", " ").replace("ram", "RAM")


def _value(own: Mapping[str, Any], name: str) -> str:
    """Format a measured value in its display unit, with its interval."""
    if own["value"] is None:
        return "unknown"
    size, unit = SHOWN.get(name, (1.0, "" if own["unit"] == "1" else own["unit"]))
    number = own["value"] * size
    text = f"{number:,.0f}" if abs(number) >= LONG else f"{number:.4g}"
    text = f"{text} {unit}".strip()
    if own["low"] is None or own["low"] == own["high"]:
        return text
    return f"{text} ({own['low'] * size:.3g} to {own['high'] * size:.3g})"


def _measured(record: Mapping[str, Any]) -> Table:
    """Table all quantities, alongside those of the original generator."""
    rows = [("quantity", "small", "before", "limit")]
    limits = {x["quantity"]: x for x in record["device"]["limits"]}
    for name, own in record["measured"].items():
        before = record["original"].get(name)
        limit = limits.get(name)
        bounds = [
            f"{word} {_value({**own, 'value': limit[key], 'low': None}, name)}"
            for key, word in (("at_least", "at least"), ("at_most", "at most"))
            if limit and limit[key] is not None
        ]
        reported = "" if before is None else _value(before, name)
        rows.append((_words(name), _value(own, name), reported, " and ".join(bounds)))
    return rows


def tried(record: Mapping[str, Any]) -> Table:
    """Table every recipe that was carried out; the front has those not dominated in `FRONT`."""
    rows = [("", "recipe", *map(_words, TRIED), "holds", "on the front")]
    every = [trial["measured"] for trial in record["trials"]]
    points = [[own[name]["value"] * sign for name, sign in FRONT.items()] for own in every]
    first = pareto_rank(np.array(points, dtype=float)) == 0
    for i, (trial, own) in enumerate(zip(record["trials"], every, strict=True)):
        title = f"{trial['title']}{' (chosen)' if trial['chosen'] else ''}"
        cells = [_value(own[n], n) for n in TRIED]
        ends = ("yes" if known else "no" for known in (trial["holds"], first[i]))
        rows.append((str(i + 1), title, *cells, *ends))
    return rows


def _floating(record: Mapping[str, Any]) -> Table:
    """Table the original as floating-point files, alongside the chosen integer file."""
    names = ("accepted", "distance", "loss", "loss_rise")
    rows = [("format", "ONNX, kB", *map(_words, names))]
    chosen = next(t for t in record["trials"] if t["chosen"])
    every = [*record["floating"].items(), (record["recipe_title"], chosen)]
    for title, own in every:
        judged = own.get("measured", record["original"])
        cells = [_value(judged[n], n) if n in judged else "" for n in names]
        rows.append((title, f"{own['file'] / 1e3:.1f}", *cells))
    return rows


def _screened(record: Mapping[str, Any]) -> Table:
    """Table bytes and instructions of all recipes, before any training."""
    rows = [("recipe", "flash, kB", "RAM, kB", "instructions, million", "within the limits")]
    for s in record["screened"]:
        own = f"{s['flash'] / 1e3:.1f}", f"{s['ram'] / 1e3:.1f}", f"{s['instructions'] / 1e6:.3g}"
        if not s["ram"]:  # its weights alone pass a limit, so that no board ran it
            own = f"at least {own[0]}", "", f"at least {own[2]}"
        rows.append((s["title"], *own, "yes" if s["fits"] else "no"))
    return rows
