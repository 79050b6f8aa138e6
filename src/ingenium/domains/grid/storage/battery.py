"""Battery behind a site: exact charge, losses that grow with power, limits that depend on charge.

Power is that of the grid side in kW: above 0 it discharges, below 0 it charges.

Shapes: t steps, e their ends and the start; `*n` any axes, such as schedules and scenarios.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.errors import InputError

STEP_H = 0.25
LEAST_H, MOST_H = 0.1, 100.0  # of energy over power: outside, one of them has another unit
GRID = 2001  # energies between which the least charge on the way to the end is interpolated
NEAR = 1e-9  # by which the projection stays inside of its limits, relative to the battery


@dataclass(frozen=True)
class SiteBattery:
    """A battery with its inverter.

    Each direction loses half of a round trip's losses, and `loss_at_full` of the rated power times
    the square of the load. Above `tapers_at` charging power falls in proportion to what is free;
    below `droops_at` discharging power falls in proportion to the charge. Charge leaks at
    `idle_per_day`.

    Raises:
        InputError: for values that no battery has, naming the likely mistake.
    """

    power_kw: float = 100.0  # of the inverter, in either direction
    energy_kwh: float = 200.0  # usable, when new
    efficiency: float = 0.92  # of a round trip at small power
    loss_at_full: float = 0.01  # loss at full power, as a share of it
    tapers_at: float = 0.9  # state of charge above which charging slows down
    droops_at: float = 0.05  # state of charge below which less power is given
    idle_per_day: float = 0.002  # share of the charge that is lost in a day
    start: float = 0.5  # state of charge at the start, and at least at the end
    eur_per_kwh: float = 250.0  # price of a new battery

    def __post_init__(self) -> None:
        if not (self.power_kw > 0 and self.energy_kwh > 0):
            raise InputError("power_kw and energy_kwh above 0", f"{self.power_kw:g} and "
                             f"{self.energy_kwh:g}", "Write power_kw = 100.0.")  # fmt: skip
        self._check_units()
        for name, low, high in (
            ("loss_at_full", 0.0, 0.2),
            ("tapers_at", 0.5, 0.999),
            ("droops_at", 0.001, 0.5),
            ("idle_per_day", 0.0, 0.2),
            ("eur_per_kwh", 0.0, 1e5),
        ):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} from {low:g} to {high:g}", getattr(self, name))
        if not 0 <= self.start <= 1:
            share = self.start / (100 if 1 < self.start <= 100 else self.energy_kwh)
            what = "start from 0 to 1, as a share: no charge above the capacity"
            raise InputError(what, self.start, f"Write start = {share:.3g}.")
        if self.one_way <= 2 * self.loss_at_full:
            raise InputError("a loss_at_full below half of one direction's efficiency",
                             self.loss_at_full, "Write loss_at_full = 0.01.")  # fmt: skip

    def _check_units(self) -> None:
        hours = self.energy_kwh / self.power_kw
        if not LEAST_H <= hours <= MOST_H:
            factor = 1000.0 if hours < LEAST_H else 0.001
            raise InputError(
                f"energy_kwh of {LEAST_H:g} to {MOST_H:g} hours at power_kw",
                f"{self.energy_kwh:g} kWh at {self.power_kw:g} kW, {hours:g} hours",
                f"The energy is probably in {'MWh' if factor > 1 else 'Wh'}: write energy_kwh = "
                f"{self.energy_kwh * factor:g}.",
            )
        if not 0.3 <= self.efficiency <= 1:
            likely = f"In per cent? Write efficiency = {self.efficiency / 100:g}."
            raise InputError("efficiency from 0.3 to 1, of a round trip", self.efficiency,
                             likely if 30 <= self.efficiency <= 100 else "")  # fmt: skip

    @property
    def one_way(self) -> float:
        """Efficiency of one direction at small power."""
        return math.sqrt(self.efficiency)

    @property
    def start_kwh(self) -> float:
        """Energy at the start."""
        return self.start * self.energy_kwh

    @property
    def left(self) -> float:
        """Share of the charge that is left after an idle step."""
        return float((1.0 - self.idle_per_day) ** (STEP_H / 24.0))

    def inside_kw(self, power_kw: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """Return the power taken out of the cells, below 0 while they charge."""
        extra = self.loss_at_full * power_kw.square() / self.power_kw
        out = power_kw / self.one_way + extra
        into = power_kw * self.one_way + extra
        return torch.where(power_kw > 0, out, into)

    def outside_kw(self, inside_kw: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """Return the power at the grid for a power of the cells: the inverse of `inside_kw`."""
        a = self.loss_at_full / self.power_kw
        ways = inside_kw.new_tensor([self.one_way, 1.0 / self.one_way])
        b = ways[(inside_kw > 0).long()]
        # The stable root of a p^2 + b p = inside; a may be 0.
        root = (b.square() + 4 * a * inside_kw).clamp(min=0.0).sqrt()
        return 2 * inside_kw / (b + root)

    def limits_kw(
        self, energy_kwh: Float[Tensor, "*n"]
    ) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
        """Return the lowest and highest power at a charge, so that the step ends inside.

        The charge after the step lies between empty and full.
        """
        share = energy_kwh / self.energy_kwh
        taper = ((1 - share) / (1 - self.tapers_at)).clamp(0.0, 1.0)
        droop = (share / self.droops_at).clamp(0.0, 1.0)
        full = (energy_kwh * self.left - self.energy_kwh) / STEP_H
        lowest = torch.maximum(-self.power_kw * taper, self.outside_kw(full.clamp(max=0.0)))
        empty = self.outside_kw((energy_kwh * self.left / STEP_H).clamp(min=0.0))
        return lowest, torch.minimum(self.power_kw * droop, empty)

    def step(
        self, energy_kwh: Float[Tensor, "*n"], power_kw: Float[Tensor, "*n"]
    ) -> Float[Tensor, "*n"]:
        """Return the energy after a step."""
        return energy_kwh * self.left - self.inside_kw(power_kw) * STEP_H

    def energy_after(self, power_kw: Float64[Tensor, "*n t"]) -> Float64[Tensor, "*n t"]:
        """Return the energy after each step of a schedule (kWh), whether possible or not."""
        now = torch.full(power_kw.shape[:-1], self.start_kwh, dtype=torch.float64)
        found = []
        for p in power_kw.unbind(-1):  # each step depends on the previous one
            now = self.step(now, p)
            found.append(now)
        return torch.stack(found, -1)

    def beyond(
        self, power_kw: Float64[Tensor, "*n t"]
    ) -> tuple[Float64[Tensor, "*n"], Float64[Tensor, "*n"]]:
        """Return how far schedules leave the battery: in energy (kWh), and in power (kW)."""
        after = self.energy_after(power_kw)
        energy = torch.maximum(after - self.energy_kwh, -after).amax(-1).clamp(min=0.0)
        first = torch.full_like(after[..., :1], self.start_kwh)
        before = torch.cat([first, after[..., :-1]], -1).clamp(0.0, self.energy_kwh)
        low, high = self.limits_kw(before)
        power = torch.maximum(power_kw - high, low - power_kw).amax(-1).clamp(min=0.0)
        return energy, power

    def least_on_the_way(self, steps: int) -> Float64[Tensor, " e"]:
        """Return the least energy at each step from which the end can still be reached (kWh)."""
        levels = torch.linspace(0.0, self.energy_kwh, GRID, dtype=torch.float64)
        best = self.step(levels, self.limits_kw(levels)[0])  # after a step at full charging power
        least = [torch.tensor(self.start_kwh, dtype=torch.float64)]
        for _ in range(steps):
            at = int(torch.searchsorted(best, least[0]).clamp(1, GRID - 1))
            share = (least[0] - best[at - 1]) / (best[at] - best[at - 1])
            found = levels[at - 1] + share * (levels[at] - levels[at - 1])
            least.insert(0, found.clamp(0.0, self.energy_kwh))
        return torch.stack(least)

    def project(
        self, power_kw: Float[Tensor, "*n t"], least: Float64[Tensor, " e"]
    ) -> Float64[Tensor, "*n t"]:
        """Move schedules into the limits of charge and power, step by step; differentiable.

        A schedule that satisfies them is not moved. `least` is that of `least_on_the_way`.
        """
        now = torch.full(power_kw.shape[:-1], self.start_kwh, dtype=torch.float64)
        found, spare = [], NEAR * self.energy_kwh
        for i, p in enumerate(power_kw.to(torch.float64).unbind(-1)):
            low, high = self.limits_kw(now)
            most = self.outside_kw((now * self.left - least[i + 1] - spare) / STEP_H)
            high = torch.maximum(torch.minimum(high, most), low)
            kept = torch.minimum(torch.maximum(p, low), high)
            now = self.step(now, kept).clamp(0.0, self.energy_kwh)
            found.append(kept)
        return torch.stack(found, -1)
