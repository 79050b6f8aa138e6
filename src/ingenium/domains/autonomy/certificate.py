"""Regions of attraction under a saturated action, proved in outward-rounded arithmetic.

A quadratic function decreases along every trajectory that begins in an ellipsoid: there saturation
scales the action by no less than a factor, so the loop is between the unsaturated one and one with
the scaled gain; the function decreases for both, so for all between (it is convex in the loop's
matrix).

Shapes: n laws, x numbers of the loop's state (machine, filters, integral).

Source: Hu and Lin, Control Systems with Actuator Saturation, Birkhaeuser, 2001, section 7.3.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.linear import LinearMachine
from ingenium.kits.enclosures.enclosure import Enclosure
from ingenium.kits.enclosures.matrices import exponential, positive_definite

CUTS = (0.95, 0.7, 0.35, 0.18, 0.09, 0.05)  # shares of the action that are tried
SPARE = 1e-6  # of the weight, by which the function must decrease, as a margin for rounding
ROUNDING = 1e-9  # by which a level stays below its edge
DOUBLINGS, SETTLED = 40, 1e-13  # at most; and the part of a solution that the last one may add


@dataclass(frozen=True, eq=False)
class ClosedLoops:
    """Saturated loops: x later = uncut x + cut (cut action - action); action = `requested` x.

    `begun` is the initial state of a unit step of the target, with the goal as origin.
    """

    uncut: Float64[np.ndarray, "n x x"]
    cut: Float64[np.ndarray, "n x"]
    requested: Float64[np.ndarray, "n x"]
    begun: Float64[np.ndarray, "n x"]
    room: float  # of the action about the holding action at the goal
    farthest: float  # distance of the farthest rest that the action can hold from a goal

    @classmethod
    def of(cls, machine: LinearMachine, law: FeedbackLaw, most: float = 1.0) -> "ClosedLoops":
        """Build from laws with one action; goals are up to `most` from the rest without action."""
        sampled = machine.sampled(law.wiring.period_s)
        return cls._of(machine, law, sampled.dynamics, sampled.drive, most)

    @classmethod
    def _of(
        cls,
        machine: LinearMachine,
        law: FeedbackLaw,
        dynamics: Float64[np.ndarray, "s s"],
        drive: Float64[np.ndarray, " s"],
        most: float,
    ) -> "ClosedLoops":
        n, (q, s) = len(law.filter_s), machine.outputs.shape
        h, sense, first = law.wiring.period_s, law.wiring.senses[0], law.wiring.first[0]
        rate = law.derivative / law.filter_s[:, None]
        requested = np.zeros((n, s + q + 1))
        requested[:, :s] = -((law.proportional + rate) * sense) @ machine.outputs
        requested[:, s : s + q], requested[:, -1] = rate * sense, 1.0
        uncut = np.zeros((n, s + q + 1, s + q + 1))
        uncut[:, :s, :s] = dynamics
        uncut[:, :s] += drive[None, :, None] * requested[:, None]
        uncut[:, s : s + q, :s] = law.passing[:, None, None] * machine.outputs
        uncut[:, range(s, s + q), range(s, s + q)] = (1 - law.passing)[:, None]
        uncut[:, -1, :s] = -h * law.integral * (first @ machine.outputs)
        uncut[:, -1, -1] = 1.0
        cut = np.zeros((n, s + q + 1))
        cut[:, :s], cut[:, -1] = drive, h / law.tracking_s
        begun = np.zeros((n, s + q + 1))
        begun[:, :s], begun[:, s : s + q] = -machine.still, -(machine.outputs @ machine.still)
        leading = law.proportional[:, 0] * (law.weight - 1)
        begun[:, -1] = -(machine.holding - leading * first[0])
        low, high = float(law.wiring.low[0]), float(law.wiring.high[0])
        room = min(-low, high) - abs(machine.holding) * most
        held = min(-low, high) / abs(machine.holding) if machine.holding else np.inf
        return cls(uncut, cut, requested, begun, room, most + held)

    def with_share(self, share: float) -> Float64[np.ndarray, "n x x"]:
        """Return the loop whose action is scaled by a share."""
        found: np.ndarray = (
            self.uncut + (share - 1) * self.cut[:, :, None] * self.requested[:, None]
        )
        return found

    @property
    def fastest_growth(self) -> Float64[np.ndarray, " n"]:
        """Largest modulus of a mode; below 1 the loop is stable."""
        found: np.ndarray = np.abs(np.linalg.eigvals(self.uncut)).max(-1)
        return found


@dataclass(frozen=True, eq=False)
class RegionOfAttraction:
    """Set x' energy x <= level, in which every trajectory ends at the goal."""

    energy: Float64[np.ndarray, "n x x"]
    level: Float64[np.ndarray, " n"]
    share: Float64[np.ndarray, " n"]  # of the action that remains at the edge
    step: Float64[np.ndarray, " n"]  # largest distance from the goal of a rest inside
    proved: Bool[np.ndarray, " n"]


