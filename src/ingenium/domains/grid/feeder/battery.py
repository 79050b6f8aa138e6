"""Batteries that store the surplus of a feeder, with an exact state of charge."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.domains.grid.feeder.verifier import FeederVerifier


@dataclass(frozen=True, eq=False)
class Batteries:
    """Batteries of a feeder, one for each storage profile, for self-consumption.

    They charge from a surplus of infeed over load and discharge into a deficit, shared in
    proportion to their power, within the limits of power and energy. Half of the losses of a round
    trip occur in each direction. SimBench's storage profiles, which never change their sign, are
    not used.

    Shapes: n series, t steps, s batteries.
    Source: Weniger, Tjaden and Quaschning, Energy Procedia 46, 2014, sec. 2 (the rule).
    """

    names: tuple[str, ...]  # of the storage profiles
    power_mw: Float64[np.ndarray, " s"]
    energy_mwh: Float64[np.ndarray, " s"]
    efficiency: float = 0.95  # of a round trip
    hours: float = 0.25  # of a step

    def __post_init__(self) -> None:
        least = min(*self.power_mw, *self.energy_mwh, self.efficiency, self.hours)
        if least <= 0 or self.efficiency > 1:
            raise InputError("power, energy and an efficiency above 0, of at most 1", least)

    @classmethod
    def of(cls, verifier: FeederVerifier) -> "Batteries":
        """Build the batteries of the net of a verifier.

        Raises:
            InputError: if it has none.
        """
        storage: Any = verifier.network.net.storage
        used = storage[storage["in_service"]]
        if not len(used):
            raise InputError(
                "a net with batteries", "one without", "Use a SimBench scenario 1 net."
            )
        by_profile = used.assign(power=used.p_mw.abs()).groupby(used.profile.astype(str))
        power, energy = by_profile["power"].sum(), by_profile["max_e_mwh"].sum()
        return cls(tuple(power.index), power.to_numpy(np.float64), energy.to_numpy(np.float64))

    def dispatch(
        self, surplus_mw: Float64[np.ndarray, "n t"], start: float = 0.5
    ) -> tuple[Float64[np.ndarray, "n s t"], Float64[np.ndarray, "n s t+1"]]:
        """Compute power into the feeder (MW, charging below 0) and energy of each battery (MWh).

        Args:
            surplus_mw: infeed less load of the feeder without the batteries.
            start: initial state of charge, as a share.
        """
        n, t = surplus_mw.shape
        share = self.power_mw / self.power_mw.sum()
        one_way = np.sqrt(self.efficiency)
        power = np.zeros((n, len(share), t))
        energy = np.empty((n, len(share), t + 1))
        energy[:, :, 0] = start * self.energy_mwh
        for i in range(t):  # each step depends on the previous one
            now = energy[:, :, i]
            requested = -surplus_mw[:, i, None] * share
            most = np.minimum(self.power_mw, now * one_way / self.hours)
            room = (self.energy_mwh - now) / one_way / self.hours
            given = np.clip(requested, -np.minimum(self.power_mw, room), most)
            inside = np.where(given > 0, given / one_way, given * one_way) * self.hours
            power[:, :, i] = given
            energy[:, :, i + 1] = now - inside
        return power, energy

    def energy_after(
        self, power_mw: Float64[np.ndarray, "n s t"], start: float = 0.5
    ) -> Float64[np.ndarray, "n s t"]:
        """Return the energy of each battery after each step of a given power (MWh)."""
        one_way = np.sqrt(self.efficiency)
        inside = np.where(power_mw > 0, power_mw / one_way, power_mw * one_way) * self.hours
        return np.asarray(start * self.energy_mwh[:, None] - inside.cumsum(2))

    def beyond(self, power_mw: Float64[np.ndarray, "n s t"]) -> Float64[np.ndarray, " n"]:
        """Return the largest violation of empty or full under a given power, of the energy."""
        share = self.energy_after(power_mw) / self.energy_mwh[:, None]
        return np.asarray(np.maximum(share - 1, -share).max((1, 2)).clip(min=0.0))
