"""Lazy imports of the grid packages."""

import warnings
from typing import Any

from ingenium.core.packages import Extra

EXTRA = Extra("grid")
SIMBENCH = Extra("simbench")  # its other grids, and single consumers


def package(name: str) -> Any:
    """Import one module of the extra `grid`.

    Raises:
        MissingExtra: with the line that installs it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # start-up notices about optional accelerators
        return EXTRA.package(name)


def release_of(name: str) -> str:
    """Return name and version of a package of the extra, without importing it.

    Raises:
        MissingExtra: with the line that installs it.
    """
    return f"{name} {EXTRA.release_of(name)}"


def use_fastest(grid: Any) -> None:
    """Set the fastest algorithms of lightsim2grid that its build has.

    Its own function of this purpose is in a package that imports pandapower, which takes seconds.
    """
    kinds = package("lightsim2grid.algorithm").AlgorithmType
    for kind in (kinds.NR_KLU, kinds.DC_KLU):
        if kind in grid.available_default_algorithms():
            grid.change_algorithm(kind)
