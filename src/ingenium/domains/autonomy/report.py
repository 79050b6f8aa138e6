"""What a control engineer wants to see of a run: responses, opponents, regions, the trade."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.autonomy.certificate import ClosedLoops, region
from ingenium.domains.autonomy.engine import laws, nominal, one_loop_each, step_answers
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.opponents import at_full_action, fastest, opponents
from ingenium.drawing.style import (
    GOOD,
    INK,
    MUTED,
    OURS,
    REJECTED,
    SERIES,
    SMALL,
    by_verdict,
    dress,
    panels,
    plane,
)
from ingenium.operate.plant import Policy
from ingenium.operate.rollout import Rollout, rollout
from ingenium.operate.scenarios import TELLING

if TYPE_CHECKING:
    from ingenium.domains.autonomy.law_problem import LawProblem

SHOWN, TRIED, ROWS = 12, 64, 6  # laws, scenarios of a table, and laws in it
STARTS = 24  # of courses about a region


def sections(
    problem: "LawProblem", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Responses, a table with opponents, the best law's region, and what is traded for what."""
    verdict = verdicts["verdict"].to_numpy()
    good = np.flatnonzero(verdict == Verdict.ACCEPTED)
    order = good[np.argsort(verdicts["load_error"].to_numpy()[good], kind="stable")]
    law = laws(to_arrays(designs.isel({DESIGN: order}), problem.variables), problem.machine.wiring)
    machine = problem.machine
    others = opponents(machine, problem.noise, 0) if machine.linear else {}
    found = []
    if len(order):
        text = "Accepted laws on the nominal machine, without noise."
        if others:
            text += " Dashed: the time-optimal way under the same range of the action; no "
            text += "controller comes to rest at the goal sooner."
        found.append(Section("Step responses", text, _responses(machine, law, others)))
    if others:
        index = designs[DESIGN].to_numpy()[order]
        found.append(_table(machine, law, index, others))
    if len(order) and machine.linear:
        found.append(_region(machine, law))
    return (*found, _trade(verdicts))


def _responses(
    machine: ControlledMachine, law: FeedbackLaw, others: Mapping[str, Policy]
) -> Figure:
    figure, axes = plane(7.2, 3.4)
    time = np.arange(machine.load_period) * machine.wiring.period_s
    y = nominal(machine, law.some(slice(0, SHOWN)))[:, 0]
    for i, one in enumerate(y):
        axes.plot(time, one, color=OURS, lw=0.7, alpha=0.5, label="accepted" if i == 0 else None)
        if one.shape[1] > 1:
            for line in axes.lines[-one.shape[1] + 1 :]:
                line.set_label("")
    for (name, policy), colour in zip(others.items(), SERIES[1:], strict=False):
        course = rollout(machine.bench, policy, np.array([NOMINAL]), machine.load_period)
        axes.plot(time, course.truth[:, 0, 0] / machine.goal, color=colour, lw=1.3, label=name)
    if others:
        t, way = fastest(machine, machine.load_period)
        axes.plot(t, way / machine.goal, color=INK, lw=1.2, ls="--", label="time-optimal")
        axes.set_xlim(0, min(2.0, float(time[-1])))
    axes.axhline(1.0, color=MUTED, lw=0.8, zorder=0)
    dress(axes, "time, s", "output, by what is wanted", grid=True)
    return figure


def _table(
    machine: ControlledMachine, law: FeedbackLaw, index: np.ndarray, others: Mapping[str, Policy]
) -> Section:
    """Rise, overshoot, error under load and effort, on the same scenarios."""
    head = ("controller", "rise, s", "overshoot", "error under load", "effort, 1/s")
    own: list[tuple[str, Policy]] = [
        (f"law {number}", law.some(slice(i, i + 1))) for i, number in enumerate(index[:ROWS])
    ]
    rows = [_row(machine, name, policy) for name, policy in (*own, *others.items())]
    t, way = fastest(machine, machine.load_period)
    quickest = np.maximum.accumulate(at_full_action(machine, machine.load_period))
    for name, y, over in (
        ("time-optimal way to rest", way, "0.0%"),
        ("full action (no rise is shorter)", quickest, ""),
    ):
        rise = t[1] * ((y >= 0.9 * machine.goal).argmax() - (y >= 0.1 * machine.goal).argmax())
        rows.append((name, f"{rise:.3f}", over, "", ""))
    text = f"On the nominal machine, and under load in {TRIED} scenarios that no law was tuned on."
    return Section("Beside what the field would use", text, table=(head, *rows))


