"""Batches of designs as xarray Datasets that follow the CF conventions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import DESIGN as DESIGN  # it is in reach without PyTorch there
from ingenium.core.quantity import Variable
from ingenium.core.text import codes, text_array


def to_dataset(
    arrays: Sequence[Float[Tensor, "n ..."]],
    variables: Sequence[Variable],
    coords: Mapping[str, Any],
    *,
    index: np.ndarray | None = None,
) -> xr.Dataset:
    """Build designs from one float64 array for each variable, with units and names attached.

    Raises:
        InputError: for the array of a text that does not hold code points.

    Examples:
        >>> import torch
        >>> from ingenium.core.quantity import Variable
        >>> width = Variable("width", ("bar",), "mm", "width of each bar")
        >>> designs = to_dataset([torch.tensor([[40.0, 60.0]])], [width], {})
        >>> designs["width"].dims, designs["width"].attrs["units"]
        (('design', 'bar'), 'mm')
    """
    n = len(arrays[0])
    data = {
        v.name: ((DESIGN, *v.dims), _values(a, v), v.attrs)
        for v, a in zip(variables, arrays, strict=True)
    }
    own = {k: coords[k] for k in coords}
    own[DESIGN] = np.arange(n) if index is None else index
    return xr.Dataset(data, coords=own, attrs={"Conventions": "CF-1.11"})


def _values(array: Tensor, v: Variable) -> np.ndarray:
    if v.longest is not None:
        return text_array(array, name=v.name)
    return array.detach().to(torch.float64).numpy()


def to_arrays(
    designs: xr.Dataset, variables: Sequence[Variable]
) -> tuple[Float[Tensor, "n ..."], ...]:
    """Return the float64 tensors of the designs' variables, in order; code points for a text.

    Raises:
        InputError: for a value that is no text, or a text longer than the variable allows.

    Examples:
        >>> import xarray as xr
        >>> from ingenium.core.quantity import Variable
        >>> width = Variable("width", ("bar",), "mm", "width of each bar")
        >>> designs = xr.Dataset({"width": (("design", "bar"), [[40.0, 60.0]], {"units": "mm"})})
        >>> to_arrays(designs, [width])[0].tolist()
        [[40.0, 60.0]]
    """
    return tuple(_array(designs.variables[v.name].to_numpy(), v) for v in variables)


def _array(values: np.ndarray, v: Variable) -> Tensor:
    if v.longest is not None:
        return codes(values, v.longest, name=v.name)
    return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float64))


def check(designs: xr.Dataset, variables: Sequence[Variable], sizes: Mapping[str, int]) -> None:
    """Refuse designs whose variables, dimensions, sizes, units or values are not as declared.

    Values that are not finite pass: their verdict is FAILED.

    Raises:
        InputError: naming the first variable that differs and how.

    Examples:
        >>> import xarray as xr
        >>> from ingenium.core.quantity import Variable
        >>> width = Variable("width", ("bar",), "mm", "width of each bar")
        >>> designs = xr.Dataset({"width": (("design", "bar"), [[40.0, 60.0]], {"units": "m"})})
        >>> check(designs, [width], {"bar": 2})
        Traceback (most recent call last):
            ...
        ingenium.core.errors.InputError: ...
    """
    missing = [v.name for v in variables if v.name not in designs]
    if missing:
        raise InputError(
            expected=f"designs with the variables {', '.join(v.name for v in variables)}",
            got=f"designs without {', '.join(missing)}",
            instead="Write all of them; `ingenium show PROBLEM` lists names, dimensions and units.",
        )
    for v in variables:
        _check_one(designs.variables[v.name], v, sizes)


def _check_one(array: xr.Variable, v: Variable, sizes: Mapping[str, int]) -> None:
    dims = (DESIGN, *v.dims)
    shape = {d: sizes[d] for d in v.dims}
    if array.dims != dims or any(array.sizes[d] != s for d, s in shape.items()):
        raise InputError(
            expected=f"{v.name} with dimensions {dims} and sizes {shape}",
            got=f"{dict(array.sizes)}",
            instead="Write the layout that `ingenium show PROBLEM` prints.",
        )
    if array.sizes[DESIGN] == 0:
        raise InputError(
            expected="at least one design",
            got="an empty batch",
            instead="Write a batch with n >= 1.",
        )
    unit = array.attrs.get("units", v.unit)
    if unit != v.unit:
        raise InputError(
            expected=f"{v.name} in {v.unit}",
            got=f"units {unit}",
            instead=f'Write units = "{v.unit}".',
        )
    values = array.to_numpy()
    if v.longest is not None:
        codes(values, v.longest, name=v.name)
        return
    if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise InputError(
            expected=f"{v.name} as real numbers",
            got=f"{values.dtype}",
            instead="Write float64.",
        )
    below = v.lower is not None and bool((values < v.lower).any())
    above = v.upper is not None and bool((values > v.upper).any())
    if below or above:
        worst = np.nanmin(values) if below else np.nanmax(values)
        raise InputError(
            expected=f"{v.name} of {' and '.join(_bounds(v))} {v.unit}",
            got=f"{worst:g} {v.unit}",
            instead="Write values within the bounds.",
        )


def real_numbers(values: np.ndarray) -> np.ndarray:
    """Convert an array of a file to float64, if it holds real numbers: no text, nothing complex.

    Raises:
        InputError: for anything else.

    Examples:
        >>> real_numbers(np.array([1, 2]))
        array([1., 2.])
    """
    if values.dtype.kind not in "biuf":
        raise InputError("real numbers", f"{values.dtype}", "Write float64.")
    return values.astype(np.float64)


def _bounds(v: Variable) -> list[str]:
    low = [] if v.lower is None else [f"at least {v.lower:g}"]
    return low if v.upper is None else [*low, f"at most {v.upper:g}"]
