"""Evidence: the record that each design carries, one JSON line a design."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest
from ingenium.core.errors import CorruptError
from ingenium.core.problem import CrossCheck, Problem
from ingenium.core.verdict import Verdict


@dataclass(frozen=True)
class Origin:
    """Where a batch of designs comes from; enough to propose each of them again."""

    seed: int
    spec: str  # digests
    data: str
    model: str
    code: str
    version: str
    replay: str  # command, with `{design}` for the index


@dataclass(frozen=True)
class Export:
    """The field's files of the selected designs and what measuring them after reading gave."""

    format: str
    files: Mapping[int, tuple[str, str]]  # design -> path below the output folder, digest
    shift: Mapping[str, float]  # largest change of each quantity by writing and reading back
    measured: frozenset[int] = frozenset()  # designs whose values are those of their file


def records(
    problem: Problem,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    origin: Origin,
    *,
    export: Export,
    cross_check: CrossCheck | None,
) -> Iterator[dict[str, Any]]:
    """The record of each design, in order.

    The uncertainty of a measured value is numerical: the largest disagreement with the
    independent engine on the random share, plus the largest change by rounding in the file.
    """
    doubt = {
        q.name: export.shift.get(q.name, 0.0)
        + (cross_check.disagreement.get(q.name, 0.0) if cross_check else 0.0)
        for q in problem.quantities
    }
    shared = {
        "problem": problem.name,
        "engine": {k: verdicts.attrs[k] for k in ("engine", "engine_version", "tier")},
        "cross_check": asdict(cross_check) if cross_check else None,
        "data_licence": problem.licence,
        "notes": list(problem.notes),
    }
    for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):
        one = verdicts.isel({DESIGN: i})
        path, digest = export.files.get(index, (None, None))
        yield {
            "design": index,
            "verdict": Verdict(int(one["verdict"])).name.lower(),
            "measured": measured(problem, one, doubt),
            "margins": {
                str(label): number(value)
                for label, value in zip(
                    one["limit"].to_numpy(), one["margin"].to_numpy(), strict=True
                )
            },
            "conditions": {c.name: _plain(designs[c.name][i]) for c in problem.conditions},
            "design_digest": dataset_digest(design_alone(problem, designs, i)),
            "file": path,
            "file_digest": digest,
            "format": export.format if index in export.measured else None,
            "measured_on": "file" if index in export.measured else "design",
            **shared,
            **asdict(origin),
            "replay": origin.replay.replace("{design}", str(index)),
        }


def design_alone(problem: Problem, designs: xr.Dataset, i: int) -> xr.Dataset:
    """The arrays of one design without its index: what its digest covers."""
    names = [v.name for v in problem.variables]
    return designs[names].isel({DESIGN: i}).reset_coords(drop=True)


def measured(
    problem: Problem, one: xr.Dataset, doubt: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """Measured values with unit and uncertainty; places by their names."""
    out: dict[str, dict[str, Any]] = {}
    for q in problem.quantities:
        value = float(one[q.name])
        if q.labels is not None:
            place = q.labels[int(value)] if np.isfinite(value) else None
            out[q.name] = {"value": place}
        else:
            out[q.name] = {"value": number(value), "unit": q.unit, "uncertainty": doubt[q.name]}
    return out


def number(value: float) -> float | None:
    """A JSON number; null for what is not finite."""
    return float(value) if np.isfinite(value) else None


def _plain(value: xr.DataArray) -> Any:
    item = value.item()
    return number(item) if isinstance(item, float) else item


def read(path: Path) -> list[dict[str, Any]]:
    """The records of an evidence file.

    Raises:
        CorruptError: if a line is not a record.
    """
    out = []
    for i, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            record = json.loads(line)
            record["design"], record["verdict"], record["measured"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise CorruptError(
                str(path), f"holds no record in line {i}", "Run the spec again."
            ) from None
        out.append(record)
    if not out:
        raise CorruptError(str(path), "holds no record", "Run the spec again.")
    return out
