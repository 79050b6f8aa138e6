"""An agent that lowers a plant's cost: it tries set-points on a twin and gives its reasons.

Shapes: n copies, k numbers of a memory, p readings, m = 8 set-points, c candidates, w twins.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ingenium.domains.plant.tennessee.machine import COST, NAMES, PRESSURE, TARGETS
from ingenium.domains.plant.tennessee.tags import ACTIONS, BASE, LIMITED
from ingenium.domains.plant.tennessee.twin import HOURS, STRANGE, UNIT, GainTwin
from ingenium.operate.plant import Weighing
from ingenium.searches.regimes import choose, reaches

LOW, HIGH = (np.array([getattr(a, e) for a in ACTIONS]) for e in ("low", "high"))
STRIPPER, SEPARATOR = NAMES.index("stripper level"), NAMES.index("separator level")
SEEN = (COST, STRIPPER, SEPARATOR, PRESSURE)  # readings with hourly means in memory
ROW = len(SEEN) + 8
PAST = HOURS + 8  # hours that are remembered
TWINS, CANDIDATES = 32, 192
FIRST_H = 8  # hours before the first move
LEAST, REACH = 0.4, 1.5  # $/h: largest expected loss of a move; least gain at mean + spread
STUCK = 3  # reviews without progress before larger moves are tried
ROOM = 4.0  # %, margin of levels to their limits
COVERAGE, FOLLOW = 0.9, 0.05  # of the cost band; its adaptation rate
KINDS = (  # of decisions, by words of their reason
    ("takes over", "takes over"),
    ("not the agent's doing", "holds: another cause"),
    ("no move might earn", "holds: nothing to earn"),
    ("to learn", "moves to learn"),
    ("to earn", "moves to earn"),
)
SHORT = ("pressure", "level", "temperature", "yA", "yAC", "recycle", "steam", "agitator")


@dataclass(frozen=True, eq=False)
class AgentMemory:
    """The agent's memory of one copy, which is stored as a row of numbers."""

    clock: float = 0.0  # periods
    target: np.ndarray = field(default_factory=BASE.copy)
    sums: np.ndarray = field(default_factory=lambda: np.zeros(ROW))  # of the hour
    past: np.ndarray = field(default_factory=lambda: np.full((PAST, ROW), np.nan))
    belief: np.ndarray = field(default_factory=lambda: np.zeros(16))
    cover: np.ndarray = field(default_factory=lambda: np.eye(16))
    band: np.ndarray = field(default_factory=lambda: np.full(2, np.nan))  # mean and spread
    wide: float = 1.645  # half-width of the band in spreads
    radius: float = 1.0
    stuck: float = 0.0
    reviews: float = 0.0
    best: float = np.inf
    other: float = 0.0  # periods since the last review with another decider

    def row(self) -> Float64[np.ndarray, " k"]:
        """Return the memory as a row of numbers."""
        return np.concatenate([np.ravel(value) for value in vars(self).values()])

    @classmethod
    def of(cls, row: Float64[np.ndarray, " k"]) -> "AgentMemory":
        """Restore a memory from a row of numbers."""
        found: dict[str, Any] = {}
        at = 0
        for name, value in vars(cls()).items():
            shape, count = np.shape(value), int(np.size(value))
            part = row[at : at + count]
            found[name] = part.reshape(shape).copy() if shape else float(part[0])
            at += count
        return cls(**found)


@dataclass(frozen=True, eq=False)
class TriedMoves:
    """Candidates at a review: their worth on the twins, and the nearest level of each."""

    now: Float64[np.ndarray, " 8"]
    options: Float64[np.ndarray, "c 8"]
    mean: Float64[np.ndarray, " c"]
    spread: Float64[np.ndarray, " c"]
    low: Float64[np.ndarray, " c"]
    which: list[str]
    rest: float  # distance of the nearest level without a move

    @property
    def worthy(self) -> Int64[np.ndarray, " p"]:
        """Candidates that keep levels off their limits and may earn enough."""
        worth = (self.low >= 0) & (self.mean + self.spread > REACH) & (self.mean > -LEAST)
        return np.flatnonzero(worth)

    def beyond_best(self, reviews: int) -> float:
        """Extra gain that another move than the best expected one may have, $/h."""
        own = self.worthy
        if len(own) == 0:
            return 0.0
        reach = reaches(self.mean[own], self.spread[own], reviews)
        return float(reach.max() - reach[self.mean[own].argmax()])


