"""Evidence: the record that each design carries, one JSON line a design."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NotRequired

import numpy as np
import xarray as xr
from jaxtyping import Float
from typing_extensions import TypedDict

from ingenium.core.digest import array_digest, digest, file_digest, folder_digest
from ingenium.core.errors import CorruptError
from ingenium.core.quantity import DESIGN
from ingenium.core.verdict import close

if TYPE_CHECKING:
    from ingenium.core.problem import CrossCheck, Problem

KEY = "evidence"  # under which the record of a whole run names this file


@dataclass(frozen=True)
class Origin:
    """Provenance of a batch of designs; enough to propose each of them again."""

    seed: int
    spec: str  # digests
    given: Mapping[str, str]  # digests of what the spec gave
    system: str
    data: str
    model: str
    code: str
    package: str  # of the problem's own source
    version: str
    replay: str  # command, with `{design}` for the index


class Measurement(TypedDict):
    """A measured value with unit and uncertainty; a place (a label) has only its name."""

    value: float | str | None
    unit: NotRequired[str]
    uncertainty: NotRequired[float]
    of_mesh: NotRequired[float]  # the part of it that a mesh is off
    standard_error: NotRequired[float | None]  # of a mean over scenarios


class EvidenceRecord(TypedDict):
    """One line of `evidence.jsonl`."""

    design: int
    verdict: Literal["accepted", "rejected", "failed"]
    reason: str | None  # why the engine has no answer
    measured: dict[str, Measurement]
    margins: dict[str, float | None]
    close: list[str]  # limits that are satisfied by less than the uncertainty
    conditions: dict[str, str | float | None]
    conditions_measured: dict[str, float | None]
    design_digest: str
    file: str | None
    file_digest: str | None
    format: str | None
    measured_on: Literal["file", "design"]
    problem: str
    engine: dict[str, str]
    cross_check: dict[str, Any] | None
    data_licence: str
    notes: list[str]
    seed: int
    spec: str
    given: dict[str, str]  # digests of what the spec gave
    system: str
    data: str
    model: str
    code: str
    package: str
    version: str
    replay: str
    previous: str  # seal of the line before
    seal: str


@dataclass(frozen=True)
class Export:
    """Exported files of the selected designs, and the measurements after they were read back."""

    format: str
    files: Mapping[int, tuple[str, str]]  # design -> path below the output folder, digest
    shift: Mapping[str, float]  # largest change of each quantity by writing and reading back
    measured: frozenset[int] = frozenset()  # designs whose values were measured on their file


def records(
    problem: "Problem",
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    origin: Origin,
    *,
    export: Export,
    cross_check: "CrossCheck | None",
    notes: Sequence[str],
    reasons: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Yield the record of each design, in order."""
    uncertain, mesh = uncertainty(problem, export.shift, cross_check), of_mesh(cross_check)
    shared = {
        "problem": problem.name,
        "engine": {k: verdicts.attrs[k] for k in ("engine", "engine_version", "tier")},
        "cross_check": asdict(cross_check) if cross_check else None,
        "data_licence": problem.licence,
        "notes": list(notes),
    }
    values, judged = table(problem, verdicts), verdicts["verdict"].to_numpy().tolist()
    labels = [str(label) for label in verdicts["limit"].to_numpy()]
    margin, near = verdicts["margin"].to_numpy(), close(verdicts)
    under = {c.name: designs[c.name].to_numpy().tolist() for c in problem.conditions}
    truly = {
        c.name: verdicts[c.measured].to_numpy().tolist() if c.measured in verdicts else None
        for c in problem.conditions
    }
    digests = design_digests(problem, designs)
    made = asdict(origin)
    for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):  # a line each
        path, content = export.files.get(index, (None, None))
        yield {
            "design": index,
            "verdict": judged[i],
            "reason": reasons[i] or None,
            "measured": measured(problem, values[i], uncertain, mesh),
            "margins": margins(labels, margin[i]),
            "close": [k for k, less in zip(labels, near[i], strict=True) if less],
            "conditions": {name: _plain(column[i]) for name, column in under.items()},
            "conditions_measured": {k: x and number(x[i]) for k, x in truly.items()},
            "design_digest": digests[i],
            "file": path,
            "file_digest": content,
            "format": export.format if index in export.measured else None,
            "measured_on": "file" if index in export.measured else "design",
            **shared,
            **made,
            "replay": origin.replay.replace("{design}", str(index)),
        }


def uncertainty(
    problem: "Problem", shift: Mapping[str, float], cross_check: "CrossCheck | None"
) -> dict[str, float]:
    """Numerical uncertainty of each quantity, one value for a whole run.

    The largest disagreement with the independent engine on the random share, plus the largest
    change by rounding in the file, plus the error of the mesh.
    """
    distance, mesh = cross_check.disagreement if cross_check else {}, of_mesh(cross_check)
    return {
        q.name: sum(found.get(q.name, 0.0) for found in (shift, distance, mesh))
        for q in problem.quantities
    }


