"""Wear of schedules by PyBaMM, which repeats their days with a cell in an isolated environment.

It says how far the wear law is off that judges schedules. Its cell is another one than those the
law was fitted to, so that the ranking of schedules matters more than the level.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Float64
from scipy.stats import spearmanr

from ingenium.core.errors import EngineError, MissingEnvironment
from ingenium.core.problem import Section
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.wear import CellWear
from ingenium.drawing.style import MUTED, OURS, dress, panels
from ingenium.trust.environments.environment import Environment
from ingenium.trust.environments.limits import Limits

FOLDER = Path(__file__).parent / "engines" / "pybamm"
ENVIRONMENT = Environment(
    FOLDER,
    str(FOLDER),  # installed by its folder: other problems of the field do not need it
    Limits(memory_mb=4096, wall_s=120.0),
)
SETTLED = 2  # days that are left out, in which the cell's surface film first grows


def check_installed() -> None:
    """Check that PyBaMM's isolated environment is installed.

    Raises:
        MissingEnvironment: with the line that installs it.
    """
    if not ENVIRONMENT.made:
        raise MissingEnvironment(
            ENVIRONMENT.folder.name, ENVIRONMENT.install, ENVIRONMENT.lock.size
        )


@dataclass(frozen=True, eq=False)
class WearComparison:
    """Capacity lost each day by the wear law, and lithium lost by PyBaMM (shares).

    Shapes: n schedules, t ends of steps and the start.
    """

    law: Float64[np.ndarray, " n"]
    cell: Float64[np.ndarray, " n"]
    cycles: Float64[np.ndarray, " n"]  # full equivalent cycles of a day
    law_idle: float  # of a battery that rests at its start
    cell_idle: float
    days: int
    volts: tuple[float, float]  # lowest and highest voltage of the cell
    failed: int = 0  # schedules that PyBaMM did not solve
    least: ClassVar[int] = 3  # schedules of a ranking

    @classmethod
    def of(cls, charge: Float64[np.ndarray, "n t"], days: int) -> "WearComparison":
        """Age a cell under each schedule, whose states of charge are 0 to 1.

        Raises:
            MissingEnvironment: if PyBaMM is not installed.
        """
        every = np.concatenate([charge, np.full_like(charge[:1], charge[0, 0])])
        closed = every.copy()
        closed[:, -1] = every[:, 0]  # days repeat, so that each begins where it ended
        found = ENVIRONMENT.ask(
            "age", {"charge": closed}, {"step_s": 3600 * STEP_H, "days": days}, designs=len(closed)
        )
        lost = found["lost"]
        each = (lost[:, -1] - lost[:, SETTLED]) / (days - SETTLED)
        hours = (charge.shape[1] - 1) * STEP_H
        worn = [CellWear.of(own, hours) for own in closed]
        law = np.array([w.lost for w in worn])
        cycles = np.array([w.full_cycles for w in worn])
        solved = np.isfinite(each[:-1])
        failed = int((~solved).sum())
        if not solved.any():
            raise EngineError(f"expected the life of a schedule by PyBaMM, got none of {failed}")
        own = [x[:-1][solved] for x in (law, each, cycles)]
        volts = float(np.nanmin(found["min_voltage_v"])), float(np.nanmax(found["max_voltage_v"]))
        return cls(own[0], own[1], own[2], float(law[-1]), float(each[-1]), days, volts, failed)

    @property
    def ranking(self) -> float:
        """Rank correlation of both, over schedules; NaN for too few."""
        if len(self.law) < self.least or np.ptp(self.law) == 0:
            return float("nan")
        return float(spearmanr(self.law, self.cell).statistic)

    @property
    def ratio(self) -> float:
        """Mean loss by the law, of that by PyBaMM."""
        return float(self.law.mean() / self.cell.mean())

    @property
    def cycling_ratio(self) -> float:
        """Mean loss beyond that at rest by the law, of that by PyBaMM."""
        return float((self.law.mean() - self.law_idle) / (self.cell.mean() - self.cell_idle))

    def section(self) -> Section:
        """Report how far the law is off."""
        figure, grid = panels(1, 1, (4.2, 3.2))
        axes = grid[0, 0]
        law, cell = 100 * 365 * self.law, 100 * 365 * self.cell
        axes.scatter(cell, law, 16, OURS, label="chosen schedules")
        axes.scatter([36500 * self.cell_idle], [36500 * self.law_idle], 24, MUTED, marker="s",
                     label="at rest")  # fmt: skip
        most = 1.1 * max(law.max(), cell.max(), 36500 * self.cell_idle)
        axes.plot([0, most], [0, most], color=MUTED, lw=0.8)
        dress(axes, "lithium lost by PyBaMM (% a year)", "capacity lost by the law (% a year)",
              grid=True)  # fmt: skip
        axes.legend(frameon=False, fontsize=8)
        order = f"{self.ranking:.2f}" if np.isfinite(self.ranking) else "not known from so few"
        failed = f" PyBaMM failed on {self.failed} others." if self.failed else ""
        text = (
            f"{len(self.law)} chosen schedules of the point forecast, each repeated for "
            f"{self.days} days with a cell of {ENVIRONMENT.lock.engine} "
            f"{ENVIRONMENT.lock.release} (O'Kane et al., 2022). The law says {self.ratio:.2f} "
            f"times PyBaMM's loss, and {self.cycling_ratio:.2f} times its loss beyond that at "
            f"rest; the rank correlation is {order}. The cell's voltage is between "
            f"{self.volts[0]:.2f} and {self.volts[1]:.2f} V, and is not limited.{failed}"
        )
        rows = (
            ("", "law (% a year)", "PyBaMM (% a year)", "cycles a day"),
            *((f"schedule {i + 1}", f"{a:.2f}", f"{b:.2f}", f"{c:.2f}")
              for i, (a, b, c) in enumerate(zip(law, cell, self.cycles, strict=True))),
            ("at rest", f"{36500 * self.law_idle:.2f}", f"{36500 * self.cell_idle:.2f}", "0.00"),
        )  # fmt: skip
        return Section("Wear by an electrochemical cell", text, figure, rows)
