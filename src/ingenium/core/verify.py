"""The public door around verifiers: Datasets in and out, checked, judged and timed."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.designs import DESIGN, check, to_arrays
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.spec import Limit
from ingenium.core.verdict import judge, margins


@runtime_checkable
class Verifier(Protocol):
    """Measures a batch of designs with an engine of the field; it never judges."""

    @property
    def name(self) -> str:
        """Of the engine."""
        ...

    @property
    def version(self) -> str:
        """Of the engine."""
        ...

    @property
    def tier(self) -> Literal["cheap", "exact"]:
        """Exact tiers judge; cheap ones may screen before them."""
        ...

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The columns of `measure`, in order."""
        ...

    @property
    def measure(self) -> Callable[..., Tensor]:
        """Of the variables' float64 arrays (n, ...): (n, k), NaN where there is no answer."""
        ...


@runtime_checkable
class Divisible(Verifier, Protocol):
    """A verifier that can leave out what is not asked for, such as what is dear."""

    @property
    def only(self) -> Callable[[Collection[str]], Verifier]:
        """Of names of quantities: the verifier that measures them, and maybe some more."""
        ...


def verify(
    designs: xr.Dataset,
    verifier: Verifier,
    limits: Sequence[Limit],
    *,
    variables: Sequence[Variable],
    sizes: Mapping[str, int],
) -> xr.Dataset:
    """Measured values, margins and a verdict for each design.

    Returns a Dataset over `design` with a variable for each quantity, `margin` over
    (design, limit), and `verdict` (0 accepted, 1 rejected, 2 failed); its attributes name
    the engine.

    Raises:
        InputError: if the designs do not have the declared variables, sizes or units.
    """
    check(designs, variables, sizes)
    arrays = to_arrays(designs, variables)
    finite = torch.stack([a.reshape(len(a), -1).isfinite().all(1) for a in arrays]).all(0)
    started = time.perf_counter()
    measured = torch.full(
        (len(finite), len(verifier.quantities)), float("nan"), dtype=torch.float64
    )
    if finite.any():
        measured[finite] = verifier.measure(*(a[finite] for a in arrays))
    seconds = time.perf_counter() - started
    return verdicts(
        measured.numpy(), verifier, limits, index=designs[DESIGN].to_numpy()
    ).assign_attrs(seconds=seconds)


def verdicts(
    measured: Float[np.ndarray, "n k"],
    verifier: Verifier,
    limits: Sequence[Limit],
    *,
    index: np.ndarray,
) -> xr.Dataset:
    """Judge measured values, as a Dataset."""
    names = [q.name for q in verifier.quantities]
    margin = margins(measured, names, limits)
    data = {
        q.name: (DESIGN, measured[:, i], {"units": q.unit, "long_name": q.long_name})
        for i, q in enumerate(verifier.quantities)
    }
    return xr.Dataset(
        data
        | {
            "margin": ((DESIGN, "limit"), margin, {"long_name": "signed margin; at least 0 holds"}),
            "verdict": (
                DESIGN,
                judge(measured, margin),
                {"flag_values": [0, 1, 2], "flag_meanings": "accepted rejected failed"},
            ),
        },
        coords={DESIGN: index, "limit": [limit.label for limit in limits]},
        attrs={"engine": verifier.name, "engine_version": verifier.version, "tier": verifier.tier},
    )
