"""An honest file and its forgeries, judged under the claim of the honest one.

The claim is as narrow as a record: the conditions of the honest design, and each quantity within 2
% of what was measured on its file, for a mean over scenarios beyond its interval. The honest file
must satisfy it; a forgery must be refused, rejected or failed, and a repeated design must be
reported.
"""

import shutil
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.formats import Format
from ingenium.core.problem import Problem
from ingenium.core.spec import Between, Limit, Spec
from ingenium.core.verdict import BEYOND
from ingenium.runs.audit import Audit, Audited, audit
from ingenium.testing.declared import declared_forgeries
from ingenium.testing.forging import Damage, UnfitFileError, doubled, forgeries

PINNED = 0.02  # of each measured value, within which a file satisfies its claim
LEAST = 1e-6  # of a value that is 0


@dataclass(frozen=True)
class Tried:
    """One forgery and its result."""

    format: str
    forgery: str
    outcome: str  # `refused`, `rejected`, `failed`, `said to repeat` or `accepted`


@dataclass(frozen=True)
class RedTeam:
    """Attacks with forged files of one design."""

    problem: Problem
    designs: xr.Dataset
    own: Mapping[str, Mapping[str, Damage]]  # forgeries that the problem names, by format

    def __post_init__(self) -> None:
        """Judge by the claim alone: a limit of the problem must not hide what a reader accepts."""
        alone = copy(self.problem)
        alone.limits, alone.validity = (), ()
        object.__setattr__(self, "problem", alone)

    def attacks(self, folder: Path) -> Iterator[Tried]:
        """Try all forgeries in all formats.

        Raises:
            AssertionError: if an honest file is not accepted: then a refusal proves nothing.
        """
        for name, form in self.problem.formats.items():
            place = folder / name
            honest, claim = self._honest(form, place / "honest")
            whole = audit(self.problem, claim, [honest])
            assert whole.accepted == 1, (name, whole.designs)
            assert whole.designs[0].format in (name, *self._alike(form))
            named = {
                **forgeries(form.endings),
                **declared_forgeries(form),
                **self.own.get(name, {}),
            }
            for what, damage in named.items():
                copy = self._copy(honest, place / "forged")
                try:
                    damage(copy)
                except UnfitFileError:
                    continue
                yield Tried(name, what, self._outcome(claim, copy))
            yield from self._twice(claim, form, name, self._copy(honest, place / "twice"))
            yield from self._other(claim, form, name, place / "other")

    def _alike(self, form: Format) -> list[str]:
        """Formats with the same file endings, distinguished by content alone."""
        return [n for n, f in self.problem.formats.items() if f.endings == form.endings]

    def _honest(self, form: Format, folder: Path, row: int = 0) -> tuple[Path, Spec]:
        """The file of a design that was measured, and its claim."""
        for i in range(row, self.designs.sizes[DESIGN]):
            own = folder / str(i)
            own.mkdir(parents=True)
            (path,) = form.write(self.designs.isel({DESIGN: [i]}), own).values()
            found = audit(self.problem, Spec(problem=self.problem.name), [path]).designs[0]
            if found.verdict != "failed":
                return path, self._claim(found)
        raise AssertionError(f"no design of {self.problem.name} has an answer")

    def _claim(self, found: Audited) -> Spec:
        """Claim that every quantity is as measured; its uncertainty is not part of the attack."""
        limits = []
        for q in self.problem.quantities:
            value = found.measured[q.name].get("value")
            if q.labels is None and isinstance(value, float):
                error = found.measured[q.name].get("standard_error") or 0.0
                slack = max(PINNED * abs(value), LEAST, q.rounding) + BEYOND * error
                low, high = value - slack, value + slack
                own = Limit(q.name, at_least=low, at_most=high, beyond_uncertainty=False)
                limits.append(own)
        return Spec(
            problem=self.problem.name,
            limits=tuple(limits),
            conditions=self._conditions(found.conditions),
        )

    def _conditions(self, under: Mapping[str, Any]) -> dict[str, Any]:
        """Conditions of the honest design alone."""
        out: dict[str, Any] = {}
        for c in self.problem.conditions:
            value = under.get(c.name)
            if isinstance(value, str):
                out[c.name] = (value,)
            elif value is not None:
                slack = PINNED * abs(value)
                low, high = max(c.lower, value - slack), min(c.upper, value + slack)
                if low <= high:
                    out[c.name] = Between(low, high)
        return out

    def _copy(self, honest: Path, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if honest.is_dir():
            return Path(shutil.copytree(honest, folder / honest.name))
        return Path(shutil.copy(honest, folder))

    def _outcome(self, claim: Spec, path: Path) -> str:
        try:
            found = audit(self.problem, claim, [path])
        except InputError:
            return "refused"
        return _verdict(found)

    def _twice(self, claim: Spec, form: Format, name: str, path: Path) -> Iterator[Tried]:
        """Try a file with repeated records, and an equal file."""
        try:
            found = audit(self.problem, claim, [path, path])
            yield Tried(name, "an equal file", _said(found))
            doubled(path, form.endings)
            yield Tried(name, "doubled", _said(audit(self.problem, claim, [path])))
        except UnfitFileError:
            return
        except InputError:
            yield Tried(name, "doubled", "refused")

    def _other(self, claim: Spec, form: Format, name: str, folder: Path) -> Iterator[Tried]:
        """Try the file of another design under the claim of the first."""
        path, own = self._honest(form, folder, 1)
        distance = any(
            not (x.at_least or 0) <= ((y.at_least or 0) + (y.at_most or 0)) / 2 <= (x.at_most or 0)
            for x, y in zip(claim.limits, own.limits, strict=False)
        )
        if distance:
            yield Tried(name, "another design", self._outcome(claim, path))


def _verdict(found: Audit) -> str:
    """The best verdict of a file's designs."""
    verdicts = {d.verdict for d in found.designs}
    return next(v for v in ("accepted", "rejected", "failed") if v in verdicts)


def _said(found: Audit) -> str:
    """Verdict on a file with repeated records: whether each repetition is reported."""
    half = len(found.designs) // 2
    return "said to repeat" if found.repeated >= max(1, half) else _verdict(found)
