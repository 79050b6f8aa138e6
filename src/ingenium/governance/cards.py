"""Cards of models and data, written from a run; every figure comes from a file of the run.

The head of a card is YAML in the terms of the Hugging Face Hub, so that other programs read it.

Source: Mitchell et al., Model Cards for Model Reporting, 2019, arXiv:1810.03993; Gebru et al.,
Datasheets for Datasets, 2021, arXiv:1803.09010; Hugging Face Hub, model and dataset cards.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest, file_digest
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition
from ingenium.governance.reading import said
from ingenium.report import words

SIZES = ((1e3, "n<1K"), (1e4, "1K<n<10K"), (1e5, "10K<n<100K"), (1e6, "100K<n<1M"))
MODEL = "model/model.json"
HELD_OUT = {"units": "1", "long_name": "1 where no generator learns from the design, else 0"}
LABEL = "said of the design, not proposed"
Rows = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Card:
    """The head of a card as data, and its text in Markdown."""

    head: Mapping[str, Any]
    text: str

    def __str__(self) -> str:
        lines = [f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in self.head.items()]
        return "\n".join(["---", *lines, "---", "", self.text.strip(), ""])


def model_card(run: Path) -> Card:
    """Write the card of the generator that a run used.

    Raises:
        InputError: if the folder is not one of a finished run.
    """
    record, summary, model = (said(run, n) for n in ("run.json", "summary.json", MODEL))
    problem, family = record["problem"], record["model"]["family"]
    head: dict[str, Any] = {
        "license": "other",
        "license_name": "none stated for the weights",
        "library_name": "ingenium",
        "tags": ["ingenium", problem, family],
        "model-index": [{"name": f"{problem} {family}", "results": [_results(problem, summary)]}],
    }
    took = record.get("energy")
    if took and took["kg_co2e"] is not None:
        head["co2_eq_emissions"] = {
            "emissions": 1e3 * took["kg_co2e"],  # the Hub counts grams
            "source": f"{took['method']}; {took['carbon_source']}",
            "hardware_used": _hardware(record),
        }
    parts = {
        f"{family} for {problem}": _purpose(record),
        "Intended use": _use(record),
        "What it learned from": _learned(record),
        "What it is": table(("", "")) + table(*_weights(record, model, run), head=False),
        "Measured": _measured(record, summary),
        "Limits": _limits(record, summary),
        "Energy": _energy(record),
        "Provenance": table(("", "")) + table(*_provenance(record), head=False),
    }
    return Card(
        head, "\n\n".join(f"{_heading(k, i)}\n\n{v}" for i, (k, v) in enumerate(parts.items()))
    )


def data_card(run: Path) -> Card:
    """Write the card of the designs of a run, which are a data set too."""
    record = said(run, "run.json")
    with xr.open_dataset(run / "designs.nc") as opened:
        designs = opened.load()
    notes = [
        f"Proposed by {record['model']['family']} under the spec alongside; none was omitted.",
        f"Measured by {record['engine']['name']} {record['engine']['version']}; for a design that "
        "failed the engine gave no result.",
        "They are generated, not observed: they say what the generator proposes, not how often it "
        "happens.",
        *record["notes"],
    ]
    digest = file_digest(run / "designs.nc")
    return _data(record["problem"], designs, record["data_licence"], notes, digest, "generated")


def known_card(problem: Problem) -> Card:
    """Write the card of the training designs of a problem."""
    known = _reported(problem.data(), problem.conditions)
    held = int(known["held_out"].to_numpy().sum())
    notes = [f"{held} of {known.sizes[DESIGN]} are held out and never learned from."]
    digest = dataset_digest(known)
    return _data(problem.name, known, problem.licence, [*notes, *problem.notes], digest, "known")


def _hardware(record: Mapping[str, Any]) -> str:
    return f"{record['machine']['processor']}, {record['machine']['cores']} cores"


def _heading(text: str, i: int) -> str:
    return f"{'##' if i else '#'} {text}"


def _purpose(record: Mapping[str, Any]) -> str:
    return (
        f"A generator that proposes designs of `{record['problem']}`. Written by ingenium "
        f"{record['versions']['ingenium']} from the files of a run."
    )


def _use(record: Mapping[str, Any]) -> str:
    engine = record["engine"]
    return (
        f"To propose designs that {engine['name']} {engine['version']} then measures and that are "
        "judged against a spec. A proposal that was not verified is not for use: under Measured is "
        "how many violate a limit. For conditions, variables or systems other than those of the "
        "problem it was never measured."
    )


def _learned(record: Mapping[str, Any]) -> str:
    fit, rows = record["model"]["fit"], []
    rows += [
        ("Licence", record["data_licence"] or "none stated"),
        ("Digest", _digest(record, "data")),
    ]
    rows += [("Designs", str(fit[k])) for k in ("rows", "designs") if k in fit]
    if "pretrained" in fit:
        rows.append(("Trained", f"elsewhere; the weights came as {fit['pretrained']}"))
    lines = "\n".join(f"- {note}" for note in record["notes"])
    return table(("", "")) + table(*rows, head=False) + (f"\n\n{lines}" if lines else "")


def _digest(record: Mapping[str, Any], name: str) -> str:
    return f"`{record['origin'][name]}`"


def _weights(record: Mapping[str, Any], model: Mapping[str, Any], run: Path) -> Rows:
    left_out = ("rows", "pretrained", "curve", "by_rows")  # which the record of the run has
    fit = {k: v for k, v in record["model"]["fit"].items() if k not in left_out}
    return (
        ("Family", model["family"]),
        ("Weights", f"`{model['digest']}`"),
        ("File", f"`{file_digest(run / 'model/model.safetensors')}`"),
        ("Shape of a design", " x ".join(str(n) for n in model["shape"])),
        ("Numbers of the conditions", str(model["conditions"])),
        ("Fit", f"`{json.dumps(fit)}`"),
    )


def _results(problem: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Shares of verdicts, in the Hub's format of results."""
    total = summary["proposed"]
    found = [
        {"type": f"{name}_share", "name": f"share {name}", "value": summary[name] / total}
        for name in ("accepted", "rejected", "failed")
    ]
    return {
        "task": {"type": "other", "name": "proposing designs under a spec"},
        "dataset": {"type": problem, "name": problem},
        "metrics": found,
    }


