"""NetCDF-4 files of fields: all pairs of a run with their grid, after CF."""

from collections.abc import Mapping

import numpy as np

from ingenium.core.formats.arrays import NetcdfArrays
from ingenium.core.quantity import Variable
from ingenium.domains.equations.field.equation import FieldEquation

EQUATION = "equation"  # the attribute that names the equation


def field_file(
    equation: FieldEquation, variables: tuple[Variable, ...], sizes: Mapping[str, int]
) -> NetcdfArrays:
    """Return the format of inputs and solutions over their grid."""
    n = equation.points
    places = (np.arange(n) + (0.0 if equation.periodic else 0.5)) / n
    return NetcdfArrays(
        variables,
        sizes,
        "fields.nc",
        about={EQUATION: f"{equation.written} ({equation!r})"},
        places=dict.fromkeys(sizes, places),
        lenient=True,
        finite=True,
    )
