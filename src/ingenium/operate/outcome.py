"""Results of a run that are recorded, and compared on replay: values, decisions, rivals, risks."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ingenium.core.judgement import Judgement, stated
from ingenium.core.problem import Watch as Progress
from ingenium.core.problem import silent
from ingenium.evaluate.measured import Interval
from ingenium.operate import judging, worth
from ingenium.operate.drill import Drill
from ingenium.operate.plant import Operated, Weighing
from ingenium.operate.preferences import Preferences
from ingenium.operate.risks import Risk, register, unsafe
from ingenium.operate.running import Operation
from ingenium.operate.scenarios import SERVING
from ingenium.operate.shell import Shell
from ingenium.operate.spec import QUANTITIES, OperateSpec
from ingenium.operate.transparency import SurrogateTree

IF_ANY = (
    "covered",
    "unsafe",
    "fidelity",
    "tried_outside",
    "rank_correlation",
)  # measured for some policies or specs alone


def measured(
    run: Operation,
    valued: worth.WorthScenarios,
    spec: OperateSpec,
    drill: Drill,
    risks: Sequence[Risk] = (),
    asked: Preferences | None = None,
) -> dict[str, Any]:
    """Judge a run, and list its decisions, its surrogate, its rivals and its risks."""
    trajectory, plant = run.table(), run.plant
    counted = judging.measured(trajectory, plant, drill)
    surrogate = SurrogateTree.of(valued.weighed)
    if risks:
        counted["unsafe"] = unsafe(risks)
    preferred = None
    if asked is not None and spec.preferences is not None:
        preferred = asked.record(spec.preferences)
        counted["tried_outside"] = preferred["outside"]
        if preferred["simulated"] is not None:
            counted["rank_correlation"] = preferred["simulated"]["rank_correlation"]
    values = {k: Interval(v, v, v) for k, v in counted.items()}
    if surrogate is not None:
        values["fidelity"] = surrogate.fidelity
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    values |= {x.quantity: nothing for x in spec.limits if x.quantity in IF_ANY} | values
    values |= worth.measured(valued.own, plant)
    found = judging.decisions(trajectory, drill, plant.period_s, run.reasons, surrogate)
    saved, units = valued.saved(plant), worth.units(plant)
    return {
        "measured": stated(values, QUANTITIES | units),
        **Judgement.of(values, spec.limits).record,
        "decisions": [asdict(d) for d in found],
        "alongside": {name: stated(own, units) for name, own in saved.items()},
        "surrogate": None if surrogate is None else surrogate.record,
        "risks": [asdict(own) for own in risks],
        "preferences": preferred,
    }


def scenarios(
    run: Operation, where: Operated, spec: OperateSpec, drill: Drill
) -> worth.WorthScenarios:
    """Rates of the run, of its other scenarios, and of rivals without an alarm in the same ones."""
    own = run.trajectory["worth"][:, None]
    weighed: tuple[tuple[int, Weighing], ...] = ()
    at = np.array([SERVING.of_seed(spec.seed + i) for i in range(spec.scenarios)])
    if spec.scenarios > 1:
        others = worth.served(run.policy, run.shell, drill, at[1:], run.periods)
        own, weighed = np.concatenate([own, others.rates], 1), others.weighed
    barred = Shell(run.plant, None, patience=run.shell.patience)
    rivals = {
        name: worth.served(where.families[name](spec.seed), barred, drill, at, run.periods).rates
        for name in spec.alongside
    }
    return worth.WorthScenarios(own, rivals, weighed)


def risked(run: Operation, spec: OperateSpec, watch: Progress = silent) -> list[Risk]:
    """Return the register of risks that the spec requests; empty without one."""
    return [] if spec.risks is None else register(run.policy, run.shell, spec.risks, watch)
