"""Base class of problems whose known designs are computed once from a stored dataset."""

from abc import abstractmethod
from functools import cached_property

import xarray as xr

from ingenium.core.problem import Problem, Watch, silent


class StockedProblem(Problem):
    """Problem that computes `known` once, whether `prepare` or `data` calls it first."""

    @abstractmethod
    def known(self, watch: Watch) -> xr.Dataset:
        """Return the known designs for `data`; an interrupted computation resumes."""

    @cached_property
    def _data(self) -> xr.Dataset:
        return self.known(silent)

    def prepare(self, watch: Watch = silent) -> None:
        """Compute the known designs with the engine where the package has none."""
        if "_data" not in self.__dict__:
            self.__dict__["_data"] = self.known(watch)

    def data(self) -> xr.Dataset:
        """Return the known designs, with requested or measured values as conditions."""
        return self._data
