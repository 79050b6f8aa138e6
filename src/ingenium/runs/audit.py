"""Audit: measure files of the field and judge them against a spec, wherever they come from.

The conditions of a design are judged as well: those that are measured on it, or recorded in its
file or in the evidence of its run, must lie in the ranges of the spec and of the problem; otherwise
it is rejected whatever its measured values. Conditions that no file states are not judged.

The ending of a file determines the format that reads it; for a folder it is the first format with a
file there. If that format refuses, no other is tried. Designs that repeat another one are reported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core import evidence, failures
from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError
from ingenium.core.formats import Format
from ingenium.core.problem import Problem
from ingenium.core.reading.files import check_plain, refusing
from ingenium.core.resolving import resolve
from ingenium.core.spec import Between, Limit, Spec
from ingenium.core.verdict import Verdict, weighed
from ingenium.core.verify import verify
from ingenium.runs.recorded import Recorded, delivered, run_of
from ingenium.trust.ledger import Ledger

ROUNDED = 1e-6  # of a condition's range, by which a file may round it
FILED = 5e-3  # of a condition that is measured, by which a file may change it, relative


@dataclass(frozen=True)
class Audited:
    """One design of a file: its measured values, and the state of the file in its run."""

    file: str
    format: str
    design: int
    verdict: str
    measured: dict[str, dict[str, Any]]
    margins: dict[str, float | None]
    record: str  # `as recorded`, `altered`, `not sealed` or `no record`
    faults: tuple[str, ...]  # differences of the file from the record of its run
    conditions: dict[str, str | float]  # conditions that it was requested under, as far as known
    reasons: tuple[
        str, ...
    ]  # conditions outside the spec, why the engine has no answer, or where it finds a fault
    repeats: str = ""  # the earlier design that it equals, with its file


@dataclass(frozen=True)
class Audit:
    """Results of all designs of the files."""

    problem: str
    engine: str
    limits: tuple[Limit, ...]
    designs: tuple[Audited, ...]
    runs: tuple[Recorded, ...]  # runs whose folders contain the files

    @property
    def altered(self) -> tuple[str, ...]:
        """Files that differ from what their run wrote, or from its record."""
        return tuple(dict.fromkeys(d.file for d in self.designs if d.record == "altered"))

    @property
    def repeated(self) -> int:
        """Number of designs that equal an earlier one."""
        return sum(bool(d.repeats) for d in self.designs)

    @property
    def accepted(self) -> int:
        """Number of designs that satisfy all limits."""
        return sum(d.verdict == "accepted" for d in self.designs)


def audit(
    problem: Problem, requested: Spec, files: Sequence[Path], ledger: Ledger | None = None
) -> Audit:
    """Measure files in any of the problem's formats and judge them against a spec.

    A file in the folder of a run is compared with the record of that run, and the record with its
    seals and the ledger; for the folder of a run all files are measured. For limits that must hold
    beyond the uncertainty an independent engine measures these files.

    Raises:
        InputError: for a file that is missing or that no format of the problem reads.
    """
    spec = resolve(requested, problem)
    found: list[Audited] = []
    runs: dict[Path, Recorded] = {}
    seen: dict[bytes, str] = {}
    read: list[tuple[Path, Path | None, str, xr.Dataset, xr.Dataset]] = []
    for path in map(delivered, files):
        folder = run_of(path) if path.exists() else None
        if folder is not None:
            runs[folder] = (runs.get(folder) or Recorded.of(folder, ledger)).searched(path)
        name, designs = read_designs(problem, path)
        read.append((path, folder, name, designs, verified(problem, spec, designs)))
    uncertainty = doubt_of(problem, spec, [(designs, verdicts) for *_, designs, verdicts in read])
    for path, folder, name, designs, verdicts in read:
        judged = weighed(verdicts, spec.limits, uncertainty) if uncertainty else verdicts
        own = None if folder is None else runs[folder]
        rows = audited(problem, spec, (path, own), (name, designs), judged)
        earlier = _repeats(problem, designs, path, seen)
        found += [replace(row, repeats=what) for row, what in zip(rows, earlier, strict=True)]
    engine = f"{problem.verifier.name} {problem.verifier.version}"
    return Audit(problem.name, engine, spec.limits, tuple(found), tuple(runs.values()))


def verified(problem: Problem, spec: Spec, designs: xr.Dataset) -> xr.Dataset:
    """Return verdicts of the exact tier, with all quantities."""
    return verify(
        designs, problem.verifier, spec.limits, variables=problem.variables, sizes=problem.sizes
    )


def doubt_of(
    problem: Problem, spec: Spec, read: Sequence[tuple[xr.Dataset, xr.Dataset]]
) -> dict[str, float]:
    """Uncertainty of all designs that were read, if a limit must hold beyond it."""
    if not read or not any(limit.beyond_uncertainty for limit in spec.limits):
        return {}
    designs, verdicts = (xr.concat(parts, DESIGN) for parts in zip(*read, strict=True))
    cross = cross_check(problem, designs, verdicts, spec.limits, 0)
    return evidence.uncertainty(problem, {}, cross)


def read_designs(problem: Problem, path: Path) -> tuple[str, xr.Dataset]:
    """Read the designs of a file; return the name of the format and the designs."""
    check_plain(path, "a file to measure")
    if path.is_dir() and not any(p.is_file() for p in path.rglob("*")):
        empty = "its run accepted no design" if run_of(path) else "it is empty"
        raise InputError("a folder with files of designs", f"{path}: {empty}", "Name another.")
    refusals, meant = [], _meant(problem, path)
    for name, form in meant.items():
        try:
            with refusing(f"a file of {problem.name}", path):
                return name, _numbered(form.read(path), path)
        except InputError as error:
            refusals.append(f"{name}: {error}")
    reported = [f"{name} ({' '.join(form.endings) or 'a folder'})" for name, form in meant.items()]
    by_ending = len(meant) < len(problem.formats) or len(meant) == 1
    raise InputError(
        expected=f"a file in one of the formats {', '.join(reported)}",
        got=f"{path} ({'; '.join(refusals)})" if by_ending else f"{path}, which is none of them",
        instead=f"`ingenium show {problem.name}` says what its formats hold.",
    )


def _meant(problem: Problem, path: Path) -> Mapping[str, Format]:
    """Formats of a file's ending, or of the files in a folder; all if none fits."""
    inside = [p for p in (*path.glob("*"), *path.glob("*/*")) if p.is_file()]
    endings = {p.suffix.lower() for p in ([path] if path.is_file() else inside)}
    for name, form in problem.formats.items():
        if endings.intersection(form.endings):
            alike = (n for n, f in problem.formats.items() if f.endings == form.endings)
            return {n: problem.formats[n] for n in (name, *alike)}
    return problem.formats