def region(machine: LinearMachine, law: FeedbackLaw, most: float = 1.0) -> RegionOfAttraction:
    """Return the largest proved region of several; level 0 where nothing is proved.

    Proved is that the loop ends at a goal of at most `most` from a start at rest, `step` away. No
    goal beyond `most` is part of the proof, and no rest that the action cannot hold.
    """
    loops = ClosedLoops.of(machine, law, most)
    n, x = loops.begun.shape
    best = RegionOfAttraction(
        np.tile(np.eye(x), (n, 1, 1)), np.zeros(n), np.ones(n), np.zeros(n), np.zeros(n, dtype=bool)
    )
    for share in CUTS:
        best = _better(best, _tried(loops, share))
    proved = _proved(machine, law, best, most) & (best.level > 0)
    zero = np.where(proved, 1.0, 0.0)
    step = np.minimum(best.step, loops.farthest) * zero
    return RegionOfAttraction(best.energy, best.level * zero, best.share, step, proved)


def _tried(loops: ClosedLoops, share: float) -> RegionOfAttraction:
    """Region from a function that decreases for every gain between both ends (circle criterion).

    Where the middle loop's gain stays below 1 / `part`, the Riccati equation of the bounded real
    lemma has a solution, which is that function.
    """
    n, x = loops.begun.shape
    part, middle = (1 - share) / 2, loops.with_share((1 + share) / 2)
    scale = np.abs(loops.requested).max(-1) ** 2
    outer = loops.requested[:, :, None] * loops.requested[:, None, :]
    weight = part**2 * (outer + SPARE * scale[:, None, None] * np.eye(x))
    energy, falls = _bounded(middle, loops.cut, weight)
    falls &= np.linalg.eigvalsh(energy).min(-1) > 0
    for end in (1.0, share):
        own = loops.with_share(end)
        fall = energy - own.swapaxes(1, 2) @ energy @ own
        falls &= np.linalg.eigvalsh((fall + fall.swapaxes(1, 2)) / 2).min(-1) > 0
    requested = loops.requested[..., None]
    across = np.einsum("ni,ni->n", loops.requested, np.linalg.solve(energy, requested)[..., 0])
    level = np.where(falls, (max(loops.room, 0.0) / share) ** 2 / across * (1 - ROUNDING), 0.0)
    one = np.einsum("ni,nij,nj->n", loops.begun, energy, loops.begun)
    step = np.sqrt(level / one) * (1 - ROUNDING)
    return RegionOfAttraction(energy, level, np.full(n, share), step, falls)


def _bounded(
    dynamics: Float64[np.ndarray, "n x x"],
    drive: Float64[np.ndarray, "n x"],
    weight: Float64[np.ndarray, "n x x"],
) -> tuple[Float64[np.ndarray, "n x x"], Bool[np.ndarray, " n"]]:
    """Solve the Riccati equation with a weight of -1 on the drive; also return where it has one.

    Each row is independent of its batch; the identity where there is no solution.

    Source: Chu, Fan, Lin and Wang, Structure-preserving algorithms for periodic discrete-time
    algebraic Riccati equations, International Journal of Control 77 (2004) 767 (doubling).
    """
    eye = np.eye(drive.shape[1])
    left, back, found = dynamics, -drive[:, :, None] * drive[:, None, :], weight
    unsettled, lost = np.ones(len(drive), dtype=bool), np.zeros(len(drive), dtype=bool)
    with np.errstate(all="ignore"):
        for _ in range(DOUBLINGS):
            both = eye + back @ found
            lost |= ~(np.abs(np.linalg.det(both)) > 0)  # also what is no number
            both[lost] = eye
            on = np.linalg.solve(both, np.concatenate([left, back], -1))
            behind = left.swapaxes(1, 2)
            moved, pushed = np.split(on, 2, -1)
            more = behind @ found @ moved
            back, left = back + left @ pushed @ behind, left @ moved
            found = np.where(unsettled[:, None, None], found + more, found)
            size = np.abs(found).max((1, 2))
            unsettled &= ~lost & (np.abs(more).max((1, 2)) > SETTLED * size)
            if not unsettled.any():
                break
    lost |= unsettled | ~np.isfinite(found).all((1, 2))
    found = np.where(lost[:, None, None], eye, found)
    return (found + found.swapaxes(1, 2)) / 2, ~lost


