"""Differentiable measurements of a feeder: gradients through the exact AC power flow."""

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError, choose
from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.feeder.powerflow import MAX_ITERATIONS, TOLERANCE_PU, engine_grid
from ingenium.domains.grid.feeder.verifier import FeederVerifier

SOFTNESS = {  # scale over which values near the extreme count too
    "min_voltage": 5e-4,
    "max_voltage": 5e-4,
    "max_line_loading": 0.1,
    "max_trafo_loading": 0.1,
}


@dataclass(frozen=True)
class FeederGradient:
    """Smooth extremes of a day, differentiable with respect to its profiles.

    All steps are solved first without gradients; only the `worst_steps` of each design enter
    the extreme. The smooth maximum is softness * logsumexp(x / softness): never below the true
    one, and above it by at most softness * log(number of values). The smooth minimum mirrors it.

    Shapes: n designs, u load profiles, g infeed profiles, t steps.
    Source: gradients by the adjoint of the power flow, lightsim2grid.differentiable.
    """

    verifier: FeederVerifier
    worst_steps: int = 6

    def measurement(self, quantity: str) -> Callable[[Tensor, Tensor, Tensor], Float[Tensor, " n"]]:
        """Return the function of (load_p, load_q, infeed_p) for a smooth `quantity`.

        Raises:
            InputError: if the quantity has no gradient.
        """
        choose(quantity, SOFTNESS, "quantity with a gradient")
        if quantity == "max_trafo_loading" and len(self.verifier.network.circuit.trafos) == 0:
            raise InputError("a quantity of this grid", quantity, "It has no transformers.")
        return lambda load_p, load_q, infeed_p: self._soft(quantity, (load_p, load_q, infeed_p))

    def _soft(self, quantity: str, profiles: tuple[Tensor, Tensor, Tensor]) -> Float[Tensor, " n"]:
        n = len(profiles[0])
        sign = -1.0 if quantity == "min_voltage" else 1.0
        steps = self._worst(quantity, profiles, sign)
        day = torch.arange(n)[:, None]
        picked = [x.double().transpose(1, 2)[day, steps].transpose(1, 2) for x in profiles]
        p, q = self.verifier.profiles.demand(*picked)
        voltage = self._voltage(p.flatten(0, 1), q.flatten(0, 1))
        solved = voltage.detach().isfinite().all(1)
        voltage = torch.where(solved[:, None], voltage, torch.ones_like(voltage))
        values = sign * self._values(quantity, voltage).reshape(n, -1)
        softness = SOFTNESS[quantity]
        soft = sign * softness * torch.logsumexp(values / softness, dim=1)
        return soft.masked_fill(~solved.reshape(n, -1).all(1), float("nan"))

    def _worst(self, quantity: str, profiles: tuple[Tensor, Tensor, Tensor], sign: float) -> Tensor:
        """The most extreme steps of each design, by a plain solve."""
        trace = self.verifier.trace(*(x.detach().double() for x in profiles))
        course = {
            "min_voltage": trace.voltage_pu,
            "max_voltage": trace.voltage_pu,
            "max_line_loading": trace.line_percent,
            "max_trafo_loading": trace.trafo_percent,
        }[quantity]
        worst = torch.from_numpy(np.nan_to_num(sign * course, nan=np.inf)).amax(2)
        return worst.topk(min(self.worst_steps, worst.shape[1]), dim=1).indices

    def _voltage(self, p_mw: Float[Tensor, "b node"], q_mvar: Float[Tensor, "b node"]) -> Tensor:
        # Rebuilt for each call: the backward pass needs the engine in the state of this call.
        grid, start = engine_grid(self.verifier.network.circuit)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wraps read-only arrays, and never writes to them
            flow = package("lightsim2grid.differentiable").BatchCPUPowerFlow.init_from_grid(
                grid,
                nb_thread=self.verifier.threads or os.cpu_count() or 1,
                max_iter=MAX_ITERATIONS,
                tol=TOLERANCE_PU,
                v_init=start,
            )
        voltage: Tensor = flow(load_p=p_mw, load_q=q_mvar)
        return voltage

    def _values(self, quantity: str, voltage: Tensor) -> Float[Tensor, "b place"]:
        """Magnitudes at free nodes, or loadings of lines or transformers."""
        c = self.verifier.network.circuit
        if quantity.endswith("voltage"):
            return voltage[:, torch.from_numpy(c.free_nodes)].abs()
        rows = c.lines if quantity == "max_line_loading" else c.trafos
        v_from, v_to = (voltage[:, torch.from_numpy(x[rows])] for x in (c.from_node, c.to_node))
        y_from, y_to, y_mutual = (torch.from_numpy(y[rows]) for y in (c.y_from, c.y_to, c.y_mutual))
        ends = (
            (y_from * v_from + y_mutual * v_to).abs() * torch.from_numpy(c.percent_from[rows]),
            (y_mutual * v_from + y_to * v_to).abs() * torch.from_numpy(c.percent_to[rows]),
        )
        return torch.maximum(*ends)
