"""Problem `autonomy.arm`: control laws of a 7-joint arm under payloads, and the arm to operate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.spec import Limit
from ingenium.domains.autonomy.arm import AWAY, JOINTS, WANTED, ArmPlant
from ingenium.domains.autonomy.arm_model import MASSES_KG, RATE, ArmBuild
from ingenium.domains.autonomy.families import by_axis, families
from ingenium.domains.autonomy.law import Wiring
from ingenium.domains.autonomy.law_problem import LawProblem
from ingenium.domains.autonomy.machines import ControlledMachine
from ingenium.domains.autonomy.second_order import OscillatorBox, oscillator, placed
from ingenium.operate.drill import Drill, PersonActs, PlantFault

STEP_S = 4.0  # of the answer to a step that laws are judged by


@dataclass(frozen=True)
class ArmSettings:
    """Settings of the arm's drives, and of the scenarios that judge laws."""

    period_s: float = 0.01  # s, sampling period of the laws
    omega: float = 2.5  # rad/s, natural frequency of each driven joint
    damping: float = 0.35  # damping ratio of each driven joint
    umax: float = 3.0  # rad, range of the drives' targets about home
    load: float = 0.25  # rad, load by coupling and payloads that the barrier allows for
    noise: float = 0.0005  # rad, noise of an encoder
    masses_kg: tuple[float, ...] = MASSES_KG  # masses of the seven links
    scenarios: int = 64  # most scenarios for a set of laws
    seed: int = 0  # seed of scenarios
    known: int = 80  # number of training laws


class ArmLaws(LawProblem):
    """Gains of all seven joints."""

    name: ClassVar[str] = "autonomy.arm"
    summary: ClassVar[str] = "controllers of a 7-joint arm, judged on a MuJoCo simulation"
    Settings: ClassVar[type] = ArmSettings

    def __init__(self, settings: ArmSettings) -> None:
        """Open the arm and its known laws.

        Raises:
            InputError: for settings that are impossible for a drive.
        """
        if not (0 < settings.omega * settings.period_s < 0.5 and settings.umax > 0):
            raise InputError(
                "drives that move a joint little within a period, and some range",
                f"omega = {settings.omega:g}, period_s = {settings.period_s:g} and "
                f"umax = {settings.umax:g}",
                "Write omega in rad/s and umax in rad, not in degrees.",
            )
        masses = settings.masses_kg
        if len(masses) != JOINTS or not all(0.01 <= m <= 100 for m in masses):
            raise InputError(
                f"an inertia at every joint: masses of {JOINTS} links from 0.01 to 100 kg",
                f"masses_kg = {list(masses)}",
                f"Write masses_kg = {list(MASSES_KG)}.",
            )
        self.settings, self.system = settings, digest(settings)
        box = OscillatorBox(
            settings.omega,
            settings.damping,
            umax=settings.umax,
            load=settings.load,
            noise=settings.noise,
            ymax=AWAY,
            vmax=float(RATE.max()),
        )
        self.machine = arm(box, masses, settings.period_s, settings.seed)
        joint = oscillator(box, settings.period_s, settings.seed)  # as drives make each
        self.families = by_axis(families(joint, settings.noise), JOINTS)
        rng = np.random.default_rng(settings.seed)
        one = placed(box, settings.known, rng)
        spread = np.exp(rng.uniform(-0.2, 0.2, (3, settings.known, JOINTS)))
        wide = [a * s for a, s in zip(one[:3], spread, strict=True)]
        self._pose((*wide, *one[3:]), settings.scenarios)
        self.limits = LIMITS


LIMITS = (
    Limit("code_error", at_most=1e-6),
    Limit("rise", at_most=1.5),
    Limit("overshoot", at_most=0.6),
    Limit("gain_margin", at_least=6.0),
    Limit("phase_margin", at_least=35.0),
    Limit("region", at_least=0.4),
    Limit("load_error", at_most=0.1),
    Limit("outside", at_most=0.15),
)


def arm(
    box: OscillatorBox, masses_kg: tuple[float, ...], period_s: float, seed: int
) -> ControlledMachine:
    """Return the arm, and a held-out one that is heavier, with dry friction and a lag."""
    wiring = Wiring(np.eye(JOINTS), np.full(JOINTS, -box.umax), np.full(JOINTS, box.umax), period_s)
    own, other = ArmBuild(masses_kg), ArmBuild(masses_kg, 1.15, 0.3, 0.01, 0.1, 0.0025, "RK4")
    return ControlledMachine(
        "7-joint arm",
        box.machine(),
        wiring,
        ArmPlant(box, own, period_s, seed, step=True),
        ArmPlant(box, own, period_s, seed + 1),
        ArmPlant(box, other, period_s, seed + 2),
        0,
        2 * STEP_S,
        STEP_S,
        WANTED,
        ((0.01, 200.0), (0.001, 50.0), (0.001, 2000.0)),
        False,
        drilled,
    )


def drilled(seconds: float) -> Drill:
    """Return a payload, a biased and a stuck reading, and persons who hold, act and stop."""
    at = seconds / 12
    return Drill(
        (
            PlantFault("payload", 1.5 * at, at, 0.4),
            PlantFault("reading off", 4 * at, 0.5 * at, 0.4, 1),
            PlantFault("weak actuator", 6 * at, 0.5 * at, 0.3, 3),
            PlantFault("reading stuck", 10 * at, 0.5 * at, 0.0, 5),
        ),
        (
            PersonActs(3 * at, 0.3 * at, "hold", who="operator"),
            PersonActs(7.5 * at, 0.3 * at, "act", (0.2,) * JOINTS, who="operator"),
            PersonActs(8.5 * at, 0.5 * at, "stop", who="operator"),
        ),
    )
