"""The artifact of `infer`: samples of a posterior with their weights, and its calibration."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import xarray as xr

from ingenium.core.artifact import SAME, Artifact, Replay, Table, listed
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
        "estimates": ("estimates",),
        "measured": ("measured",),
        "margins": ("margins",),
    }

    def sealed(self) -> Mapping[str, str]:
        """Digests of the samples, and of the ranks of truths in their posteriors."""
        return {n: self.record["evidence"][n] for n in (DRAWS, RANKS)}

    def compared(self, again: Mapping[str, Any]) -> Replay:
        """Compare bands relative to their width, margins exactly, the rest as for any artifact."""
        own = self.record
        parts = {c.part: c.reproduced for c in super().compared(again).checks}
        reported, margins = (
            _bands_alike(own["estimates"], again["estimates"]),
            own["margins"] == again["margins"],
        )
        return Replay.of(parts | {"estimates": reported, "margins": margins})

    @property
    def spec(self) -> InferSpec:
        """The spec, with its input files."""
        return load(self.folder / SPEC)

    def samples(self) -> xr.Dataset:
        """Designs, their weights and their inferred quantities."""
        found = read_netcdf(self.folder / DRAWS, "samples of a posterior")
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
        """Inputs of the problem, and its notes."""
        return (*self.record["given"], *self.record["notes"])

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Inferred quantities with their bands, and judged values."""
        rows = listed(self.record["estimates"].values(), {"quantity": "{long_name}", **BANDS})
        return ("What was inferred", rows), self.measured()


def _bands_alike(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Compare means and quantiles to a millionth of the width of their band."""
    if a.keys() != b.keys():
        return False
    for name, own in a.items():
        width = max(own["q95"] - own["q05"], 1e-12)
        if any(abs(own[k] - b[name][k]) > SAME * width for k in ("mean", "q05", "q50", "q95")):
            return False
    return True
