"""Problems whose known designs are plans: made once, in pieces, and stored."""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.recipe import Arrays, Recipe
from ingenium.train.plan import Plan

HELD_OUT_EVERY = 5
PIECES = 8  # of the known designs


class PlannedProblem(Problem):
    """A problem with settings that count its known plans, and a digest of all else they rest on."""

    stored: ClassVar[str]  # name of the plans in the cache
    settings: Any  # `known` counts the plans

    @abstractmethod
    def plans(self, piece: int) -> Arrays:
        """Return variables and conditions of the plans with the numbers of this piece.

        These are `range(piece, self.settings.known, PIECES)`; there may be no plan for some.
        """

    @abstractmethod
    def labels(self) -> dict[str, Any]:
        """Return the coordinates of a design's dimensions."""

    @property
    def _recipe(self) -> Recipe:
        under = [self.system, self.settings.known]
        return Recipe(self.stored, under, self.plans, pieces=PIECES)

    def prepare(self, watch: Watch = silent) -> None:
        """Make the known plans."""
        self._recipe.complete(watch)

    @cached_property
    def _known(self) -> xr.Dataset:
        found = self._recipe.complete()
        own = tuple(torch.as_tensor(found[v.name]) for v in self.variables)
        held = np.arange(len(own[0])) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        coords = {c.name: (DESIGN, found[c.name]) for c in self.conditions}
        coords["held_out"] = (DESIGN, held)
        made = to_dataset(own, self.variables, coords | self.labels())
        return made.assign_attrs(license=self.licence) if self.licence else made

    def data(self) -> xr.Dataset:
        """Return the known plans."""
        return self._known

    def budgets(self) -> Mapping[str, Plan]:
        """Short training: the known plans are few."""
        return {
            name: Plan(steps=400)
            for name in ("flow_matching", "diffusion", "principal_flow_matching")
        }