@dataclass(frozen=True, eq=False)
class SelfOptimiser:
    """A policy that reviews its set-points: it updates its twin, tries moves, takes one or none.

    `searches.regimes.choose` takes the move with the largest expected gain or, to learn, another
    one that may be better. Without progress, larger moves are tried.
    """

    prior: GainTwin
    per_hour: int  # periods per hour
    seed: int
    review_h: int = 4
    name: str = "self-optimising agent"
    foreseen: int = COST

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return a memory with the base case and the bench's gains."""
        return np.tile(AgentMemory(belief=self.prior.belief, cover=self.prior.cover).row(), (n, 1))

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n 8"]:
        """Return the present set-points, or new ones at a review."""
        return np.stack([self._reviewed(row)[0].target for row in memory])

    def why(
        self,
        memory: Float64[np.ndarray, "1 k"],
        seen: Float64[np.ndarray, "1 p"],
        wanted: Float64[np.ndarray, "1 q"],
    ) -> str:
        """Return the reason of a decision at a review; empty between reviews."""
        return self._reviewed(memory[0])[1]

    def weigh(
        self,
        memory: Float64[np.ndarray, "1 k"],
        seen: Float64[np.ndarray, "1 p"],
        wanted: Float64[np.ndarray, "1 q"],
    ) -> Weighing | None:
        """Return the kind of a decision at a review, and the criteria; None between reviews."""
        _, text = self._reviewed(memory[0])
        if not text:
            return None
        own = AgentMemory.of(memory[0])
        hours = own.past[np.isfinite(own.past[:, 0])]
        taken = own.other / (self.review_h * self.per_hour)
        off = self._surprise(own, hours)
        later, _ = self._learned(own, hours)
        tried = self._tried(later, hours)
        passed = tried.low >= 0
        return Weighing(
            next(kind for words, kind in KINDS if words in text),
            {
                "worth of the best move, $/h": _most(tried.mean, passed),
                "most that a move may be worth, $/h": _most(tried.mean + tried.spread, passed),
                "what another one may be worth more, $/h": tried.beyond_best(
                    int(later.reviews) + 1
                ),
                "worth of the best refused move, $/h": _most(tried.mean, ~passed),
                "lowest level's room without a move, %": float(tried.rest),
                "cost off the twin, spreads": abs(off),
                "share of periods others decided": float(taken),
                "reviews without progress": float(later.stuck),
                "cost, $/h": float(hours[-1, 0]),
            },
        )

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n 8"],
    ) -> Float64[np.ndarray, "n k"]:
        """Update hourly means, and count periods in which another decider acted."""
        rows = [
            self._later(self._reviewed(row)[0], own, action).row()
            for row, own, action in zip(memory, seen, applied, strict=True)
        ]
        return np.stack(rows)

    def foresee(self, memory: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n 2"]:
        """Ends of the 90 % prediction band of this hour's cost.

        The band widens after each miss and narrows otherwise.

        Source: Gibbs and Candès, Adaptive conformal inference, NeurIPS 2021.
        """
        own = [AgentMemory.of(row) for row in memory]
        return np.stack([m.band[0] + m.wide * m.band[1] * np.array([-1.0, 1.0]) for m in own])

    def _later(self, own: AgentMemory, seen: np.ndarray, action: np.ndarray) -> AgentMemory:
        """Add a period's readings to the hourly means; update past and band after a full hour."""
        row = np.concatenate([np.nan_to_num(seen[list(SEEN)]), seen[TARGETS]])
        own = replace(own, sums=own.sums + row / self.per_hour, clock=own.clock + 1)
        if np.isfinite(own.band).all():
            left = abs(seen[COST] - own.band[0]) > own.wide * own.band[1]
            own = replace(own, wide=own.wide * np.exp(FOLLOW * (left - (1 - COVERAGE))))
        if own.clock % self.per_hour == 0:
            last = np.concatenate([own.sums[: len(SEEN)], seen[TARGETS]])
            past = np.concatenate([own.past[1:], last[None]])
            own = replace(own, past=past, sums=np.zeros(ROW))
            own = replace(own, band=self._band(own))
        taken = float(np.abs(action - own.target).max() > 1e-6)
        return replace(own, other=own.other + taken)

    def _band(self, own: AgentMemory) -> Float64[np.ndarray, " 2"]:
        """Mean and spread of the next hour's cost, if set-points stay."""
        hours = own.past[np.isfinite(own.past[:, 0])]
        if len(hours) < FIRST_H:
            return np.full(2, np.nan)
        moves, twin = _moves(hours), self._twin(own)
        mean, spread = twin.foreseen(twin.driven(moves, 1) - twin.driven(moves), 1.0)
        return np.array([hours[-1, 0] + mean, spread])

    def _twin(self, own: AgentMemory) -> GainTwin:
        return replace(self.prior, belief=own.belief, cover=own.cover)

    def _reviewed(self, row: Float64[np.ndarray, " k"]) -> tuple[AgentMemory, str]:
        """Memory after a review with the reason; unchanged memory between reviews."""
        clock, every = row[0], self.review_h * self.per_hour
        if clock == 0 or clock % every or clock < FIRST_H * self.per_hour:
            return AgentMemory.of(row), ""
        own = AgentMemory.of(row)
        hours = own.past[np.isfinite(own.past[:, 0])]
        own, reported = self._learned(own, hours)
        if own.other > 0.5 * every or reported.startswith("holds"):
            held = np.clip(hours[-1, len(SEEN) :], LOW, HIGH)
            text = (
                reported
                if reported.startswith("holds")
                else "takes over where others left it; " + reported
            )
            return replace(own, target=held, other=0.0, best=np.inf), text
        own, text = self._moved(own, hours)
        return replace(own, other=0.0, reviews=own.reviews + 1), f"{text}; {reported}"

    def _learned(self, own: AgentMemory, hours: np.ndarray) -> tuple[AgentMemory, str]:
        """Correct gains by the change of the cost since the last review."""
        back, twin = self.review_h, self._twin(own)
        if len(hours) < back + 4:
            return own, "first review"
        change, moves = float(hours[-1, 0] - hours[-1 - back, 0]), _moves(hours)
        driven = twin.driven(moves) - twin.driven(moves[:-back])
        mean, spread = twin.foreseen(driven, float(back))
        off = self._surprise(own, hours)
        reported = (
            f"cost {hours[-1, 0]:.1f} $/h, changed by {change:+.1f} in {back} h where the twin "
            f"expected {mean:+.1f} ± {1.645 * spread:.1f}"
        )
        found = twin.updated(driven, change, float(back))
        own = replace(own, belief=found.belief, cover=found.cover)
        if abs(off) > STRANGE:
            return (
                own,
                f"holds: the change is not the agent's doing ({off:+.1f} spreads); {reported}",
            )
        progress = hours[-back:, 0].mean() < own.best - LEAST
        return replace(
            own, best=min(own.best, hours[-back:, 0].mean()),
            stuck=0.0 if progress else own.stuck + 1,
            radius=float(np.clip(own.radius * (1.15 if abs(off) < 1.5 else 0.7), 0.4, 1.6)),
        ), reported  # fmt: skip

    def _surprise(self, own: AgentMemory, hours: np.ndarray) -> float:
        """Change of the cost since the last review, in spreads off what the twin expected."""
        back, twin, moves = self.review_h, self._twin(own), _moves(hours)
        if len(hours) < back + 4:
            return 0.0
        driven = twin.driven(moves) - twin.driven(moves[:-back])
        mean, spread = twin.foreseen(driven, float(back))
        return float((hours[-1, 0] - hours[-1 - back, 0] - mean) / spread)

    def _tried(self, own: AgentMemory, hours: np.ndarray) -> "TriedMoves":
        """Try candidates on twins: worth, and distance of levels to their limits."""
        twin, wide = self._twin(own), own.stuck >= STUCK
        number = int(own.reviews)
        rng = np.random.default_rng([self.seed, 11, number])
        now = np.clip(own.target, LOW, HIGH)
        size = own.radius * (2.0 if wide else 1.0)
        options = _candidates(twin.gain, size, wide, rng)
        options = (np.clip(now + options * UNIT, LOW, HIGH) - now) / UNIT
        earned = -(options @ twin.twins(TWINS, self.seed + number).T)  # candidates on twins
        low, which = self._lowest(twin, hours, options)
        rest, _ = self._lowest(twin, hours, np.zeros((1, 8)))
        return TriedMoves(now, options, earned.mean(1), earned.std(1), low, which, float(rest[0]))

    def _moved(self, own: AgentMemory, hours: np.ndarray) -> tuple[AgentMemory, str]:
        """Choose a candidate that is worth it, if any; the text also names what was refused."""
        wide, tried = own.stuck >= STUCK, self._tried(own, hours)
        options, mean, spread, low, which = (
            tried.options,
            tried.mean,
            tried.spread,
            tried.low,
            tried.which,
        )
        passed = low >= 0
        refused = int(np.where(passed, -np.inf, mean).argmax())
        best_refused = (
            ""
            if passed.all() or mean[refused] < LEAST
            else (
                f"; refused {_named(options[refused])} (worth {mean[refused]:.1f} $/h): "
                f"{which[refused]} might fall {-low[refused]:.0f} % below its limit"
            )
        )
        at = tried.worthy
        if len(at) == 0:
            return own, f"holds: no move might earn {REACH:g} $/h{best_refused}"
        one, seeks = choose(mean[at], spread[at], int(own.reviews) + 1)
        one = int(at[one])
        regime = "to learn" if seeks else "to earn"
        text = (
            f"moves {_named(options[one])} {regime}: {mean[one]:+.1f} ± {spread[one]:.1f} $/h "
            f"saved on {TWINS} twins, nearest limit {which[one]}, {low[one]:.0f} % above it "
            f"with its room{best_refused}"
        )
        if wide:
            text += f"; sought further away after {int(own.stuck)} reviews without progress"
        return replace(
            own, target=tried.now + options[one] * UNIT, stuck=0.0 if wide else own.stuck
        ), text  # fmt: skip

    def _lowest(
        self, twin: GainTwin, hours: np.ndarray, options: Float64[np.ndarray, "c 8"]
    ) -> tuple[Float64[np.ndarray, " c"], list[str]]:
        """Least distance of levels above limit plus margin, and the nearest level, by candidate."""
        still = twin.levels(_moves(hours), 24)
        now = hours[-1, 1:3]
        ends = np.array([LIMITED["stripper"].low, LIMITED["separator"].low]) + ROOM
        path = now + still[None] + twin.path(options)[:, :24] - ends
        lowest = path.min(1)
        names = ("stripper level", "separator level")
        return lowest.min(1), [names[i] for i in lowest.argmin(1)]


def _most(values: Float64[np.ndarray, " c"], among: Bool[np.ndarray, " c"]) -> float:
    return float(values[among].max()) if among.any() else 0.0


def _moves(hours: Float64[np.ndarray, "t r"]) -> Float64[np.ndarray, "t 8"]:
    """Changes of set-points in each hour, in multiples of `UNIT`."""
    targets = hours[:, len(SEEN) :]
    found: np.ndarray = np.diff(targets, axis=0, prepend=targets[:1]) / UNIT
    return found


def _candidates(
    gain: Float64[np.ndarray, " 8"], size: float, wide: bool, rng: np.random.Generator
) -> Float64[np.ndarray, "c 8"]:
    """Sample moves: each set-point alone, then some set-points along the gains or at random."""
    alone = np.concatenate([np.eye(8), -np.eye(8), 0.5 * np.eye(8), -0.5 * np.eye(8)]) * size
    count = CANDIDATES - len(alone)
    downhill = -np.sign(gain) * rng.uniform(0, 1, (count, 8)) * (rng.uniform(size=(count, 8)) < 0.5)
    any_way = rng.uniform(-1, 1, (count, 8)) * (rng.uniform(size=(count, 8)) < 0.4)
    mixed = np.where(rng.uniform(size=(count, 1)) < (0.5 if wide else 0.85), downhill, any_way)
    return np.concatenate([alone, size * mixed])


def _named(move: Float64[np.ndarray, " 8"]) -> str:
    """Describe a move in words."""
    each = [
        f"{name} {step:+.3g}"
        for name, step in zip(SHORT, move * UNIT, strict=True)
        if abs(step) > 1e-9
    ]
    return ", ".join(each) or "nothing"
