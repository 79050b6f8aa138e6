"""Report sections: responses, standard controllers, regions of attraction, the trade-off."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.quantity import Variable
from ingenium.core.select import best
from ingenium.domains.autonomy.certificate import ClosedLoops, region
from ingenium.domains.autonomy.engine import laws, nominal, one_loop_each, step_answers
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.opponents import at_full_action, fastest, opponents
from ingenium.drawing import Axis, Marks, OverTime, Plane, TimeBand, figure_of, table
from ingenium.drawing.style import GOOD, INK, MUTED, OURS, REJECTED, SERIES, dress, plane
from ingenium.operate.plant import Policy
from ingenium.operate.rollout import Rollout, rollout
from ingenium.operate.scenarios import TELLING

SHOWN, TRIED, ROWS = 12, 64, 6  # laws, scenarios of a table, and laws in it
STARTS = 24  # of trajectories about a region


def sections(
    machine: ControlledMachine,
    noise: float,
    variables: Sequence[Variable],
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Show responses, a table with opponents, the best law's region, and the trade-off."""
    order = best(verdicts, "load_error")
    law = laws(to_arrays(designs.isel({DESIGN: order}), variables), machine.wiring)
    others = opponents(machine, noise, 0) if machine.linear else {}
    found = []
    if len(order):
        text = "Accepted laws on the nominal machine, without noise."
        if others:
            text += " Dashed: the time-optimal trajectory under the same range of the action; no "
            text += "controller comes to rest at the goal sooner."
        found.append(Section("Step responses", text, _responses(machine, law, others)))
    if others:
        index = designs[DESIGN].to_numpy()[order]
        found.append(_table(machine, law, index, others))
    if len(order) and machine.linear:
        found.append(_region(machine, law))
    log = bool((verdicts["load_error"].to_numpy() > 0).any())
    error = Axis.of(verdicts, "load_error", "mean error under load", log=log)
    rise = Axis.of(verdicts, "rise", "rise")
    trade = Plane(rise, error, verdicts["verdict"].to_numpy(), front=(1, 1))
    return (
        *found,
        Section("Trade-off", "Each point is a law.", figure_of(trade, size=(6.4, 3.4))),
    )


def _responses(
    machine: ControlledMachine, law: FeedbackLaw, others: Mapping[str, Policy]
) -> Figure:
    time = np.arange(machine.load_period) * machine.wiring.period_s
    y = nominal(machine, law.some(slice(0, SHOWN)))[:, 0]  # laws, steps, outputs
    each = y.swapaxes(1, 2).reshape(-1, y.shape[1])
    lines = [Marks("goal", time[[0, -1]], np.ones(2), MUTED, ":")]
    for (name, policy), colour in zip(others.items(), SERIES[1:], strict=False):
        run = rollout(machine.bench, policy, np.array([NOMINAL]), machine.load_period)
        lines.append(Marks(name, time, run.truth[:, 0, 0] / machine.goal, colour, "-"))
    if others:
        t, way = fastest(machine, machine.load_period)
        lines.append(Marks("time-optimal", t, way / machine.goal, INK, "--"))
        retained = time <= 2.0
        time, each = time[retained], each[:, retained]
    shown = OverTime(
        time,
        [TimeBand(each, "accepted", single=True)],
        "output over the goal",
        x="time (s)",
        marks=lines,
    )
    return figure_of(shown, size=(7.2, 3.4))


