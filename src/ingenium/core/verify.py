"""Public entry point of verifiers: Datasets in and out, checked, judged and timed."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.designs import DESIGN, check, to_arrays
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.spec import Limit
from ingenium.core.verdict import ERROR, errors_of, judge, margins, slack

Alongside = Callable[
    [np.ndarray, np.ndarray], Mapping[str, Any]
]  # variables, from margins, verdicts


@runtime_checkable
class Verifier(Protocol):
    """Measures a batch of designs with an engine of the field; it never judges."""

    @property
    def name(self) -> str:
        """Name of the engine."""
        ...

    @property
    def version(self) -> str:
        """Version of the engine."""
        ...

    @property
    def tier(self) -> Literal["cheap", "exact"]:
        """Tier of the engine: an exact one judges; a cheap one may screen before it."""
        ...

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Columns of `measure`, in order."""
        ...

    @property
    def measure(self) -> Callable[..., Tensor]:
        """Map the variables' float64 arrays (n, ...) to (n, k), NaN where there is no answer."""
        ...


@runtime_checkable
class Divisible(Verifier, Protocol):
    """A verifier that can leave out quantities that are not needed, such as expensive ones."""

    @property
    def only(self) -> Callable[[Collection[str]], Verifier]:
        """Map names of quantities to a verifier that measures them, and maybe some more."""
        ...


@runtime_checkable
class Filed(Verifier, Protocol):
    """A verifier that also measures file contents beyond the variables, such as atom positions."""

    @property
    def filed(self) -> str:
        """Name of the array that a file may add; `measure` takes it after the variables."""
        ...


def named(verifier: Verifier) -> dict[str, str]:
    """Tier, name and version of an engine, for records.

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> named(problem.tiers[-1])["tier"]
        'exact'
    """
    return {"tier": verifier.tier, "name": verifier.name, "version": verifier.version}


def verify(
    designs: xr.Dataset,
    verifier: Verifier,
    limits: Sequence[Limit],
    *,
    variables: Sequence[Variable],
    sizes: Mapping[str, int],
    sparing: bool = False,
) -> xr.Dataset:
    """Measure and judge designs: values, margins and a verdict for each.

    With `sparing`, a `Divisible` verifier skips expensive quantities of designs that are already
    rejected by others.

    Returns a Dataset over `design` with a variable for each quantity, `margin` over (design,
    limit), and `verdict` (accepted, rejected or failed); its attributes name the engine.

    Raises:
        InputError: if the designs do not have the declared variables, sizes or units.

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> known = problem.data().isel(design=slice(3))
        >>> found = verify(
        ...     known,
        ...     problem.tiers[-1],
        ...     [Limit("mass", at_most=1e6, unit="kg")],
        ...     variables=problem.variables,
        ...     sizes=problem.sizes,
        ... )
        >>> found["verdict"].values.tolist()
        ['accepted', 'accepted', 'accepted']
    """
    check(designs, variables, sizes)
    arrays = _arrays(designs, verifier, variables)
    started = time.perf_counter()
    measured = _measured(arrays, verifier, limits if sparing else None)
    seconds = time.perf_counter() - started
    found = verdicts(measured, verifier, limits, index=designs[DESIGN].to_numpy())
    found.attrs["seconds"] = seconds
    return found


def measure(
    designs: xr.Dataset,
    verifier: Verifier,
    *,
    variables: Sequence[Variable],
    sizes: Mapping[str, int],
) -> Float[np.ndarray, "n k"]:
    """Return the quantities of the verifier in order, unjudged, NaN for no answer.

    Raises:
        InputError: if the designs do not have the declared variables, sizes or units.

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> known = problem.data().isel(design=slice(3))
        >>> measure(
        ...     known, problem.tiers[-1], variables=problem.variables, sizes=problem.sizes
        ... ).shape == (3, len(problem.tiers[-1].quantities))
        True
    """
    check(designs, variables, sizes)
    return _measured(_arrays(designs, verifier, variables), verifier, None)


