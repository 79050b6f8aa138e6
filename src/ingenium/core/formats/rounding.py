"""Designs on the grid of numbers of their files, which then hold the bits that were measured."""

import numpy as np
import xarray as xr

from ingenium.core.formats import Rounding
from ingenium.core.problem import Problem


def rounded(problem: Problem, designs: xr.Dataset) -> xr.Dataset:
    """Return designs with the digits of all formats of a problem, one after the other by name.

    It does not matter which one is written: designs and their digests do not depend on it. A number
    that rounding brings beyond its bounds is cut.

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> known = problem.data().isel(design=slice(3))
        >>> rounded(problem, known).equals(known)
        True
    """
    forms = [form for _, form in sorted(problem.formats.items()) if isinstance(form, Rounding)]
    if not forms:
        return designs
    found = designs
    for form in forms:
        found = form.rounded(found)
    cut = {
        v.name: found.variables[v.name].copy(
            data=np.clip(found.variables[v.name].to_numpy(), v.lower, v.upper)
        )
        for v in problem.variables
        if v.longest is None and (v.lower, v.upper) != (None, None)
    }
    return found.assign(cut)
