"""Results of a head-to-head comparison: shares of targets met, the best arms, and a figure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from ingenium.comparison.judging import ArmResult
from ingenium.comparison.markdown import number_with_interval
from ingenium.comparison.scales import TOLERANCE
from ingenium.comparison.targets import ZONES
from ingenium.comparison.verdicts import LOOK_UP, OPTIMISER, RANDOM, WHERE, HeadToHeadVerdict, base
from ingenium.core.folders import replacing, write_atomic
from ingenium.drawing.style import SERIES, dress, panels
from ingenium.evaluate.intervals import Interval, crossed_means

MEASURES = {  # of targets: the event within the calls that counts
    "met": "targets met",
    "met_new": "targets met by a new design",
}
LINES = ("-", "--", "-.", ":")
FEW = 10  # calls below which each one is written at the axis


@dataclass(frozen=True)
class HeadToHeadTable:
    """Results with the targets; needs no engine.

    Shapes: s seeds, w targets.
    """

    problem: str
    calls: int
    tolerance: Mapping[str, str]
    spacing: float  # from which distance to the nearest known design one is new
    results: tuple[ArmResult, ...]
    setup: str = ""  # the problem's name of it; empty for the usual one

    @classmethod
    def load(cls, path: Path) -> "HeadToHeadTable":
        """Load a file of `write`."""
        record = json.loads(path.read_text())
        results = tuple(ArmResult.of(r) for r in record.pop("results"))
        return cls(**record, results=results)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names in the order in which they were run."""
        return tuple(dict.fromkeys(r.arm for r in self.results))

    @property
    def zones(self) -> tuple[str, ...]:
        """Zones with targets."""
        found = {w.zone for w in self.results[0].targets}
        return tuple(zone for zone in ZONES if zone in found)

    def calls_to(self, arm: str, measure: str, zone: str) -> Float[np.ndarray, "s w"]:
        """Return calls until each target of a zone was met, by seed; infinite where it was not."""
        rows = [
            [getattr(w, measure) for w in r.targets if w.zone == zone]
            for r in self.results
            if r.arm == arm
        ]
        return np.array([[np.inf if x is None else x for x in row] for row in rows])

    def share(self, arm: str, measure: str, zone: str) -> Interval:
        """Return the share of targets of a zone that were met, with its interval."""
        met: Bool[np.ndarray, "s w"] = np.isfinite(self.calls_to(arm, measure, zone))
        sampled = crossed_means(met.astype(float), np.random.default_rng(0))
        low, high = np.quantile(sampled, [0.025, 0.975])
        return Interval(float(met.mean()), float(low), float(high))

    def best(self, measure: str, zone: str, among: Sequence[str] = ()) -> str:
        """Return the arm that met most targets; of equal ones that with the fewest calls."""

        def rank(arm: str) -> tuple[float, float]:
            calls = self.calls_to(arm, measure, zone)
            done = np.isfinite(calls)
            return float(done.mean()), -float(calls[done].mean() if done.any() else np.inf)

        return max(among or self.arms, key=rank)

    def level(self, zones: Sequence[str], among: Sequence[str]) -> tuple[str, ...]:
        """Return the arms that tie with the best in the share of targets met by new designs.

        None where no arm met any. The paired difference on the same targets decides, by its
        interval.
        """
        met = {
            arm: np.hstack([np.isfinite(self.calls_to(arm, "met_new", z)) for z in zones])
            for arm in among
        }
        best = max(among, key=lambda arm: float(met[arm].mean()))
        if not met[best].any():
            return ()
        less = {arm: met[best].mean(0) - met[arm].mean(0) for arm in among}
        sampled = {a: crossed_means(x[None], np.random.default_rng(0)) for a, x in less.items()}
        return tuple(a for a in among if np.quantile(sampled[a], 0.025) <= 0)

    def verdict(self) -> HeadToHeadVerdict:
        """Return the summary that comes with the problem."""
        shares = {
            z: {a: round(self.share(a, "met_new", z).value, 4) for a in self.arms}
            for z in self.zones
        }
        level = {z: self.level([z], self.arms) for z in self.zones}
        able = [a for a in self.arms if base(a) not in (OPTIMISER, RANDOM)]
        proposers = tuple(dict.fromkeys(base(a) for a in self.level(self.zones, able)))
        known = {z: round(self.share(LOOK_UP, "met", z).value, 4) for z in self.zones}
        both = (shares, level, proposers, known)
        return HeadToHeadVerdict(self.problem, self.calls, *both, self.setup)

    def look_up(self, zone: str) -> str:
        """Return the baseline of a zone: the best arm of repaired nearest neighbours."""
        return self.best("met_new", zone, [a for a in self.arms if a.startswith(LOOK_UP)])

    def sentence(self) -> str:
        """Describe the best arm of each zone, and its lead over nearest neighbours, in one line."""
        of = f" ({self.setup})" if self.setup else ""
        parts, among = [], ", ".join(dict.fromkeys(a.partition(",")[0] for a in self.arms))
        for zone in self.zones:
            best = self.best("met_new", zone)
            known = self.look_up(zone)
            ours, theirs = (self.share(a, "met_new", zone).value for a in (best, known))
            if not ours:
                met = 100 * self.share(LOOK_UP, "met", zone).value
                reported = f" (known designs unchanged: {met:.0f} %)" if met else ""
                parts.append(f"{WHERE[zone]}, none{reported}")
                continue
            reported = "" if best == known else f" ({known}: {100 * theirs:.0f} %)"
            parts.append(f"{WHERE[zone]}, {best} with {100 * ours:.0f} %{reported}")
        return (
            f"Best method for {self.problem}{of} by targets met with a new design within "
            f"{self.calls} calls of the engine, among {among}: {'; '.join(parts)}."
        )

    def rows(self) -> list[dict[str, str]]:
        """Return shares of targets with their intervals, for tables; a row an arm."""
        both = [(m, zone) for m in MEASURES for zone in self.zones]

        def cell(arm: str, measure: str, zone: str) -> str:
            share = self.share(arm, measure, zone)
            percent = (100 * x for x in (share.value, share.low, share.high))
            return f"{number_with_interval(Interval(*percent))} %"

        return [
            {"arm": arm} | {f"{MEASURES[m]}, {zone}": cell(arm, m, zone) for m, zone in both}
            for arm in self.arms
        ]

    def markdown(self) -> str:
        """Return a Markdown table with a row for each arm."""
        rows = self.rows()
        heads = list(rows[0])[1:]
        more = [
            "proposals on target",
            "distinct per target",
            "calls per target",
            "CPU s per target",
            "fit, CPU s",
            "loss at half and full budget",
        ]
        gains = any(r.gain is not None for r in self.results)
        heads += [*more, *(["volume gained"] if gains else [])]
        lines = ["| arm | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
        cells = [[*row.values(), *self._costs(row["arm"])] for row in rows]
        lines += ["| " + " | ".join(row) + " |" for row in cells]
        within = ", ".join(f"{name} within {t}" for name, t in self.tolerance.items())
        return (
            f"{self.sentence()}\n\n" + "\n".join(lines) + "\n\n"
            f"On target: all limits are met, and {within} ({TOLERANCE:g} standard deviations "
            f"of the "
            f"known designs). New: at least {self.spacing:.3g} from every known design, the median "
            "distance of known designs to their nearest other one. In brackets: 95 % interval over "
            "seeds and targets.\n"
        )

    def _costs(self, arm: str) -> list[str]:
        own = [r for r in self.results if r.arm == arm]
        targets = [w for r in own for w in r.targets]
        fits = [r.fit_seconds for r in own if r.fit_seconds is not None]
        losses = [r.losses for r in own if r.losses]
        cells = [
            f"{100 * np.mean([w.on_target for w in targets]):.0f} %",
            f"{np.mean([w.distinct for w in targets]):.1f}",
            f"{np.mean([r.calls for r in own]):.0f}",
            f"{np.mean([r.seconds for r in own]):.2g}",
            f"{np.mean(fits):.0f}" if fits else "",
            ", ".join(f"{x:.3g}" for x in np.mean(losses, 0)) if losses else "",
        ]
        gains = [r.gain for r in own if r.gain is not None]
        return cells + ([f"{100 * np.mean(gains):.2g} %"] if gains else [])

    def write(self, folder: Path) -> None:
        """Write `head_to_head.json`, `head_to_head.md` and `comparison.png` to a folder."""
        record: dict[str, Any] = asdict(self)
        write_atomic(folder / "head_to_head.json", json.dumps(record, indent=None) + "\n")
        write_atomic(folder / "head_to_head.md", self.markdown())
        with replacing(folder / "head_to_head.png") as staging:
            self.figure().savefig(staging, format="png", dpi=150)

    def figure(self) -> Figure:
        """Plot the share of targets met over calls, a panel for each zone and measure."""
        figure, grid = panels(len(MEASURES), len(self.zones), (3.4, 2.7), sharey=True)
        for row, (measure, words) in enumerate(MEASURES.items()):
            for column, zone in enumerate(self.zones):
                axes = grid[row, column]
                for i, arm in enumerate(self.arms):
                    calls = self.calls_to(arm, measure, zone)
                    at = np.unique(np.concatenate([[1.0], calls[np.isfinite(calls)], [self.calls]]))
                    share = (calls[None] <= at[:, None, None]).mean((1, 2))
                    colour, line = SERIES[i % len(SERIES)], LINES[i // len(SERIES)]
                    axes.step(at, 100 * share, line, where="post", color=colour, lw=1.4, label=arm)
                axes.set_xscale("log")
                axes.xaxis.set_major_formatter("{x:g}")
                if self.calls < FEW:  # no power of ten beyond the first
                    axes.xaxis.set_minor_formatter("{x:g}")
                axes.set_ylim(-3, 103)
                low = row == len(MEASURES) - 1
                dress(
                    axes,
                    "calls of the engine" if low else "",
                    title="" if row else WHERE[zone],
                    grid=True,
                )
                axes.get_legend().remove()
            words = words.replace(" by", "\nby")  # longer than a panel is high
            grid[row, 0].set_ylabel(f"{words} (%)", fontsize=9)
        handles, names = grid[0, 0].get_legend_handles_labels()
        wide = len(self.zones)
        figure.legend(
            handles, names, loc="outside lower center", ncols=wide, frameon=False, fontsize=8
        )
        return figure