def _numbered(designs: xr.Dataset, path: Path) -> xr.Dataset:
    """Refuse designs without unique whole numbers."""
    found = designs[DESIGN].to_numpy()
    if found.dtype.kind not in "iu":
        got = f"{found[0]!r} as {found.dtype} in {path}" if found.size else f"none in {path}"
        raise InputError("designs with whole numbers", got, "Number them 0, 1, 2.")
    index, times = np.unique(found, return_counts=True)
    if (times > 1).any():
        raise InputError(
            "designs with numbers of their own",
            f"design {index[times > 1][0]} more than once in {path}",
            "Leave one of them out.",
        )
    return designs


def _repeats(
    problem: Problem, designs: xr.Dataset, path: Path, seen: dict[bytes, str]
) -> Iterator[str]:
    """Yield for each design of a file the earlier one that it equals, if any, and remember it."""
    arrays = to_arrays(designs, problem.variables)
    for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):
        key = sha256(b"|".join(a[i].numpy().tobytes() for a in arrays)).digest()
        yield seen.get(key, "")
        seen.setdefault(key, f"design {index} of {path.name}")


def audited(
    problem: Problem,
    spec: Spec,
    place: tuple[Path, Recorded | None],
    back: tuple[str, xr.Dataset],
    verdicts: xr.Dataset,
) -> list[Audited]:
    """Audit each design of a file, in its order; `back` is its format and the designs read.

    `place` is the file, and the run whose folder contains it.
    """
    (path, run), (form, designs) = place, back
    records = [] if run is None else run.of_file(path)
    values = evidence.table(problem, verdicts)
    labels = [str(label) for label in verdicts["limit"].to_numpy()]
    why, rows = failures.reasons(problem, designs, verdicts), []
    where = failures.findings(problem, designs, verdicts)
    for i, index in enumerate(verdicts[DESIGN].to_numpy().tolist()):
        own = _record_of(records, index, alone=len(values) == 1)
        measured = _values(problem, values[i])
        faults = tuple(run.against(own, problem, spec, measured)) if run and own else ()
        under = _under(problem, designs.isel({DESIGN: i}), own, measured)
        outside = tuple(_outside(problem, spec, under))
        verdict = Verdict(verdicts["verdict"].to_numpy()[i])
        if outside and verdict is Verdict.ACCEPTED:
            verdict = Verdict.REJECTED
        rows.append(
            Audited(
                file=str(path),
                format=form,
                design=index,
                verdict=verdict,
                measured=measured,
                margins=evidence.margins(labels, verdicts["margin"].to_numpy()[i]),
                record=_state(run, own, faults),
                faults=faults,
                conditions=under,
                reasons=(*outside, *(x for x in (why[i], where[i]) if x)),
            )
        )
    return rows