def _table(
    machine: ControlledMachine, law: FeedbackLaw, index: np.ndarray, others: Mapping[str, Policy]
) -> Section:
    """Tabulate rise, overshoot, error under load and effort, on the same scenarios."""
    own = {f"design {index[i]}": law.some(slice(i, i + 1)) for i in range(min(ROWS, len(index)))}
    t, way = fastest(machine, machine.load_period)
    quickest = np.maximum.accumulate(at_full_action(machine, machine.load_period))
    bounds = {"time-optimal trajectory to rest": way, "full action (no rise is shorter)": quickest}
    rows = {name: _scores(machine, policy) for name, policy in (own | dict(others)).items()}
    for (name, y), over in zip(bounds.items(), (0.0, np.nan), strict=True):
        rise = t[1] * ((y >= 0.9 * machine.goal).argmax() - (y >= 0.1 * machine.goal).argmax())
        rows[name] = (rise, over, np.nan, np.nan)
    rise_s, overshoot, error, effort = zip(*rows.values(), strict=True)
    text = f"On the nominal machine, and under load in {TRIED} scenarios that no law was tuned on."
    columns = table(
        ("controller", rows, ""),
        ("rise, s", rise_s, ".3f"),
        ("overshoot", overshoot, ".1%"),
        ("error under load", error, ".4f"),
        ("effort, 1/s", effort, ".2f"),
    )
    return Section("Comparison with the methods of the field", text, table=columns)


def _scores(machine: ControlledMachine, policy: Policy) -> tuple[float, float, float, float]:
    one = rollout(machine.bench, policy, np.array([NOMINAL]), machine.load_period)
    rise, over, _ = step_answers(machine, (one.truth[:, :, :1] / machine.goal).swapaxes(0, 1))
    trajectory = under_load(machine, policy)
    error = np.abs(trajectory.error[machine.load_period :, :, 0]).mean()
    wide = float(machine.wiring.high[0] - machine.wiring.low[0])
    effort = np.abs(np.diff(trajectory.action, axis=0)).mean() / wide / machine.wiring.period_s
    return float(rise[0]), float(over[0]), float(error), float(effort)


def under_load(machine: ControlledMachine, policy: Policy) -> Rollout:
    """Simulate a policy of a single row in scenarios beyond those that judge."""
    own = policy.repeated(TRIED) if isinstance(policy, FeedbackLaw) else policy
    return rollout(machine.bench, own, TELLING.some(TRIED), machine.periods)


def _region(machine: ControlledMachine, law: FeedbackLaw) -> Section:
    """Plot trajectories from inside and outside the best law's proved region, by place and rate."""
    one = one_loop_each(machine, law.some(slice(0, 1)))
    found, loops = region(machine.loop, one, machine.goal), ClosedLoops.of(machine.loop, one)
    figure, axes = plane()
    shape = np.linalg.inv(found.energy[0])[:2, :2] * max(float(found.level[0]), 1e-12)
    turn = np.linspace(0, 2 * np.pi, 200)
    edge = np.linalg.cholesky(shape) @ np.stack([np.cos(turn), np.sin(turn)])
    axes.fill(*edge, color=GOOD, alpha=0.15, lw=0, label="proved (projection)")
    axes.plot(*edge, color=GOOD, lw=1.0)
    inverse = np.linalg.inv(found.energy[0])
    outwards = inverse[:, :2] @ np.linalg.inv(inverse[:2, :2])  # whole state of a point of the edge
    for i in range(STARTS):
        x = outwards @ edge[:, i * len(turn) // STARTS] * (0.99 if i % 2 else 1.5)
        trajectory = [x]
        for _ in range(machine.load_period):
            requested = loops.requested[0] @ x
            x = loops.uncut[0] @ x + loops.cut[0] * (
                np.clip(requested, -loops.room, loops.room) - requested
            )
            trajectory.append(x)
        line, colour = np.array(trajectory)[:, :2], OURS if i % 2 else REJECTED
        name = {0: "from outside", 1: "from its edge"}.get(i)
        axes.plot(*line.T, color=colour, lw=0.7, alpha=0.7, label=name)
        axes.plot(*line[0], marker=".", ms=4, color=colour)
    dress(axes, "output, from the goal", "rate (1/s)")
    return Section(
        "Region of attraction of the best law",
        f"The loop provably converges for steps up to {found.step[0]:.2f} although the action "
        f"saturates; at the edge {found.share[0]:.0%} of it are left. The proof is for the nominal "
        "machine, with all numbers rounded outwards.",
        figure,
    )