def _arrays(
    designs: xr.Dataset, verifier: Verifier, variables: Sequence[Variable]
) -> tuple[Tensor, ...]:
    """Return the variables of designs, and the further contents of files that are measured."""
    arrays = to_arrays(designs, variables)
    if not isinstance(verifier, Filed) or verifier.filed not in designs:
        return arrays
    alongside = designs.variables[verifier.filed].to_numpy().astype(np.float64)
    return (*arrays, torch.from_numpy(alongside))


def _measured(
    arrays: tuple[Tensor, ...], verifier: Verifier, sparing: Sequence[Limit] | None
) -> Float[np.ndarray, "n k"]:
    """Measure all designs whose arrays are finite; with limits, by `_spared` where possible."""
    finite = torch.stack([a.reshape(len(a), -1).isfinite().all(1) for a in arrays]).all(0)
    shape = (len(finite), len(verifier.quantities))
    measured = torch.full(shape, float("nan"), dtype=torch.float64)
    if finite.any():
        given = tuple(a[finite] for a in arrays)
        if sparing is not None and isinstance(verifier, Divisible):
            measured[finite] = _spared(verifier, sparing, given)
        else:
            measured[finite] = verifier.measure(*given)
    return measured.numpy()


def _spared(
    verifier: Divisible, limits: Sequence[Limit], arrays: tuple[Tensor, ...]
) -> Float[Tensor, "n k"]:
    """Measure each expensive part only for designs that satisfy the limits so far.

    Parts with a limit come before those that only add to the evidence of accepted designs.
    """
    limited = {x.quantity for x in limits}
    names = [q.name for q in verifier.quantities]
    cheap = [q.name for q in verifier.quantities if not q.expensive]
    measured = torch.full((len(arrays[0]), len(names)), float("nan"), dtype=torch.float64)
    left, requested = list(names), cheap or names[:1]
    rows = torch.ones(len(measured), dtype=torch.bool)
    while left and rows.any():
        part = verifier.only(requested)
        found = [q.name for q in part.quantities]
        columns = torch.tensor([names.index(name) for name in found])
        measured[rows.nonzero(), columns] = part.measure(*(a[rows] for a in arrays))
        left = [name for name in left if name not in found]
        known = [x for x in limits if x.quantity not in left]
        held = torch.from_numpy((margins(measured.numpy(), names, known) >= 0).all(1))
        rows &= held & measured[:, columns].isfinite().all(1)
        requested = [name for name in left if name in limited][:1] or left[:1]
    return measured


def verdicts(
    measured: Float[np.ndarray, "n k"],
    verifier: Verifier,
    limits: Sequence[Limit],
    *,
    index: np.ndarray,
    alongside: Alongside | None = None,
) -> xr.Dataset:
    """Judge measured values, as a Dataset; `alongside` adjusts margins and verdicts.

    Examples:
        >>> import ingenium
        >>> roof = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> engine = roof.tiers[-1]
        >>> values = np.full((2, len(engine.quantities)), np.nan)
        >>> verdicts(values, engine, [], index=np.arange(2))["verdict"].values.tolist()
        ['failed', 'failed']
    """
    names = [q.name for q in verifier.quantities]
    errors = errors_of(verifier.quantities)
    margin = margins(measured, names, limits, errors)
    expensive = np.array([q.expensive for q in verifier.quantities], dtype=bool)
    wide = slack(measured, names, limits, errors)
    verdict = judge(measured, margin, expensive, slack=wide)
    about = {q.name: q.attrs | ({ERROR: q.error} if q.error else {}) for q in verifier.quantities}
    data: dict[str, Any] = {
        q.name: (DESIGN, measured[:, i], about[q.name]) for i, q in enumerate(verifier.quantities)
    }
    return xr.Dataset(
        data
        | {
            "margin": (
                (DESIGN, "limit"),
                margin,
                {"long_name": "signed margin; at least 0 is satisfied"},
            ),
            "verdict": (DESIGN, verdict),
        }
        | dict(alongside(margin, verdict) if alongside else {}),
        coords={DESIGN: index, "limit": [limit.label for limit in limits]},
        attrs={"engine": verifier.name, "engine_version": verifier.version, "tier": verifier.tier},
    )