def of_mesh(cross_check: "CrossCheck | None") -> Mapping[str, float]:
    """Part of the uncertainty that is due to the mesh; repeated measurement does not show it."""
    return cross_check.finer.disagreement if cross_check and cross_check.finer else {}


def design_digests(problem: "Problem", designs: xr.Dataset) -> list[str]:
    """Compute a digest of the arrays of each design, with the positions along its axes.

    It is that of the Dataset of the design alone, without its index (`dataset_digest`).
    """
    arrays = {v.name: designs.variables[v.name] for v in problem.variables}
    axes = {str(dim) for a in arrays.values() for dim in a.dims[1:] if dim in designs.xindexes}
    shared = {dim: [[dim], array_digest(designs.variables[dim].to_numpy())] for dim in axes}
    values = {name: (list(a.dims[1:]), a.to_numpy()) for name, a in arrays.items()}
    return [
        digest([shared | {k: [dims, array_digest(x[i])] for k, (dims, x) in values.items()}, {}])
        for i in range(designs.sizes[DESIGN])
    ]


def table(problem: "Problem", verdicts: xr.Dataset) -> Float[np.ndarray, "n k"]:
    """All measured values: a row for each design, the quantities in order."""
    return np.stack([verdicts[q.name].to_numpy() for q in problem.quantities], axis=1)


def measured(
    problem: "Problem",
    values: Float[np.ndarray, " k"],
    uncertain: Mapping[str, float],
    mesh: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, dict[str, Any]]:
    """Measured values of one design with unit and uncertainty; places by their names.

    `mesh` is the part of the uncertainty that is due to the mesh, reported separately where known.
    """
    out: dict[str, dict[str, Any]] = {}
    places = {q.name: i for i, q in enumerate(problem.quantities)}
    for q, value in zip(problem.quantities, values.tolist(), strict=True):
        if q.labels is not None:
            out[q.name] = {"value": q.labels[int(value)] if math.isfinite(value) else None}
        else:
            out[q.name] = {"value": number(value), "unit": q.unit, "uncertainty": uncertain[q.name]}
            if q.name in mesh:
                out[q.name]["of_mesh"] = mesh[q.name]
            if q.error:
                out[q.name]["standard_error"] = number(float(values[places[q.error]]))
    return out


def margins(labels: Sequence[str], values: Float[np.ndarray, " l"]) -> dict[str, float | None]:
    """Margins of one design by limit.

    Examples:
        >>> margins(["mass <= 900 [kg]"], np.array([12.5]))
        {'mass <= 900 [kg]': 12.5}
    """
    return {k: number(v) for k, v in zip(labels, values.tolist(), strict=True)}


def number(value: float) -> float | None:
    """Return a JSON number; null if it is not finite.

    Examples:
        >>> number(0.5), number(float("nan"))
        (0.5, None)
    """
    return value if math.isfinite(value) else None


def _plain(item: Any) -> Any:
    return number(item) if isinstance(item, float) else item


def repeatable(entry: Mapping[str, Any]) -> float:
    """Uncertainty of a recorded value on repeated measurement: without the part of the mesh.

    Examples:
        >>> repeatable({"value": 3.0, "uncertainty": 0.5, "of_mesh": 0.25})
        0.25
    """
    stated: float = entry.get("uncertainty", 0.0) - entry.get("of_mesh", 0.0)
    return max(stated, 0.0)


def vouched(path: Path) -> dict[str, Any]:
    """Return count and digest of the evidence records, which also seal the last line.

    Examples:
        >>> vouched(Path("roof/evidence.jsonl"))["records"]
        8
    """
    return {"records": path.read_bytes().count(b"\n"), "digest": file_digest(path)}


def written(folder: Path) -> dict[str, str]:
    """Digest of each file in the folder of a run, and of the folder of designs as one.

    Examples:
        >>> sorted(written(Path("roof")))[:2]
        ['designs.nc', 'designs/']
    """
    delivered = folder / "designs"
    alongside = [
        p for p in sorted(folder.iterdir()) if p != delivered and not p.name.startswith(".")
    ]
    inside = [p for own in alongside for p in ([own] if own.is_file() else sorted(own.rglob("*")))]
    found = {p.relative_to(folder).as_posix(): file_digest(p) for p in inside if p.is_file()}
    return found | ({"designs/": folder_digest(delivered)} if delivered.is_dir() else {})


def read(path: Path) -> list[dict[str, Any]]:
    """Read the records of an evidence file.

    Raises:
        CorruptError: if a line is not a record.

    Examples:
        >>> records = read(Path("roof/evidence.jsonl"))
        >>> records[0]["problem"]
        'structures.roof'
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


def engines(problem: "Problem", cross: "CrossCheck | None" = None) -> list[dict[str, str]]:
    """Tier, name and version of the engine that judges, and of the one that measured again.

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> engines(problem)[0]["tier"]
        'exact'
    """
    from ingenium.core.verify import named  # with PyTorch, which reading evidence does not need

    judge = named(problem.verifier)
    checks = {"cross-check": cross, "finer mesh": cross.finer if cross else None}
    return [
        judge,
        *({"tier": k, "name": x.engine, "version": x.version} for k, x in checks.items() if x),
    ]
