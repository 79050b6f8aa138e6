"""Problem `autonomy.controller`: control laws of a saturated machine, with a proof."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.spec import Limit
from ingenium.domains.autonomy.cart_pole import cart_pole
from ingenium.domains.autonomy.families import families
from ingenium.domains.autonomy.law_problem import LawProblem
from ingenium.domains.autonomy.second_order import OscillatorBox, oscillator, placed


@dataclass(frozen=True)
class ControllerSettings:
    """Settings of the machine, and of the scenarios that judge laws."""

    plant: Literal["second_order", "cart_pole"] = "second_order"  # machine that is controlled
    period_s: float = 0.01  # s, sampling period of the law
    omega: float = 2.5  # rad/s; this and the following describe the second-order plant
    damping: float = 0.35  # damping ratio
    gain: float = 1.0  # output at rest for an input of 1
    spread: float = 0.2  # relative range of each parameter to either side
    umax: float = 3.0  # largest input to either side
    load: float = 0.5  # largest load, in units of the output at rest
    noise: float = 0.001  # standard deviation of a reading
    scenarios: int = 256  # most scenarios for a law
    seed: int = 0  # seed of scenarios
    known: int = 400  # number of training laws


class Controller(LawProblem):
    """Gains, filter, weight and tracking of a control law."""

    name: ClassVar[str] = "autonomy.controller"
    summary: ClassVar[str] = (
        "controllers (PID with limits) that meet rise, margins and saturation, with a "
        "stability proof, as C"
    )
    validity = ("code_error",)
    Settings: ClassVar[type] = ControllerSettings

    def __init__(self, settings: ControllerSettings) -> None:
        """Open the machine and its known laws.

        Raises:
            InputError: for a machine that cannot be controlled, or not in this period.
        """
        _check(settings)
        self.settings, self.system = settings, digest(settings)
        rng = np.random.default_rng(settings.seed)
        if settings.plant == "second_order":
            box = OscillatorBox(
                settings.omega,
                settings.damping,
                settings.gain,
                settings.spread,
                settings.umax,
                settings.load,
                settings.noise,
            )
            self.machine, self.noise = oscillator(box, settings.period_s, settings.seed), box.noise
            known = placed(box, settings.known, rng)
        else:
            self.machine, known = cart_pole(settings.period_s, settings.seed, settings.known)
        self.families = families(self.machine, self.noise)
        self._pose(known, settings.scenarios)
        self.limits = LIMITS[settings.plant]


LIMITS = {
    "second_order": (
        Limit("code_error", at_most=1e-6),
        Limit("rise", at_most=0.8),
        Limit("worst_overshoot", at_most=0.2),
        Limit("gain_margin", at_least=6.0),
        Limit("phase_margin", at_least=35.0),
        Limit("region", at_least=1.0),
        Limit("load_error", at_most=0.05),
        Limit("effort", at_most=8.0),
        Limit("outside", at_most=0.15),
    ),
    "cart_pole": (
        Limit("code_error", at_most=1e-6),
        Limit("rise", at_most=3.0),
        Limit("overshoot", at_most=0.5),
        Limit("gain_margin", at_least=3.0),
        Limit("phase_margin", at_least=20.0),
        Limit("load_error", at_most=0.2),
        Limit("outside", at_most=0.15),
    ),
}


def _check(settings: ControllerSettings) -> None:
    if not 1e-4 <= settings.period_s <= 0.2:
        raise InputError(
            "a period from 0.0001 to 0.2 s", settings.period_s, "Write period_s = 0.01."
        )
    for name in ("omega", "umax"):
        if not getattr(settings, name) > 0:
            raise InputError(f"{name} above 0", getattr(settings, name), f"Write {name} = 2.5.")
    if settings.omega * settings.period_s > 0.5:
        raise InputError(
            "a machine that moves little within a period (omega times period_s below 0.5)",
            f"omega = {settings.omega:g} with period_s = {settings.period_s:g}",
            "Write omega in rad/s, not in degrees or Hz, or a shorter period.",
        )
    if not 0 <= settings.spread < 0.9 or settings.load < 0 or settings.noise < 0:
        raise InputError(
            "a spread from 0 to 0.9, and a load and noise of at least 0",
            f"{settings.spread}, {settings.load}, {settings.noise}",
        )
    if settings.known < 20 or settings.scenarios < 32:
        raise InputError(
            "at least 20 known laws and 32 scenarios",
            f"{settings.known} and {settings.scenarios}",
            "Write known = 400 and scenarios = 256.",
        )