def _under(
    problem: Problem,
    design: xr.Dataset,
    record: Mapping[str, Any],
    measured: Mapping[str, Mapping[str, Any]],
) -> dict[str, str | float]:
    """Conditions of the request for a design: measured, from its file, or from its run's record."""
    given = {v.given: v.name for v in problem.variables if v.given is not None and not v.dims}
    under: dict[str, str | float] = {}
    for c in problem.conditions:
        name = given.get(c.name, c.name)
        said = design[name].item() if name in design.variables else None
        said = measured[c.measured]["value"] if c.measured and c.exact else said
        said = record.get("conditions", {}).get(c.name) if said is None else said
        if said is not None:
            under[c.name] = str(said) if c.choices else float(said)
    return under


def _outside(problem: Problem, spec: Spec, under: Mapping[str, str | float]) -> Iterator[str]:
    """Yield the conditions of a design that the problem or the spec does not allow."""
    kinds = {c.name: c for c in problem.conditions}
    for name, value in under.items():
        c, wanted = kinds[name], spec.conditions.get(name)
        if isinstance(value, str):
            for those, whose in ((c.choices or (), problem.name), (wanted, "the spec")):
                if isinstance(those, tuple) and value not in those:
                    yield f"{name} is {value}, and {' or '.join(those)} in {whose}"
            continue
        slack = FILED * abs(value) if c.exact else ROUNDED * (c.upper - c.lower)
        spans = [(c.lower, c.upper, problem.name)]
        if isinstance(wanted, Between):
            spans.append((wanted.at_least, wanted.at_most, "the spec"))
        for low, high, whose in spans:
            if not low - slack <= value <= high + slack:
                yield f"{name} is {value:g} {c.unit}, and {low:g} to {high:g} in {whose}"


def _values(problem: Problem, one: Float[np.ndarray, " k"]) -> dict[str, dict[str, Any]]:
    """Measured values with their units, without uncertainties, which only a run can state."""
    found = evidence.measured(problem, one, {q.name: 0.0 for q in problem.quantities})
    return {
        name: {k: v for k, v in entry.items() if k != "uncertainty"}
        for name, entry in found.items()
    }


def spec_of(files: Sequence[Path]) -> Path | None:
    """Return the spec of the run whose folder contains all files; None if there is none."""
    folders = {run_of(delivered(path)) for path in files if path.exists()}
    folder = folders.pop() if len(folders) == 1 else None
    return folder / "spec.toml" if folder and (folder / "spec.toml").is_file() else None


def _record_of(
    records: Sequence[Mapping[str, Any]], design: int, *, alone: bool
) -> Mapping[str, Any]:
    """Record of a design; the only record of a file, whatever its number."""
    if alone and len(records) == 1:
        return records[0]
    return next((r for r in records if r["design"] == design), {})


def _state(run: Recorded | None, record: Mapping[str, Any], faults: Sequence[str]) -> str:
    """State of a file compared with the record of its run."""
    if run is None or not record:
        return "no record"
    if faults or run.faults:
        return "altered"
    return "as recorded" if run.sealed else "not sealed"
