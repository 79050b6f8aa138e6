"""Generators of envelopes: a population that the network screens, packages, and chance.

Shapes: n designs, d standardised numbers of a design, from -1 to 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit
from ingenium.domains.buildings.envelope.design import PACKAGES, Envelopes, sampled
from ingenium.domains.buildings.envelope.outcome import CHEAP, QUANTITIES
from ingenium.domains.buildings.envelope.verifier import NetworkVerifier
from ingenium.generators.rows import check_cond, check_steer
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

SIZE, PARENTS = 40, 16  # of the population, and how many of it have children
ROUNDS, LAST = 20, 2  # of children at most, and after all parents satisfy the limits
OFFERED = 8  # children of which the one is simulated that fits limits on daylight and cost best
WIDTHS, STAY = (0.1, 0.35), 0.5  # of a child's step, and its share of the first parent
MOVED, LEAP = 0.3, 0.03  # share of its numbers that move, and that are anywhere
TRIES = 6  # samples that the network screens for one proposal
# Share of a limit that the network must satisfy: a zone that is 0.2 K too cold counts all its hours
CAUTION = {"overheating": 0.7, "cold": 0.7, "heating_peak": 0.85}
USUAL = 0.97  # of limits on other quantities that EnergyPlus measures
Wanted = Callable[[], Sequence[Limit]]
Onto = Callable[[Tensor], Tensor]  # fixed values of a spec, on standardised designs


def _same(x: Tensor) -> Tensor:
    return x


@dataclass
class PlainFamily:
    """Family without weights; a subclass defines `designs`.

    Shapes: n designs, d numbers.
    """

    codec: Channels
    facades: int
    c: int = 1
    together: int = 8  # designs that are proposed at a time

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return self.codec.shape

    def fit(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Learn nothing from known designs."""
        return {}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n d"]:
        """Propose one design for each row of conditions."""
        check_cond(cond, self.c)
        check_steer(steer, type(self).__name__)
        seed = int(torch.randint(2**31, (1,), generator=rng))
        found = self.designs(np.random.default_rng(seed), len(cond), steer.project or _same)
        return self.codec.encode(found.arrays).to(torch.float32)

    def designs(self, rng: np.random.Generator, count: int, onto: Onto) -> Envelopes:
        """Return designs at random between the bounds."""
        return sampled(rng, count, self.facades)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state, which is empty."""
        return {"none": torch.zeros(1)}

    def load_state_dict(self, state_dict: dict[str, Tensor]) -> object:
        """Take the state, which is empty."""
        return self


@dataclass
class PackageFamily(PlainFamily):
    """Standard packages, with one share of windows on all facades."""

    def designs(self, rng: np.random.Generator, count: int, onto: Onto) -> Envelopes:
        """Return packages in turn, with windows at random."""
        parts = []
        for _ in range(count):
            own = PACKAGES[int(rng.integers(len(PACKAGES)))].designs(self.facades)
            share = np.full((1, self.facades), rng.uniform(0.3, 0.8))
            parts.append(Envelopes(**{**vars(own), "window": share}).snapped())
        return _joined(parts)


@dataclass
class ScreenedFamily(PlainFamily):
    """Population that the network brings within the limits, whose children it screens.

    The population is evolved once for the limits in force: parents are those that violate them
    least, then those that cost least. A proposal is the first of some children of two parents that
    satisfies all limits by the network, with caution where the network is known to be coarse.
    """

    network: NetworkVerifier = field(kw_only=True)
    wanted: Wanted = field(kw_only=True)
    _elite: dict[tuple[tuple[Limit, ...], bytes], Envelopes] = field(
        default_factory=dict, repr=False
    )

    def designs(self, rng: np.random.Generator, count: int, onto: Onto) -> Envelopes:
        """Return children that satisfy the limits by the network, or else the nearest."""
        limits = tuple(self.wanted())
        elite = self.elite(limits, onto)
        tried = self._children(rng, elite, count * TRIES, limits, onto)
        violation, _ = self._rated(tried, limits)
        chosen = [
            i + int(np.argmin(violation[i : i + TRIES])) for i in range(0, len(violation), TRIES)
        ]
        return tried.part(np.array(chosen, np.int64))

    def elite(self, limits: tuple[Limit, ...], onto: Onto = _same) -> Envelopes:
        """Return the parents under some limits, after all rounds."""
        key = limits, onto(torch.zeros(1, *self.shape, dtype=torch.float64)).numpy().tobytes()
        if key not in self._elite:
            rng = np.random.default_rng(0)  # the population follows from the spec alone
            some = [p.designs(self.facades) for p in PACKAGES]
            pool = self._brought(
                _joined([*some, sampled(rng, SIZE - len(some), self.facades)]), onto
            )
            violation, cost = self._rated(pool, limits)
            left = ROUNDS
            while left > 0:
                order = _order(violation, cost)[:PARENTS]
                left = min(left - 1, ROUNDS if violation[order].any() else LAST)
                more = self._children(rng, pool.part(order), SIZE, limits, onto)
                pool, rated = _joined([pool, more]), self._rated(more, limits)
                violation = np.concatenate([violation, rated[0]])
                cost = np.concatenate([cost, rated[1]])
            self._elite[key] = pool.part(_order(violation, cost)[:PARENTS])
        return self._elite[key]

    def _brought(self, designs: Envelopes, onto: Onto) -> Envelopes:
        """Return designs with the fixed values of the spec."""
        return self._decoded(onto(self.codec.encode(designs.arrays)))

    def _decoded(self, x: Float[Tensor, "n d"]) -> Envelopes:
        return Envelopes.of(self.codec.decode(x)).snapped()

    def _children(
        self,
        rng: np.random.Generator,
        parents: Envelopes,
        count: int,
        limits: Sequence[Limit],
        onto: Onto,
    ) -> Envelopes:
        """Return mixtures of two parents, with steps, whose daylight and cost fit the limits."""
        x = self.codec.encode(parents.arrays).numpy()
        first, other = (x[rng.integers(len(x), size=count * OFFERED)] for _ in range(2))
        mixed = np.where(rng.random(first.shape) < STAY, first, other)
        steps = rng.random(mixed.shape)
        width = rng.choice(WIDTHS, (len(mixed), 1))
        moved = mixed + width * rng.standard_normal(mixed.shape) * (steps < MOVED)
        moved = np.where(steps > 1 - LEAP, rng.uniform(-1, 1, mixed.shape), moved)
        found = self._decoded(onto(torch.from_numpy(np.clip(moved, -1, 1))))
        rows = self.network.appraisal.cheap(found)
        total = _violations(rows, CHEAP, limits).reshape(count, OFFERED)
        return found.part(np.arange(count) * OFFERED + total.argmin(1))

    def _rated(
        self, designs: Envelopes, limits: Sequence[Limit]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Return by how much designs violate the limits, relatively, and what they cost."""
        rows = self.network.rows(designs)
        cost = rows[:, [q.name for q in QUANTITIES].index("cost")]
        return _violations(rows, QUANTITIES, limits), cost.round(6)


