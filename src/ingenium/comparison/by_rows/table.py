"""Results of the comparison by rows: shares of targets, and ratios to what learns nothing."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.comparison.by_rows.arms import LEARNED
from ingenium.comparison.by_rows.targets import ZONES
from ingenium.comparison.markdown import number_with_interval
from ingenium.core.folders import write_atomic
from ingenium.evaluate.intervals import Interval, crossed_means, wilson

MEASURES = {"new": "new and on target", "met": "on target", "listed": "new to the known designs"}


@dataclass(frozen=True)
class RowResult:
    """Outcome of one arm for all targets of a request, with one seed."""

    arm: str
    request: tuple[str, ...]
    seed: int
    zone: tuple[str, ...]
    met: tuple[bool, ...]  # some proposal on target
    new: tuple[bool, ...]  # one that is also new to all rows
    listed: tuple[bool, ...]  # one that is also new to the known designs
    share: float  # of all proposals, new and on target
    calls: float  # of the engine for a target
    seconds: float  # CPU time for a target, with the engine

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "RowResult":
        """Build it from the plain data of a record."""
        own: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
        return cls(**own)


@dataclass(frozen=True)
class RowTable:
    """All results of a comparison, with what its data cost."""

    problem: str
    rows: int
    calls: int
    spacing: float
    engine: str
    tolerance: Mapping[str, float]
    fit: str  # verdict on the forward model
    results: tuple[RowResult, ...]

    @classmethod
    def load(cls, path: Path) -> "RowTable":
        """Load a file of `write`."""
        record = json.loads(path.read_text())
        results = tuple(RowResult.of(r) for r in record.pop("results"))
        return cls(**record, results=results)

    @property
    def requests(self) -> tuple[tuple[str, ...], ...]:
        """Requests in order."""
        return tuple(dict.fromkeys(r.request for r in self.results))

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms in order."""
        return tuple(dict.fromkeys(r.arm for r in self.results))

    def values(
        self, arm: str, request: tuple[str, ...], measure: str, zones: tuple[str, ...]
    ) -> Float[np.ndarray, "s w"]:
        """Return for each seed which targets were met."""
        own = [r for r in self.results if (r.arm, r.request) == (arm, request)]
        rows = [
            [m for m, z in zip(getattr(r, measure), r.zone, strict=True) if z in zones] for r in own
        ]
        return np.array(rows, dtype=np.float64)

    def share(
        self, arm: str, request: tuple[str, ...], measure: str, zones: tuple[str, ...]
    ) -> Interval | None:
        """Return the share of targets met, with its interval; None without such targets."""
        met = self.values(arm, request, measure, zones)
        if not met.size:
            return None
        if len(met) == 1 or met.mean() in (0, 1):
            mean = met.mean(0)  # Wilson for targets; seeds of all or none add nothing
            return Interval(float(met.mean()), *wilson(round(float(mean.sum())), met.shape[1]))
        sampled = crossed_means(met, np.random.default_rng(0))
        return Interval(float(met.mean()), *map(float, np.quantile(sampled, [0.025, 0.975])))

    def ratio(
        self, request: tuple[str, ...], zones: tuple[str, ...], ours: str, measure: str = "new"
    ) -> tuple[str, Interval] | None:
        """Return the best arm that learns nothing, and the ratio of an arm to it."""
        others = [a for a in self.arms if a not in LEARNED]
        best = max(others, key=lambda a: float(self.values(a, request, measure, zones).mean()))
        met = [self.values(a, request, measure, zones).mean(0) for a in (ours, best)]
        if not len(met[0]):
            return None
        rng = np.random.default_rng(0)
        drawn = rng.integers(len(met[0]), size=(2000, len(met[0])))
        with np.errstate(divide="ignore", invalid="ignore"):
            sampled = np.nan_to_num(met[0][drawn].mean(1) / met[1][drawn].mean(1), nan=1.0)
            value = float(np.float64(met[0].mean()) / met[1].mean())
        low, high = np.quantile(sampled, [0.025, 0.975], method="nearest")
        return best, Interval(value, float(low), float(high))

    def markdown(self) -> str:
        """Return tables for each request and measure, and the ratios."""
        parts = [
            f"{self.problem}: {self.calls} calls of {self.engine} for each target; {self.rows} "
            f"labelled rows beforehand. Forward model: {self.fit}.",
        ]
        for request in self.requests:
            parts.append(f"### {len(request)} requested: {', '.join(request)}")
            for measure, words in MEASURES.items():
                parts.append(f"{words[0].upper()}{words[1:]}, share of targets in %\n")
                parts[-1] += "\n" + self._rows(request, measure)
            parts += [self._said(request, zones) for zones in (ZONES[:2], ZONES[2:])]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _rows(self, request: tuple[str, ...], measure: str) -> str:
        counts = {z: self.values(self.arms[0], request, "met", (z,)).shape[-1] for z in ZONES}
        zones = [z for z in ZONES if counts[z]]
        heads = " | ".join(f"{z} ({counts[z]})" for z in zones)
        lines = [f"| arm | {heads} |", "|---|" + "---|" * len(zones)]
        for arm in self.arms:
            found = [self.share(arm, request, measure, (z,)) for z in zones]
            cells = [
                number_with_interval(Interval(*(100 * x for x in (i.value, i.low, i.high))))
                for i in found
                if i is not None
            ]
            lines.append(f"| {arm} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def _said(self, request: tuple[str, ...], zones: tuple[str, ...]) -> str:
        said = []
        for ours in (a for a in self.arms if a in LEARNED):
            found = self.ratio(request, zones, ours)
            if found is not None:
                best, x = found
                said.append(
                    f"New and on target, {' and '.join(zones)}: {ours} {x.value:.2f} times "
                    f"({x.low:.2f} to {x.high:.2f}) as many as {best}."
                )
        return " ".join(said)

    def write(self, folder: Path) -> None:
        """Write `by_rows.json` and `by_rows.md` to a folder."""
        write_atomic(folder / "by_rows.json", json.dumps(asdict(self)) + "\n")
        write_atomic(folder / "by_rows.md", self.markdown())
