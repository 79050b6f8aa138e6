"""Unit commitment as an integer programme, and economic dispatch as its linear part.

Source: Knueven, Ostrowski and Watson, 2020; MODEL.pdf of PGLib-UC. Flows of the network enter as
    rows that are added where they bind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from ingenium.domains.grid.dispatch.system import DispatchSystem
from ingenium.kits.programmes.highs import ProgrammeBuilder, ProgrammeSolution

INF = float("inf")


@dataclass(frozen=True, eq=False)
class FlowLimit:
    """A bound on a flow in one hour, linear in the power of all buses.

    Shapes: b buses.
    """

    hour: int
    share: Float[np.ndarray, " b"]  # MW of flow for each MW at a bus
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class CommitmentWeights:
    """Prices under which a plan is cheapest.

    Shapes: u units, t hours.
    """

    carbon_usd: float = 0.0  # a t
    factor: Float[np.ndarray, " u"] | None = None  # on the costs of each unit
    losses: Float[np.ndarray, " t"] | None = None  # MW
    spill_usd: float = 0.0  # a MWh of wind and sun that is not used
    slack_mw: float = 0.0  # by which reserve, ramps and powers stay within their limits


class CommitmentModel:
    """Programme of a system: commitment, power above the least one, reserve, plants, stores."""

    def __init__(self, system: DispatchSystem, weights: CommitmentWeights) -> None:
        self.system, self.weights = system, weights
        self.made = ProgrammeBuilder()
        self._columns()
        self._logic()
        self._power()
        self._starts()
        self._stores()
        self._balance()

    def _columns(self) -> None:
        s, m, u = self.system, self.made, self.system.units
        n, t = len(u.names), s.hours
        w = self.weights
        factor = np.ones(n) if w.factor is None else w.factor
        carbon = w.carbon_usd * u.t_per_mwh
        first = [p[0][1] if p else 0.0 for p in u.points]
        fixed = factor * np.array(first) + carbon * u.p_min
        range_mw = u.p_max - u.p_min
        low = np.where(u.must_run, 1.0, 0.0)
        self.on = m.columns(n * t, np.repeat(low, t), 1.0, cost=np.repeat(fixed, t), whole=True)
        self.up = m.columns(n * t, 0.0, 1.0, whole=True)
        self.down = m.columns(n * t, 0.0, 1.0, whole=True)
        self.p = m.columns(n * t, 0.0, np.repeat(range_mw, t), cost=np.repeat(carbon, t))
        self.reserve = m.columns(n * t, 0.0, np.repeat(range_mw, t))
        for name in ("on", "up", "down", "p", "reserve"):
            setattr(self, name, getattr(self, name).reshape(n, t))
        self.pieces: list[list[np.ndarray]] = []
        for i, points in enumerate(u.points):
            mw, usd = np.array(points).T if points else (np.zeros(1), np.zeros(1))
            slopes = factor[i] * np.diff(usd) / np.diff(mw)
            pairs = zip(np.diff(mw), slopes, strict=True)
            self.pieces.append([m.columns(t, 0.0, a, cost=b) for a, b in pairs])
        r = len(s.plants.names)
        most, least = s.plants.most.ravel(), s.plants.least.ravel()
        self.plant = m.columns(r * t, least, most, cost=-w.spill_usd).reshape(r, t)
        load = s.load_mw[s.loads]
        self.shed = m.columns(load.size, 0.0, load.ravel(), cost=s.lost_load_usd)
        self.shed = self.shed.reshape(load.shape)

    def _logic(self) -> None:
        """Starts, stops, and least times up and down."""
        u, m, t_end = self.system.units, self.made, self.system.hours
        for i in range(len(u.names)):
            on, up, down = self.on[i], self.up[i], self.down[i]
            was = float(u.on_before[i])
            left = (u.up_min if was else u.down_min)[i] - u.hours_before[i]
            for t in range(min(t_end, max(0, int(left)))):
                m.low[on[t]] = m.high[on[t]] = was
            long_up, long_down = min(u.up_min[i], t_end), min(u.down_min[i], t_end)
            for t in range(t_end):
                if t:
                    m.row([on[t], on[t - 1], up[t], down[t]], [1, -1, -1, 1], 0, 0)
                else:
                    m.row([on[0], up[0], down[0]], [1, -1, 1], was, was)
                recent = up[max(0, t - long_up + 1) : t + 1]
                m.row([*recent, on[t]], [1.0] * len(recent) + [-1.0], -INF, 0)
                recent = down[max(0, t - long_down + 1) : t + 1]
                m.row([*recent, on[t]], [1.0] * len(recent) + [1.0], -INF, 1)

    def _power(self) -> None:
        """Capacity with starts and stops, ramps, and pieces of the cost."""
        u, m, t_end, keep = self.system.units, self.made, self.system.hours, self.weights.slack_mw
        for i in range(len(u.names)):
            on, up, down, p, r = (x[i] for x in (self.on, self.up, self.down, self.p, self.reserve))
            size = u.p_max[i] - u.p_min[i]
            first = max(0.0, u.p_max[i] - u.ramp_start[i])
            last = max(0.0, u.p_max[i] - u.ramp_stop[i])
            rise, fall = (max(0.0, x[i] - keep) for x in (u.ramp_up, u.ramp_down))
            had = float(u.p_before[i] - u.p_min[i]) if u.on_before[i] else 0.0
            if had > u.ramp_stop[i] - u.p_min[i] and u.on_before[i]:
                m.high[down[0]] = 0.0
            for t in range(t_end):
                ends = [] if t == t_end - 1 or last == 0 else [down[t + 1]]
                if ends and u.up_min[i] > 1:
                    m.row([p[t], r[t], on[t], up[t], *ends], [1, 1, -size, first, last], -INF, 0)
                else:
                    m.row([p[t], r[t], on[t], up[t]], [1, 1, -size, first], -INF, 0)
                    if ends:
                        m.row([p[t], r[t], on[t], *ends], [1, 1, -size, last], -INF, 0)
                if self.pieces[i]:
                    own = [piece[t] for piece in self.pieces[i]]
                    m.row([p[t], *own], [1.0] + [-1.0] * len(own), 0, 0)
                if t == 0 and np.isfinite(rise):
                    m.row([p[0], r[0]], [1, 1], -INF, rise + had)
                    m.row([p[0]], [1], had - fall, INF)
                elif np.isfinite(rise):
                    m.row([p[t], r[t], p[t - 1]], [1, 1, -1], -INF, rise)
                    m.row([p[t - 1], p[t]], [1, -1], -INF, fall)

    def _starts(self) -> None:
        """Costs of starts by the hours off before."""
        u, m, t_end = self.system.units, self.made, self.system.hours
        w = self.weights.factor
        for i, kinds in enumerate(u.starts):
            scale = 1.0 if w is None else float(w[i])
            own = [m.columns(t_end, 0.0, 1.0, cost=scale * cost) for _, cost in kinds]
            for t in range(t_end):
                m.row([self.up[i, t], *(x[t] for x in own)], [1.0] + [-1.0] * len(own), 0, 0)
                for k in range(len(kinds) - 1):
                    low, high = kinds[k][0], kinds[k + 1][0]
                    stops = [self.down[i, t - h] for h in range(low, high) if t - h >= 0]
                    off = t + u.hours_before[i]
                    had = 1.0 if not u.on_before[i] and low <= off < high else 0.0
                    m.row([own[k][t], *stops], [1.0] + [-1.0] * len(stops), -INF, had)

    def _stores(self) -> None:
        """Charging, discharging and energy of stores."""
        s, m, t_end = self.system.stores, self.made, self.system.hours
        n = len(s.names)
        power = np.repeat(s.power, t_end)
        self.give = m.columns(n * t_end, 0.0, power).reshape(n, t_end)
        self.take = m.columns(n * t_end, 0.0, power).reshape(n, t_end)
        level = m.columns(n * t_end, 0.0, np.repeat(s.energy, t_end)).reshape(n, t_end)
        for i in range(n):
            m.low[level[i, -1]] = s.first[i]
            for t in range(t_end):
                last = [level[i, t - 1]] if t else []
                had = 0.0 if t else float(s.first[i])
                values = [1.0, 1.0, -s.efficiency[i], *([-1.0] if t else [])]
                m.row([level[i, t], self.give[i, t], self.take[i, t], *last], values, had, had)

    @property
    def exact(self) -> bool:
        """True where losses are known, so that generation must equal load and losses."""
        return self.weights.losses is not None

    def _balance(self) -> None:
        """Load and losses of each hour, and reserve; without losses generation may be more."""
        s, m = self.system, self.made
        losses = np.zeros(s.hours) if self.weights.losses is None else self.weights.losses
        self.balance = len(m.rows)
        for t in range(s.hours):
            need = s.load_mw[:, t].sum() + losses[t]
            columns, values = self._made_in(t, np.ones(len(s.net.bus)))
            m.row(columns, values, need, need if self.exact else INF)
        for t in range(s.hours):
            keep = 2 * self.weights.slack_mw if s.reserve_mw[t] > 0 else 0.0
            m.row(self.reserve[:, t], 1.0, s.reserve_mw[t] + keep, INF)

    def _made_in(
        self, t: int, share: Float[np.ndarray, " b"]
    ) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, " k"]]:
        """Columns that give power in an hour, and values with a share for each bus."""
        s, u = self.system, self.system.units
        parts = [
            (self.on[:, t], share[u.bus] * u.p_min),
            (self.p[:, t], share[u.bus]),
            (self.plant[:, t], share[s.plants.bus]),
            (self.shed[:, t], share[s.loads]),
            (self.give[:, t], share[s.stores.bus]),
            (self.take[:, t], -share[s.stores.bus]),
        ]
        columns, values = (np.concatenate(x) for x in zip(*parts, strict=True))
        used = np.abs(values) > 1e-6
        return columns[used], values[used]

    def power(self, found: ProgrammeSolution, t: int) -> Float[np.ndarray, " b"]:
        """Power that is made at each bus in an hour of a solution, shed load included (MW)."""
        s, x = self.system, found.values
        made = np.zeros(len(s.net.bus))
        for bus, mw in (
            (s.units.bus, x[self.on[:, t]] * s.units.p_min + x[self.p[:, t]]),
            (s.plants.bus, x[self.plant[:, t]]),
            (s.loads, x[self.shed[:, t]]),
            (s.stores.bus, x[self.give[:, t]] - x[self.take[:, t]]),
        ):
            np.add.at(made, bus, mw)
        return made

    def limit_flows(self, limits: Sequence[FlowLimit]) -> None:
        """Add rows for flows, before the model is loaded."""
        for one in limits:
            columns, values = self._made_in(one.hour, one.share)
            self.made.row(columns, values, one.low, one.high)

    def commitment(self, found: ProgrammeSolution) -> Bool[np.ndarray, "u t"]:
        """Units that are on in a solution."""
        return np.asarray(found.values[self.on] > 0.5)

    def set_points(self, found: ProgrammeSolution) -> tuple[np.ndarray, ...]:
        """Return power of units, plants, stores, and shed load of a solution (MW)."""
        x, u = found.values, self.system.units
        on = self.commitment(found)
        p = np.where(on, x[self.p] + u.p_min[:, None], 0.0)
        return p, x[self.plant], x[self.give] - x[self.take], x[self.shed]


@dataclass(frozen=True, eq=False)
class CostBound:
    """Bound on the cost of all plans of a system: its commitment without network and losses.

    Losses are at least 0 and no limit of the network is there, so that every plan that satisfies
    the rules costs at least what HiGHS proves; a DC network would be no relaxation of AC.
    """

    system: DispatchSystem
    nodes: int = 20
    gap: float = 0.005

    @cached_property
    def usd(self) -> float:
        """Proven bound (USD)."""
        model = CommitmentModel(self.system, CommitmentWeights())
        return float(model.made.solve(seconds=900.0, gap=self.gap, nodes=self.nodes).bound)
