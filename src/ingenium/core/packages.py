"""Optional packages, imported on first use."""

import importlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ingenium.core.errors import MissingExtra


@dataclass(frozen=True)
class Extra:
    """An optional extra: packages that are installed together."""

    name: str

    def package(self, module: str) -> Any:
        """Import one module.

        Raises:
            MissingExtra: with the line that installs it.
        """
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise MissingExtra(self.name, error.name or module) from error

    def release_of(self, package: str) -> str:
        """Return the version of a package, without importing it.

        Raises:
            MissingExtra: with the line that installs it.
        """
        try:
            return version(package)
        except PackageNotFoundError as error:
            raise MissingExtra(self.name, package) from error


COMPARE = Extra("compare")  # scikit-learn, for two-sample tests of sets of designs
YEARS = Extra("years")  # pyarrow: Parquet, and files of years
