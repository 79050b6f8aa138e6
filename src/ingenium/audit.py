"""Audit: files of the field measured and judged against a spec, wherever they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core import evidence
from ingenium.core.asking import resolve
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Limit, Spec
from ingenium.core.verdict import Verdict, weighed
from ingenium.core.verify import verify
from ingenium.exporting import content_digest


@dataclass(frozen=True)
class Audited:
    """One design of a file: what was measured, and what its run says of the file."""

    file: str
    format: str
    design: int
    verdict: str
    measured: dict[str, dict[str, Any]]
    margins: dict[str, float | None]
    record: str  # `as recorded`, `altered` or `no record`


@dataclass(frozen=True)
class Audit:
    """All designs of the files."""

    problem: str
    engine: str
    limits: tuple[Limit, ...]
    designs: tuple[Audited, ...]

    @property
    def altered(self) -> tuple[str, ...]:
        """Files that are not what their run wrote."""
        return tuple(dict.fromkeys(d.file for d in self.designs if d.record == "altered"))

    @property
    def accepted(self) -> int:
        """Designs that hold all limits."""
        return sum(d.verdict == "accepted" for d in self.designs)


def audit(problem: Problem, asked: Spec, files: Sequence[Path]) -> Audit:
    """Measure files in any of the problem's formats and judge them against a spec.

    A file that lies in the folder of a run is compared with what that run recorded. Limits that
    must hold beyond the uncertainty are judged by what an independent engine says of these files.

    Raises:
        InputError: for a file that is missing or that no format of the problem reads.
    """
    spec = resolve(asked, problem)
    found: list[Audited] = []
    for path in files:
        name, designs = _read(problem, path)
        verdicts = verify(
            designs,
            problem.verifier,
            spec.limits,
            variables=problem.variables,
            sizes=problem.sizes,
        )
        if any(limit.beyond_uncertainty for limit in spec.limits):
            cross = problem.cross_check(designs, verdicts, 0)
            doubt = evidence.uncertainty(problem, {}, cross)
            verdicts = weighed(verdicts, spec.limits, doubt)
        found += _rows(problem, path, name, verdicts)
    engine = f"{problem.verifier.name} {problem.verifier.version}"
    return Audit(problem.name, engine, spec.limits, tuple(found))


def _read(problem: Problem, path: Path) -> tuple[str, xr.Dataset]:
    """The designs of a file and the name of the format that took it."""
    if not path.exists():
        raise InputError("a file to measure", f"no file at {path}", "Write the path of a file.")
    refusals = []
    for name, form in problem.formats.items():
        try:
            return name, form.read(path)
        except (ValueError, OSError, LookupError, TypeError, RecursionError) as error:
            refusals.append(f"{name}: {error}")
    raise InputError(
        expected=f"a file in one of the formats {', '.join(problem.formats)}",
        came=f"{path} ({'; '.join(refusals)})",
        instead=f"`ingenium show {problem.name}` says what its formats hold.",
    )


def _rows(problem: Problem, path: Path, form: str, verdicts: xr.Dataset) -> list[Audited]:
    state, values = _recorded(path), evidence.table(problem, verdicts)
    labels = [str(label) for label in verdicts["limit"].to_numpy()]
    return [
        Audited(
            file=str(path),
            format=form,
            design=int(index),
            verdict=Verdict(int(verdicts["verdict"][i])).name.lower(),
            measured=_values(problem, values[i]),
            margins=evidence.margins(labels, verdicts["margin"].to_numpy()[i]),
            record=state,
        )
        for i, index in enumerate(verdicts[DESIGN].to_numpy())
    ]


def _values(problem: Problem, one: Float[np.ndarray, " k"]) -> dict[str, dict[str, Any]]:
    """Measured values with their units; how far they can be trusted is for a run to say."""
    found = evidence.measured(problem, one, {q.name: 0.0 for q in problem.quantities})
    return {
        name: {k: v for k, v in entry.items() if k != "uncertainty"}
        for name, entry in found.items()
    }


def spec_of(files: Sequence[Path]) -> Path | None:
    """The spec of the run in whose folder all files lie; none if they lie in no or several."""
    folders = {run_of(path) for path in files}
    folder = folders.pop() if len(folders) == 1 else None
    return folder / "spec.toml" if folder and (folder / "spec.toml").is_file() else None


def run_of(path: Path) -> Path | None:
    """The folder of the run in which a file lies, if it lies in one."""
    parents = path.resolve().parents[:4]
    return next((p for p in parents if (p / "evidence.jsonl").is_file()), None)


def _recorded(path: Path) -> str:
    """Whether the run in whose folder a file lies wrote it as it is now."""
    whole, folder = path.resolve(), run_of(path)
    if folder is None:
        return "no record"
    written = {r["file"]: r.get("file_digest") for r in evidence.read(folder / "evidence.jsonl")}
    inside = whole.relative_to(folder).as_posix()
    if inside not in written:
        return "no record"
    return "as recorded" if written[inside] == content_digest(whole) else "altered"
