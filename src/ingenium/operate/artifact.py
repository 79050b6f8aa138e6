"""The artifact of `operate`: a refused policy, or a policy's run on a plant."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from ingenium.core.artifact import Artifact, Table, listed
from ingenium.core.errors import InputError
from ingenium.core.netcdf import read_netcdf
from ingenium.core.sealed import without_none
from ingenium.core.spec import parse
from ingenium.operate.spec import OperateSpec

TRAJECTORY, DECISIONS = "trajectory.nc", "decisions.jsonl"
SHOWN = 200  # decisions that a report lists
LONG_S = 7200.0  # longer runs are reported in hours
RELEASE = {
    "plant": "{plant}",
    "scenarios outside": "{share:.1%}",
    "interval": "{low:.1%} to {high:.1%}",
    "error": "{error:.3g}",
}
FAULTS = {
    "fault": "{kind}",
    "at, s": "{at_s:.1f}",
    "for, s": "{for_s:.1f}",
    "size": "{size:g}",
    "first met after, s": "{after_s:.2f}",
    "by": "{by}",
    "why": "{why}",
}
RIVALS = {
    "family": "{family}",
    "of": "{quantity}",
    "more than the run": "{value:.4g}",
    "from": "{low:.4g}",
    "to": "{high:.4g}",
    "unit": "{unit}",
}
DECIDED = {
    "from, s": "{at_s:.2f}",
    "to, s": "{until_s:.2f}",
    "who": "{who}",
    "why": "{why}",
    "periods": "{periods}",
}


class OperationRecord(Artifact):
    """An operation in its folder."""

    what = "an operation"
    file = "operation.json"
    made_by = "ingenium operate PROBLEM"
    remade_by = "ingenium.verbs.operate:replay"
    drawn_by = "ingenium.operate.pictures:figures"

    def sealed(self) -> Mapping[str, str]:
        """The trajectory and the decisions; nothing for a refused policy."""
        files: Mapping[str, str] = self.record["evidence"]["files"]
        return {n: files[n] for n in (TRAJECTORY, DECISIONS)} if self.released else {}

    @property
    def spec(self) -> OperateSpec:
        """The spec of the run."""
        return parse(without_none(self.record["spec"]), OperateSpec, "the record of an operation")

    @property
    def released(self) -> bool:
        """True for a policy that was released and ran."""
        return bool(self.record["release"]["passed"])

    @property
    def acting(self) -> str:
        """The policy in words."""
        own = self.record["policy"]
        if own["family"]:
            return f"family {own['family']}"
        return f"design {own['design']} of {own['run']}"

    @property
    def trajectory(self) -> xr.Dataset:
        """The state of the plant in each period.

        Raises:
            InputError: for a policy that was refused and never ran.
        """
        if not self.released:
            raise InputError("an operation that ran", "one whose policy was refused")
        return read_netcdf(self.folder / TRAJECTORY, "the course of an operation")

    @property
    def title(self) -> str:
        """The title of its spec, or its problem."""
        return self.record["spec"]["title"] or f"{self.record['problem']} in operation"

    @property
    def lead(self) -> str:
        """The policy, its plant and the verdict."""
        own = self.record
        return f"{own['problem']} under {self.acting} on {own['plant']['name']}: {self.verdict}"

    @property
    def notes(self) -> Sequence[str]:
        """Notes on the settings of the watch, the time of decisions, and stops."""
        if not self.released:
            return ("The plant stayed at its fallback.",)
        watch, period = self.record["watch"], self.record["period"]
        return [
            f"An episode of {watch['episode_s']:g} s of calm service stays without an alarm with a "
            f"probability of at least {watch['coverage']:.0%}, by {watch['episodes']} episodes.",
            f"A decision took {period['median_us']:.0f} µs (99 % within {period['p99_us']:.0f} µs) "
            f"of a period of {1e6 * period['seconds']:.0f} µs.",
            *(
                f"The run was stopped at {s:.2f} s and went on later."
                for s in self.record["stops_s"]
            ),
        ]

    def tables(self) -> Sequence[tuple[str, Table]]:
        """The release and, for a policy that ran, measured values, faults and decisions."""
        plants = [
            {
                "plant": name,
                "share": own["outside"][0],
                "low": max(own["outside"][1], 0.0),
                "high": own["outside"][2],
                "error": own["error"][0],
            }
            for name, own in self.record["release"]["measured"].items()
        ]
        release = "Release, without the shell", listed(plants, RELEASE)
        if not self.released:
            return (release,)
        rivals = [
            {"family": name, "quantity": quantity, **own}
            for name, found in self.record["alongside"].items()
            for quantity, own in found.items()
        ]
        decided = [{**d, "who": d["name"] or d["who"]} for d in self.record["decisions"][:SHOWN]]
        return (
            self.measured(),
            *(
                [("More than the run, in the same scenarios", listed(rivals, RIVALS))]
                * bool(rivals)
            ),
            ("Faults, and how they were met", self._timed(self.record["faults"], FAULTS)),
            ("Who decided what", self._timed(decided, DECIDED)),
            release,
        )

    def _timed(self, records: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> Table:
        """A table of records whose times are in seconds, or in hours where the run is long."""
        if self.spec.seconds <= LONG_S:
            return listed(records, columns, none="never")
        hours = [
            {k: v / 3600 if k.endswith("_s") and v is not None else v for k, v in own.items()}
            for own in records
        ]
        named = {k.replace(", s", ", h"): v for k, v in columns.items()}
        return listed(hours, named, none="never")
