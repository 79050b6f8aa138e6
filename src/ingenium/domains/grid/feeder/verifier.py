"""Measures days of a feeder by exact AC power flow of every step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.domains.grid.data.packages import release_of
from ingenium.domains.grid.feeder.mapping import ProfileMap, profile_map
from ingenium.domains.grid.feeder.measurements import KW, KnownLoads, Trace, columns, quantities
from ingenium.domains.grid.feeder.network import Network
from ingenium.domains.grid.feeder.powerflow import Engine, PowerFlow
from ingenium.domains.grid.feeder.readings import FeederReadings


@dataclass(frozen=True)
class FeederVerifier:
    """Voltages, loadings and energies of a feeder over the steps of a day.

    A design has the active and reactive factor of each load profile and the factor of each infeed
    profile at each step; `profiles` converts them to MW. Voltages are those of buses other than the
    slack bus. A design with a step that has no solution is NaN in every column.

    Shapes: n designs, u load profiles, g infeed profiles, t steps, k quantities.
    """

    network: Network
    profiles: ProfileMap
    hours: float = 0.25  # of a step
    threads: int | None = None  # None: all cores
    rows: int = 8192  # steps solved together, which bounds the memory
    known: KnownLoads | None = None  # reference for the ranks of days' loads
    readings: FeederReadings | None = None  # with which days must agree
    version: str = field(default_factory=lambda: release_of("lightsim2grid").split()[1])
    name: ClassVar[str] = "lightsim2grid"
    tier: ClassVar[Literal["exact"]] = "exact"

    @classmethod
    def of(
        cls,
        network: Network,
        load: Mapping[str, str] | None = None,
        infeed: Mapping[str, str] | None = None,
    ) -> "FeederVerifier":
        """Map profiles to elements (see `profile_map`)."""
        return cls(network, profile_map(network.net, network.circuit, load, infeed))

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The columns of `measure`, in order."""
        ranks = self.known.quantities if self.known else ()
        return (*quantities(self.network), *ranks, *self.consistency)

    @property
    def consistency(self) -> tuple[Quantity, ...]:
        """Deviation of days from their readings."""
        return () if self.readings is None else (self.readings.quantity,)

    def measure(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
    ) -> Float[Tensor, "n k"]:
        """Measure all quantities of each design; rows do not depend on each other."""
        names = [quantity.name for quantity in self.quantities]
        load_mw = self.profiles.load_p_mw.sum(1)
        infeed_mw = self.profiles.infeed_p_mw.sum(1)
        measured = torch.zeros(len(load_p), len(names), dtype=torch.float64)
        for part, flow in self._flows(load_p, load_q, infeed_p):
            load = torch.einsum("nut,u->nt", load_p[part], load_mw).numpy()
            trace = Trace.of(self.network, flow, load_p.shape[2])
            infeed = torch.einsum("ngt,g->nt", infeed_p[part], infeed_mw).numpy()
            found = dict(columns(trace, KW * load, KW * infeed, self.hours))
            if self.known is not None:
                solved = np.isfinite(found["import_peak"])
                for name, rank in self.known.ranks(load).items():
                    found[name] = np.where(solved, rank, np.nan)
            if self.readings is not None:
                found[self.readings.quantity.name] = self.readings.error(trace.import_kw)
            measured[part] = torch.from_numpy(np.stack([found[name] for name in names], axis=1))
        return measured

    def trace(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
    ) -> Trace:
        """Compute trajectories of days; for few designs, as it stores every step of every bus."""
        parts = [
            Trace.of(self.network, flow, load_p.shape[2])
            for _, flow in self._flows(load_p, load_q, infeed_p)
        ]
        arrays = zip(*(vars(part).values() for part in parts), strict=True)
        return Trace(*(np.concatenate(array) for array in arrays))

    def _flows(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
    ) -> Iterator[tuple[slice, PowerFlow]]:
        """Batches of designs with about `rows` steps each."""
        self._check(load_p, load_q, infeed_p)
        engine = Engine(self.network.circuit, threads=self.threads)
        n, _, t = load_p.shape
        days = max(1, self.rows // t)
        for first in range(0, n, days):  # blocks of designs bound the memory
            part = slice(first, first + days)
            p, q = self.profiles.demand(load_p[part], load_q[part], infeed_p[part])
            yield part, engine.solve(p.flatten(0, 1).numpy(), q.flatten(0, 1).numpy())

    def _check(self, load_p: Tensor, load_q: Tensor, infeed_p: Tensor) -> None:
        n, t = len(load_p), load_p.shape[-1]
        u, g = len(self.profiles.load_profiles), len(self.profiles.infeed_profiles)
        got = tuple(tuple(x.shape) for x in (load_p, load_q, infeed_p))
        if got != ((n, u, t), (n, u, t), (n, g, t)) or t == 0:
            raise InputError(
                f"active and reactive load of shape (n, {u}, t) and infeed of shape (n, {g}, t)",
                got,
                f"The load profiles are {', '.join(self.profiles.load_profiles)}; those of the "
                f"infeed {', '.join(self.profiles.infeed_profiles) or 'none'}.",
            )
        if {x.dtype for x in (load_p, load_q, infeed_p)} != {torch.float64}:
            raise InputError("float64 tensors", str(load_p.dtype), "Write x.double().")
