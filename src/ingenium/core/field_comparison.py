"""Additions of a field to comparisons of families and to head-to-head comparisons of tools."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ingenium.core.problem import Problem


@dataclass(frozen=True)
class FieldComparison:
    """Directions, costs, figures and published values of a field's own scores.

    `costs` returns the costs of a fitted family to propose under the conditions of designs, such as
    operations of a design, by name with its unit; `figures` plots a comparison by name, from its
    table and some designs of each family; `bare` opens the problem with the least repair.
    """

    by_numbers: bool = True  # whether designs are also scored number by number
    unscored: Mapping[str, str] = field(default_factory=dict)  # quantities without a score, and why
    higher: tuple[str, ...] = ()  # scores that are better when higher; others when lower
    printed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # published, by family
    setup: str = ""  # name of this setup in a head-to-head comparison; empty for the usual one
    costs: Callable[[Any, xr.Dataset], Mapping[str, float]] = lambda family, designs: {}
    figures: Callable[[Any, Mapping[str, xr.Dataset]], "Mapping[str, Figure]"] = (
        lambda table, shown: {}
    )
    repair_calls: float = 0.0  # of the exact engine, that the repair of one design takes
    bare: "Callable[[], Problem] | None" = None