def _better(a: RegionOfAttraction, b: RegionOfAttraction) -> RegionOfAttraction:
    take = b.step > a.step
    pairs = ((getattr(a, k), getattr(b, k)) for k in ("energy", "level", "share", "step", "proved"))
    return RegionOfAttraction(
        *(np.where(take.reshape(-1, *([1] * (p.ndim - 1))), q, p) for p, q in pairs)
    )


def _proved(
    machine: LinearMachine, law: FeedbackLaw, best: RegionOfAttraction, most: float
) -> Bool[np.ndarray, " n"]:
    """Prove the region for real numbers: exact discretisation, products and sums enclosed."""
    dynamics, drive = enclosed(machine, law.wiring.period_s)
    energy = Enclosure.of(best.energy)
    proved = positive_definite(energy)
    for share in (np.ones_like(best.share), best.share):
        own = _loop(machine, law, dynamics, drive, share)
        left = own.swapped @ energy @ own
        proved &= positive_definite(energy - left)
    loops = ClosedLoops.of(machine, law, most)
    # The level is below the touching one: room^2 energy - level share^2 asked asked' >= 0.
    requested = _requested(machine, law)
    edge = (best.level * best.share**2 * (1 + 1e-12))[:, None, None]
    outer = requested[:, :, None] * requested[:, None, :]
    room = Enclosure.of(np.array(loops.room)) * Enclosure.of(np.array(loops.room))
    inside = positive_definite(energy * room - outer * Enclosure.of(edge))
    begun = Enclosure.of(loops.begun)
    value = begun[:, None, :] @ energy @ begun[:, :, None]
    reached = (value * Enclosure.of((best.step**2)[:, None, None])).high[:, 0, 0]
    found: np.ndarray = proved & inside & (reached <= best.level)
    return found


def enclosed(machine: LinearMachine, period_s: float) -> tuple[Enclosure, Enclosure]:
    """Sampled machine as enclosures."""
    s = len(machine.drive)
    whole = np.zeros((s + 1, s + 1))
    whole[:s, :s], whole[:s, s] = machine.dynamics, machine.drive
    moved = exponential(Enclosure.of(whole) * Enclosure.of(np.array(period_s)))
    return moved[:s, :s], moved[:s, s]


def _requested(machine: LinearMachine, law: FeedbackLaw) -> Enclosure:
    """Return the action by the state, from the law's own numbers."""
    sense = Enclosure.of(law.wiring.senses[0])
    rate = Enclosure.of(law.derivative) / Enclosure.of(law.filter_s[:, None])
    gain = (Enclosure.of(law.proportional) + rate) * sense
    of_state = -(gain[:, None, :] @ Enclosure.of(machine.outputs)[None])[:, 0]
    parts = (of_state, rate * sense, Enclosure.of(np.ones((len(law.filter_s), 1))))
    return Enclosure(*(np.concatenate([getattr(p, e) for p in parts], 1) for e in ("low", "high")))


def _loop(
    machine: LinearMachine,
    law: FeedbackLaw,
    dynamics: Enclosure,
    drive: Enclosure,
    share: Float64[np.ndarray, " n"],
) -> Enclosure:
    """Return the loop whose action is scaled by a share."""
    q, s = machine.outputs.shape
    n, x = len(law.filter_s), s + q + 1
    requested = _requested(machine, law)
    plain = ClosedLoops._of(machine, law, np.zeros((s, s)), np.zeros(s), 1.0)
    # What the law does to its own memory has two products per entry at most: a wider float each.
    rest = Enclosure(
        plain.uncut - np.abs(plain.uncut) * 1e-15, plain.uncut + np.abs(plain.uncut) * 1e-15
    )
    base = Enclosure(rest.low.copy(), rest.high.copy())
    base.low[:, :s, :s] += dynamics.low
    base.high[:, :s, :s] += dynamics.high
    retained = Enclosure.of(share[:, None])
    push = Enclosure(np.zeros((n, x)), np.zeros((n, x)))
    driven = drive[None] * retained
    push.low[:, :s], push.high[:, :s] = driven.low, driven.high
    held = (retained - Enclosure.of(np.ones((1, 1)))) * (
        Enclosure.of(np.array(law.wiring.period_s)) / Enclosure.of(law.tracking_s[:, None])
    )
    push.low[:, -1:], push.high[:, -1:] = held.low, held.high
    return base + push[:, :, None] * requested[:, None, :]
