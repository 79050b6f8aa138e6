"""Draws how a request becomes files, from a finished run of the demo.

    python tools/docs/walkthrough.py out/winter_evening_peak

writes docs/pictures/walkthrough.png for the README and its four panels, docs/pictures/step_*.png,
for the home page of the site.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandapower
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import ingenium
from ingenium.core import evidence
from ingenium.core.designs import to_arrays
from ingenium.core.spec import Spec, load
from ingenium.core.verdict import Verdict
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.report import words

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
BLUE, RED, GREY = "#2166ac", "#b2182b", "#555555"
SHOWN = 60  # days in a panel: more are one blot
STEPS = ("proposed", "rejected", "accepted", "files")


class Walkthrough:
    """The panels of one run of `grid.feeder_day`."""

    def __init__(self, out: Path) -> None:
        self.out, self.spec = out, load(out / "spec.toml")
        problem = open_problem(self.spec)
        if not isinstance(problem, FeederDay):
            raise SystemExit(f"expected a run of grid.feeder_day, got {self.spec.problem}.")
        designs = xr.load_dataset(out / "designs.nc", engine="h5netcdf")
        self.verdict = ingenium.open_run(out).verdicts["verdict"].to_numpy()
        rated_mw = problem.feeder.table.load_mw
        self.load_kw = 1000 * np.einsum("nut,u->nt", designs["load_p"], rated_mw)
        trace = problem.feeder.verifier.trace(*to_arrays(designs, problem.variables))
        self.voltage_pu = trace.voltage_pu.min(2)
        self.summary = json.loads((out / "summary.json").read_text())
        bounds = [x for x in self.spec.limits if x.quantity == "min_voltage"]
        self.least_pu = float(bounds[0].at_least or 0.0)

    def request(self, ax: Axes) -> None:
        """The limits of the spec as text."""
        lines = [_worded(self.spec), *(f"- {words.limit(x)}" for x in self.spec.limits)]
        ax.set_axis_off()
        ax.text(0, 0.98, "\n".join(lines), va="top", fontsize=9, linespacing=1.8)
        ax.set_title("Requested: a spec", fontsize=10, loc="left")

    def proposed(self, ax: Axes) -> None:
        """Load of the first days that the generator proposed."""
        self._days(ax, self.load_kw[:SHOWN], GREY)
        ax.set_title(f"Proposed: {self.summary['proposed']} days", fontsize=10, loc="left")
        ax.set_ylabel("load of the feeder (kW)", fontsize=8)

    def rejected(self, ax: Axes) -> None:
        """Lowest voltage of the days that violate its limit."""
        self._voltages(ax, self.verdict == Verdict.REJECTED, RED)
        count = self.summary["rejected"]
        ax.set_title(f"Rejected: {count}, with the reason", fontsize=10, loc="left")

    def accepted(self, ax: Axes) -> None:
        """Lowest voltage of the days that satisfy every limit."""
        self._voltages(ax, self.verdict == Verdict.ACCEPTED, BLUE)
        count = self.summary["accepted"]
        ax.set_title(f"Accepted: {count} of {self.summary['proposed']}", fontsize=10, loc="left")

    def files(self, ax: Axes) -> None:
        """Voltages of one exported day, solved by pandapower from the files alone."""
        retained = next(r for r in evidence.read(self.out / "evidence.jsonl") if r["file"])
        ax.plot(*_solved(self.out / str(retained["file"])), color=BLUE, linewidth=1.2)
        self._limit(ax)
        ax.set_title("Exported, read by pandapower", fontsize=10, loc="left")
        ax.set_ylabel("lowest voltage (pu)", fontsize=8)
        _hours(ax)

    def _voltages(self, ax: Axes, chosen: np.ndarray, colour: str) -> None:
        days = self.voltage_pu[np.flatnonzero(chosen)]
        if colour == RED:  # those whose voltage is the reason
            days = days[days.min(1) < self.least_pu]
        self._days(ax, days[:SHOWN], colour)
        self._limit(ax)
        ax.set_ylabel("lowest voltage (pu)", fontsize=8)
        ax.set_ylim(self.voltage_pu[:SHOWN].min() - 0.002, self.voltage_pu[:SHOWN].max() + 0.002)

    def _days(self, ax: Axes, days: np.ndarray, colour: str) -> None:
        hours = np.arange(days.shape[1]) * 24 / days.shape[1]
        ax.plot(hours, days.T, color=colour, linewidth=0.5, alpha=0.45)
        _hours(ax)

    def _limit(self, ax: Axes) -> None:
        ax.axhline(self.least_pu, color="black", linestyle="--", linewidth=1)
        ax.text(0.3, self.least_pu, f"limit {self.least_pu:g} pu", va="bottom", fontsize=7)


def _worded(spec: Spec) -> str:
    under = ", ".join(str(x) for x in spec.conditions.values() if isinstance(x, str))
    return f"{spec.problem}\n{under}, the highest evening peaks\n"


def _hours(ax: Axes) -> None:
    ax.set_xlim(0, 24)
    ax.set_xticks(range(0, 25, 6), [f"{h:02d}:00" for h in range(0, 25, 6)])
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, linewidth=0.6)


def _solved(design: Path) -> tuple[np.ndarray, np.ndarray]:
    """Hours and lowest voltages of an exported day, by pandapower on the files alone."""
    net = pandapower.from_json(str(design.parents[1] / "net.json"))
    factors = pd.read_csv(design / "LoadProfile.csv", sep=";")
    feeds = pd.read_csv(design / "RESProfile.csv", sep=";")
    load, feed = net.load.copy(), net.sgen.copy()
    lowest = []
    for step in range(len(factors)):
        p = [factors[f"{name}_pload"][step] for name in load["profile"]]
        q = [factors[f"{name}_qload"][step] for name in load["profile"]]
        net.load["p_mw"], net.load["q_mvar"] = load["p_mw"] * p, load["q_mvar"] * q
        net.sgen["p_mw"] = feed["p_mw"] * [feeds[name][step] for name in feed["profile"]]
        pandapower.runpp(net, numba=False)
        lowest.append(float(net.res_bus["vm_pu"].min()))
    return np.arange(len(lowest)) * 24 / len(lowest), np.array(lowest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder of a finished run of the demo")
    shown = Walkthrough(parser.parse_args().out.resolve())
    whole = Figure(figsize=(15.5, 3.1), layout="constrained")
    draws = [getattr(shown, name) for name in ("request", *STEPS)]
    for ax, draw in zip(whole.subplots(1, len(draws)), draws, strict=True):
        draw(ax)
    whole.savefig(PICTURES / "walkthrough.png", dpi=110)
    for name in STEPS:
        figure = Figure(figsize=(4.2, 3.0), layout="constrained")
        getattr(shown, name)(figure.subplots())
        figure.savefig(PICTURES / f"step_{name}.png", dpi=110)


if __name__ == "__main__":
    main()
