"""The artifact of `operate`: a refused policy, or a policy's run on a plant."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from ingenium.core.artifact import Artifact, Table, listed
from ingenium.core.errors import InputError
from ingenium.core.netcdf import read_netcdf
from ingenium.core.sealed import without_none
from ingenium.core.spec import parse
from ingenium.operate import risks
from ingenium.operate.spec import OperateSpec

TRAJECTORY, DECISIONS, ANSWERS = "trajectory.nc", "decisions.jsonl", "answers.csv"
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


WEIGHTS = {"rate": "{rate}", "weight": "{weight:+.3f}", "spread": "{spread:.3f}"}
RULES = {"where": "{where}", "decision": "{kind}"}
UNUSUAL = {
    "at, s": "{at_s:.1f}",
    "decision": "{kind}",
    "of the tree": "{by_tree}",
    "p": "{p:.2g}",
    "criteria": "{criteria}",
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
        tables = ((risks.FILE, "risks"), (ANSWERS, "preferences"))
        names = (TRAJECTORY, DECISIONS, *(file for file, part in tables if self.record.get(part)))
        return {n: files[n] for n in names} if self.released else {}

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
        own, shared = self.record["policy"], self.spec.shared
        what = f"design {own['design']} of {own['run']}"
        if own["family"]:
            what = f"family {own['family']}"
        return what if shared is None else f"{what} ({shared.share:.0%}) with {shared.person}"

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
            *self._notes_on_preferences(),
            f"An episode of {watch['episode_s']:g} s of calm service stays without an alarm with a "
            f"probability of at least {watch['coverage']:.0%}, by {watch['episodes']} episodes.",
            f"A decision took {period['median_us']:.0f} µs (99 % within {period['p99_us']:.0f} µs) "
            f"of a period of {1e6 * period['seconds']:.0f} µs.",
            *(
                f"The run was stopped at {s:.2f} s and went on later."
                for s in self.record["stops_s"]
            ),
        ]

    def _notes_on_preferences(self) -> Sequence[str]:
        own = self.record.get("preferences")
        if own is None:
            return ()
        tried = (
            f"{own['points_outside']} of {own['points']} operating points left a limit while they "
            "were tried; the person compared the others."
        )
        known = own["simulated"]
        if known is None:
            return (tried,)
        return tried, (
            f"The person was simulated, and {known['wrong_answers']:.0f} of {len(own['answers'])} "
            "answers were wrong. On points without a question the recovered objective ranks as "
            f"the hidden one with a correlation of {known['rank_correlation']:.3f}; the first rate "
            f"alone with {known['by_first_rate']:.3f}."
        )

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
            *self._register(),
            *self._preferences(),
            ("Faults, and how they were met", self._timed(self.record["faults"], FAULTS)),
            ("Who decided what", self._timed(decided, DECIDED)),
            *self._surrogate(),
            release,
        )

    def _register(self) -> Sequence[tuple[str, Table]]:
        """The register of risks, if there is one."""
        own = self.record.get("risks")
        if not own:
            return ()
        wanted = self.spec.risks
        assert wanted is not None
        head = f"Risks, by probability times loss ({wanted.scenarios} scenarios each)"
        return ((head, listed(own, risks.COLUMNS)),)

    def _preferences(self) -> Sequence[tuple[str, Table]]:
        """Recovered weights, and the operating points that the person was shown."""
        own = self.record.get("preferences")
        if own is None:
            return ()
        head = f"Weights by {len(own['answers'])} answers, each for a spread of its rate"
        points = [{"point": str(i), **rates} for i, rates in enumerate(own["outcomes"])]
        columns = {k: f"{{{k}}}" for k in points[0]}
        best = f"Operating points; number {own['best']['point']} is preferred"
        return (head, listed(own["weights"], WEIGHTS)), (best, listed(points, columns))

    def _surrogate(self) -> Sequence[tuple[str, Table]]:
        """The rules of the surrogate tree, and decisions with unusual criteria."""
        own = self.record.get("surrogate")
        if own is None:
            return ()
        share, low, high = own["fidelity"]
        head = (
            f"A tree that decides alike in {share:.0%} ({low:.0%} to {high:.0%}) of "
            f"{own['held_out']} decisions of other scenarios; the most frequent kind alone is "
            f"right in {own['most_frequent']:.0%}"
        )
        odd = [
            {
                "at_s": d["at_s"],
                "kind": d["weighed"]["kind"],
                "by_tree": d["weighed"]["by_tree"],
                "p": d["weighed"]["typical"],
                "criteria": "; ".join(f"{k}: {v:.3g}" for k, v in d["weighed"]["criteria"].items()),
            }
            for d in self.record["decisions"]
            if d.get("weighed") and d["weighed"]["unusual"]
        ]
        unusual = "Decisions with an unusual combination of criteria", self._timed(odd, UNUSUAL)
        return (head, listed(own["rules"], RULES)), *([unusual] if odd else [])

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