def _measured(record: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    interval = (words.percent(summary[k]) for k in ("acceptance_low", "acceptance_high"))
    rows = [("", "")]
    rows += [
        (k.capitalize(), str(summary[k])) for k in ("proposed", "accepted", "rejected", "failed")
    ]
    share = f"{words.percent(summary['acceptance'])} ({' to '.join(interval)}, 95 %)"
    rows.append(("Met every limit", share))
    text = table(*rows)
    if summary["limits"]:
        broken = [("Limit", "Violated by", "Share", "95 % interval")]
        for one in summary["limits"]:
            ends = f"{words.percent(one['low'])} to {words.percent(one['high'])}"
            count = f"{one['broken']} of {one['verified']}"
            broken.append((one["limit"], count, words.percent(one["share"]), ends))
        text += "\n\n" + table(*broken)
    cross = record["cross_check"]
    if cross:
        off = ", ".join(f"{k} {words.number(v)}" for k, v in cross["disagreement"].items())
        text += (
            f"\n\n{cross['engine']} {cross['version']} measured {cross['checked']} designs again; "
            f"largest difference: {off or 'none stated'}. {words.second_verdicts(cross)}"
            f" {words.finer_mesh(cross, {})}"
        )
    return text


def _limits(record: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    requested = json.dumps(record["spec"], ensure_ascii=False)
    lines = [
        f"Measured under one spec and one seed ({record['origin']['seed']}): `{requested}`.",
        f"To {summary['failed']} of {summary['proposed']} designs the engine failed.",
    ]
    if not record["cross_check"]:
        lines.append("No independent engine measured a share of the designs again.")
    lines.append(
        "How alike its designs are to known ones, how diverse, and what it remembers of what it "
        "learned from is not in a run: `ingenium compare` measures the first two."
    )
    return "\n".join(f"- {line}" for line in lines)


def _energy(record: Mapping[str, Any]) -> str:
    if "energy" not in record:
        return "Not recorded."
    how = (
        "taken from the cache: its training is not in it"
        if record["model"]["from_cache"]
        else ("with the fit")
    )
    return f"The run took {words.energy(record['energy'])} ({how})."


def _provenance(record: Mapping[str, Any]) -> Rows:
    origin = record["origin"]
    named = ("seed", "spec", "system", "data", "model", "code", "version")
    rows = [(k.capitalize(), f"`{origin[k]}`") for k in named if origin[k] not in ("", None)]
    machine = ", ".join(f"{k} {v}" for k, v in record["machine"].items())
    versions = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    return (
        *rows,
        ("Versions", versions),
        ("Machine", machine),
        ("Replay", f"`{origin['replay']}`"),
    )


def _data(
    problem: str, designs: xr.Dataset, licence: str, notes: Sequence[str], digest: str, how: str
) -> Card:
    n = designs.sizes[DESIGN]
    head = {
        "license": "other",
        "license_name": licence or "none stated",
        "pretty_name": f"{problem}, {how} designs",
        "size_categories": [next((name for top, name in SIZES if n < top), "n>1M")],
        "tags": ["ingenium", problem],
    }
    rows = [("", ""), ("Designs", str(n)), ("Licence", licence or "none stated")]
    rows.append(("Digest", f"`{digest}`"))
    variables = [
        ("Variable", "Unit", "Shape", "Meaning", "Least", "Mean", "Most"),
        *_spans(designs),
    ]
    lines = "\n".join(f"- {note}" for note in notes)
    title = (
        f"# Designs of {problem} that a run made"
        if how == "generated"
        else (f"# Known designs of {problem}")
    )
    return Card(
        head, f"{title}\n\n{table(*rows)}\n\n{lines}\n\n## Variables\n\n{table(*variables)}"
    )


def _reported(known: xr.Dataset, conditions: Sequence[Condition]) -> xr.Dataset:
    """Known designs with notes on their conditions and on the held-out mark."""
    kinds = {c.name: c.attrs for c in conditions} | {"held_out": HELD_OUT}
    return known.assign_coords(
        {k: known[k].assign_attrs(v | known[k].attrs) for k, v in kinds.items() if k in known}
    )


def _spans(designs: xr.Dataset) -> Iterator[tuple[str, ...]]:
    """Each variable with its unit, meaning and span; margins by limit, as their units differ."""
    for name, found in designs.variables.items():
        if DESIGN not in found.dims or name == DESIGN:
            continue
        if name == "margin":
            yield from _margins(designs)
            continue
        shape = " x ".join(map(str, found.shape[1:])) or "1"
        meaning = str(found.attrs.get("long_name", "")) or _flags(found.attrs) or LABEL
        yield (str(name), _unit(found), shape, meaning, *_span(found.to_numpy()))


def _margins(designs: xr.Dataset) -> Iterator[tuple[str, ...]]:
    labels = (str(label) for label in designs["limit"].to_numpy())
    for i, (label, values) in enumerate(zip(labels, designs["margin"].to_numpy().T, strict=True)):
        unit = label.rpartition(" [")[2].removesuffix("]") if label.endswith("]") else "1"
        meaning = f"signed margin of {label}; at least 0 is satisfied"
        yield (f"margin[{i}]", unit, "1", meaning, *_span(values))


def _unit(found: xr.Variable) -> str:
    """The unit of a variable; for a text or a date the word `text` or `date`."""
    if unit := found.attrs.get("units"):
        return str(unit)
    return {"O": "text", "U": "text", "T": "text", "M": "date"}.get(found.dtype.kind, "1")


def _flags(attrs: Mapping[str, Any]) -> str:
    """Meanings of flag values, in the terms of CF; empty without flags."""
    names = str(attrs.get("flag_meanings", "")).split()
    return ", ".join(
        f"{value} {name}" for value, name in zip(attrs.get("flag_values", ()), names, strict=False)
    )


def _span(values: np.ndarray) -> tuple[str, str, str]:
    if values.dtype.kind not in "biuf":
        return (f"{len(np.unique(values.astype(str)))} different", "", "")
    numbers = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if not numbers.size:
        return ("none", "", "")
    least, mean, most = float(numbers.min()), float(numbers.mean()), float(numbers.max())
    return (words.number(least), words.number(mean), words.number(most))


def table(*rows: tuple[str, ...], head: bool = True) -> str:
    """Format rows as Markdown, the first one as their heading."""
    lines = [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
    if head:
        lines.insert(1, f"|{' --- |' * len(rows[0])}")
    return "\n".join(lines) + ("\n" if head and len(rows) == 1 else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
