"""The artifact of `infer`: samples of a posterior with their weights, and its calibration."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import xarray as xr

from ingenium.core.artifact import Artifact, Table, listed
from ingenium.core.errors import CorruptError
from ingenium.core.netcdf import read_netcdf
from ingenium.infer.spec import InferSpec, load

DRAWS, RANKS, SPEC = "posterior.nc", "ranks.csv", "spec.toml"
WEIGHT = "weight"
BANDS = {
    "median": "{q50:.5g}",
    "50 %": "{q25:.5g} to {q75:.5g}",
    "90 %": "{q05:.5g} to {q95:.5g}",
    "unit": "{unit}",
}


class Posterior(Artifact):
    """A posterior in its folder."""

    what = "a posterior"
    file = "posterior.json"
    made_by = "ingenium infer PROBLEM"
    remade_by = "ingenium.verbs.infer:replay"
    parts: ClassVar = {
        **{k: ("evidence", k) for k in ("given", "readings", "data", "model")},
        "told": ("told",),
        "measured": ("measured",),
        "margins": ("margins",),
    }

    def sealed(self) -> Mapping[str, str]:
        """Samples, and where truths lie in their posteriors."""
        return {n: self.record["evidence"][n] for n in (DRAWS, RANKS)}

    @property
    def spec(self) -> InferSpec:
        """The spec, with the files that it was given."""
        return load(self.folder / SPEC)

    def draws(self) -> xr.Dataset:
        """Designs, their weights and the inferred quantities of each."""
        found = read_netcdf(self.folder / DRAWS, "draws of a posterior")
        if WEIGHT not in found or abs(float(found[WEIGHT].sum()) - 1) > 1e-6:
            raise CorruptError(str(self.folder / DRAWS), "has no weights that sum to 1")
        return found

    @property
    def lead(self) -> str:
        """The problem, the verdict and the method."""
        own = self.record
        return (
            f"{own['problem']}: {self.verdict}; {own['readings']} readings, answered by "
            f"{own['method']} with the generator {own['family']} as the prior"
        )

    @property
    def notes(self) -> Sequence[str]:
        """Inputs that were given, and notes of its problem."""
        return (*self.record["given"], *self.record["notes"])

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Inferred quantities with their bands, and what was judged."""
        rows = listed(self.record["told"].values(), {"quantity": "{long_name}", **BANDS})
        return ("What was inferred", rows), self.measured()