def _row(machine: ControlledMachine, name: str, policy: Policy) -> tuple[str, ...]:
    one = rollout(machine.bench, policy, np.array([NOMINAL]), machine.load_period)
    rise, over, _ = step_answers(machine, (one.truth[:, :, :1] / machine.goal).swapaxes(0, 1))
    course = under_load(machine, policy)
    error = np.abs(course.error[machine.load_period :, :, 0]).mean()
    wide = float(machine.wiring.high[0] - machine.wiring.low[0])
    effort = np.abs(np.diff(course.action, axis=0)).mean() / wide / machine.wiring.period_s
    return name, f"{rise[0]:.3f}", f"{over[0]:.1%}", f"{error:.4f}", f"{effort:.2f}"


def under_load(machine: ControlledMachine, policy: Policy) -> Rollout:
    """A policy of a single row in scenarios beyond those that judge."""
    own = policy.repeated(TRIED) if isinstance(policy, FeedbackLaw) else policy
    return rollout(machine.bench, own, TELLING.some(TRIED), machine.periods)


def _region(machine: ControlledMachine, law: FeedbackLaw) -> Section:
    """Courses from inside and outside the proved region of the best law, in place and rate."""
    one = one_loop_each(machine, law.some(slice(0, 1)))
    found, loops = region(machine.loop, one, machine.goal), ClosedLoops.of(machine.loop, one)
    figure, grid = panels(1, 1, (6.4, 4.0))
    axes: Axes = grid[0, 0]
    shape = np.linalg.inv(found.energy[0])[:2, :2] * max(float(found.level[0]), 1e-12)
    turn = np.linspace(0, 2 * np.pi, 200)
    edge = np.linalg.cholesky(shape) @ np.stack([np.cos(turn), np.sin(turn)])
    axes.fill(*edge, color=GOOD, alpha=0.15, lw=0, label="proved (projection)")
    axes.plot(*edge, color=GOOD, lw=1.0)
    inverse = np.linalg.inv(found.energy[0])
    outwards = inverse[:, :2] @ np.linalg.inv(inverse[:2, :2])  # whole state of a point of the edge
    for i in range(STARTS):
        x = outwards @ edge[:, i * len(turn) // STARTS] * (0.99 if i % 2 else 1.5)
        course = [x]
        for _ in range(machine.load_period):
            asked = loops.asked[0] @ x
            x = loops.uncut[0] @ x + loops.cut[0] * (
                np.clip(asked, -loops.room, loops.room) - asked
            )
            course.append(x)
        line, colour = np.array(course)[:, :2], OURS if i % 2 else REJECTED
        name = {0: "from outside", 1: "from its edge"}.get(i)
        axes.plot(*line.T, color=colour, lw=0.7, alpha=0.7, label=name)
        axes.plot(*line[0], marker=".", ms=4, color=colour)
    dress(axes, "output, from the goal", "rate, 1/s")
    axes.legend(frameon=False, fontsize=SMALL, loc="upper right")
    return Section(
        "Region of attraction of the best law",
        f"Steps up to {found.step[0]:.2f} are proved to end well though the action is cut to its "
        f"range; at the edge {found.share[0]:.0%} of it are left. The proof is of the nominal "
        "machine, with all numbers rounded outwards.",
        figure,
    )


def _trade(verdicts: xr.Dataset) -> Section:
    figure, axes = plane(6.4, 3.4)
    rise, error = verdicts["rise"].to_numpy(), verdicts["load_error"].to_numpy()
    by_verdict(axes, rise, error, verdicts["verdict"].to_numpy())
    if np.isfinite(error).any() and (error[np.isfinite(error)] > 0).all():
        axes.set_yscale("log")
    dress(axes, "rise, s", "mean error under load", grid=True)
    return Section("What is traded", "Each point is a law.", figure)
