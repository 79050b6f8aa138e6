"""A problem whose known designs come from a stock and are put together once."""

from abc import abstractmethod
from functools import cached_property

import xarray as xr

from ingenium.core.problem import Problem, Watch, silent


class StockedProblem(Problem):
    """Keeps what `known` gives, whether `prepare` or `data` asks first."""

    @abstractmethod
    def known(self, watch: Watch) -> xr.Dataset:
        """The designs of the stock as `data` must give them; making them resumes."""

    @cached_property
    def _data(self) -> xr.Dataset:
        return self.known(silent)

    def prepare(self, watch: Watch = silent) -> None:
        """Let the engine make the designs to learn from, where the package brings none."""
        if "_data" not in self.__dict__:
            self.__dict__["_data"] = self.known(watch)

    def data(self) -> xr.Dataset:
        """Known designs, with what was asked for or measured as conditions."""
        return self._data