def _violations(
    rows: Float64[np.ndarray, "n k"], quantities: Sequence[Quantity], limits: Sequence[Limit]
) -> Float64[np.ndarray, " n"]:
    """Return the sum of relative violations, of limits with caution."""
    names, total = [q.name for q in quantities], np.zeros(len(rows))
    exact = {q.name for q in CHEAP}
    for limit in limits:
        if limit.quantity in names:
            caution = 1.0 if limit.quantity in exact else CAUTION.get(limit.quantity, USUAL)
            total += _violation(rows[:, names.index(limit.quantity)], limit, caution)
    return total.round(9)


def _violation(
    value: Float64[np.ndarray, " n"], limit: Limit, caution: float
) -> Float64[np.ndarray, " n"]:
    over = np.zeros(len(value))
    if limit.at_most is not None:
        bound = limit.at_most * caution
        over = np.maximum((value - bound) / max(abs(bound), 1.0), 0.0)
    if limit.at_least is not None:
        bound = limit.at_least / caution
        over = over + np.maximum((bound - value) / max(abs(bound), 1.0), 0.0)
    return over


def _order(violation: np.ndarray, cost: np.ndarray) -> np.ndarray:
    return np.lexsort((cost, violation))


def _joined(parts: Sequence[Envelopes]) -> Envelopes:
    return Envelopes(**{k: np.concatenate([getattr(p, k) for p in parts]) for k in vars(parts[0])})


def families(
    codec: Channels, facades: int, network: NetworkVerifier, wanted: Wanted
) -> Mapping[str, Callable[[], PlainFamily]]:
    """Return the families by name."""
    return {
        "screened": lambda: ScreenedFamily(codec, facades, network=network, wanted=wanted),
        "packages": lambda: PackageFamily(codec, facades),
        "random": lambda: PlainFamily(codec, facades),
    }
