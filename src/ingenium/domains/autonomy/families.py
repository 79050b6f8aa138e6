"""Policies made for a machine: classical, predictive, residual, learned.

Each is tuned or trained on the machine's bench alone, in scenarios separate from those that judge;
one that leaves the machine's limits there is refused (constraint in learning).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.autonomy.axis_policy import AxisByAxis
from ingenium.domains.autonomy.compiled import CompiledLaws
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.machines import ControlledMachine
from ingenium.domains.autonomy.opponents import (
    IntegratingLqg,
    LoadObserver,
    PredictiveControl,
    tuned_pid,
)
from ingenium.domains.autonomy.rule import SwitchingRule
from ingenium.domains.autonomy.source import LawNumbers
from ingenium.generators.families import build, plan
from ingenium.generators.model import Family
from ingenium.operate.learned import Kind, PolicyTraining, learned
from ingenium.operate.plant import Policy
from ingenium.operate.residual import AHEAD, ResidualPolicy, ResidualTraining
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import TEACHING, TRYING, ScenarioBlock

SHOWN, OUTSIDE = 64, 0.15  # scenarios that check a policy, and the share that may leave limits
DRIFT = 0.02  # of the load in a period, as observers take it
STEPS: Mapping[Kind, int] = {"sac": 50_000, "ppo": 200_000}
CHOSEN_SEED = 0  # with which these and worths of `operate.learned` were chosen: it judges nothing
Maker = Callable[[int], Policy]  # of a seed


@dataclass(frozen=True)
class ResidualSize:
    """Number of training scenarios of a residual, and of its training steps."""

    scenarios: int = 32
    steps: int = 1500


@dataclass(frozen=True, eq=False)
class ClassicalControl:
    """Tuned PID, LQG and MPC of a machine with one output, and residuals based on them."""

    machine: ControlledMachine
    noise: float
    seed: int

    @cached_property
    def pid(self) -> FeedbackLaw:
        """PID tuned under a bound on its sensitivity."""
        return tuned_pid(self.machine, self.seed)

    @cached_property
    def code(self) -> CompiledLaws:
        """PID as compiled C, for any number of copies."""
        text = LawNumbers.of(self.pid, 0).text("controller", self.machine.wiring)
        return CompiledLaws.of({"controller": text}, 1, 1)

    @cached_property
    def observer(self) -> LoadObserver:
        """Kalman filter of state and load."""
        return LoadObserver(self.machine, max(self.noise, 1e-6), DRIFT)

    @property
    def lqg(self) -> IntegratingLqg:
        """LQG with an integral."""
        return IntegratingLqg(self.observer)

    @property
    def mpc(self) -> PredictiveControl:
        """MPC with an observer of the load."""
        return PredictiveControl(self.observer)

    def training(self, scenarios: int, among: ScenarioBlock = TEACHING) -> ResidualTraining:
        """Return training examples of the difference of MPC to PID, in `scenarios` scenarios."""
        at = among.some(scenarios)
        base = self.pid.repeated(scenarios)
        return ResidualTraining.of(self.machine.bench, base, self.mpc, at, self.machine.periods)

    def residual(
        self, family: str, made: Family, training: ResidualTraining, steps: int
    ) -> ResidualPolicy:
        """Fit a generator as a residual of PID in `steps` steps, at its family's own rate."""
        most = 0.5 * self.machine.wiring.high
        own = replace(plan(family, steps=steps, seed=self.seed), batch=256)
        return ResidualPolicy.fitted(self.code, made, training, own, most)[0]


def families(machine: ControlledMachine, noise: float) -> Mapping[str, Maker]:
    """Makers of policies, each from a seed; classical ones for a linear machine of one output."""
    found: dict[str, Callable[[ClassicalControl], Policy]] = {
        "ppo": partial(_tried, "ppo"),
        "sac": partial(_tried, "sac"),
    }
    if machine.linear:
        found |= {
            "pid": lambda own: own.code,
            "lqg": lambda own: own.lqg,
            "mpc": lambda own: own.mpc,
            "rule": lambda own: SwitchingRule(own.machine),
            "residual_diffusion": partial(_taught, "diffusion"),
            "residual_flow": partial(_taught, "flow_matching"),
        }
    return {name: partial(_made, machine, noise, name, make) for name, make in found.items()}


def by_axis(made: Mapping[str, Maker], axes: int) -> Mapping[str, Maker]:
    """Apply each policy once for each axis of a machine whose axes are alike."""
    return {name: partial(_each, make, axes) for name, make in made.items()}


def _each(make: Maker, axes: int, seed: int) -> Policy:
    return AxisByAxis(make(seed), axes)


def _tried(kind: Kind, own: ClassicalControl) -> Policy:
    training = PolicyTraining(own.machine.bench, TRYING.first, own.machine.periods, STEPS[kind])
    return learned(kind, training, own.seed)


def _taught(family: str, own: ClassicalControl) -> Policy:
    size = ResidualSize()
    training = own.training(size.scenarios)
    made = build(family, (AHEAD,), training.features.shape[1], seed=own.seed)
    return own.residual(family, made, training, size.steps)


def _made(
    machine: ControlledMachine,
    noise: float,
    name: str,
    make: Callable[[ClassicalControl], Policy],
    seed: int,
) -> Policy:
    """Make a policy, and refuse one that leaves the machine's limits on the bench."""
    policy = make(ClassicalControl(machine, noise, seed))
    at = TEACHING.some(SHOWN)
    with np.errstate(over="ignore", invalid="ignore"):
        trajectory = rollout(machine.bench, policy, at, machine.periods)
    share = float(trajectory.outside(machine.bench).any(0).mean())
    if share > OUTSIDE:
        raise InputError(
            "a policy that keeps the machine's limits where it is made (constraint in learning), "
            f"but for {OUTSIDE:.0%} of scenarios at most",
            f"{name} with seed {seed}, which leaves them in {share:.0%}",
            "Another seed or family may; or propose laws and operate with one of them.",
        )
    return policy
