"""The artifact of `fit`: the weights of a generator and the record of their training."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ingenium.core import spec as specs
from ingenium.core.artifact import Artifact, Table
from ingenium.core.judgement import Judgement
from ingenium.core.spec import Spec
from ingenium.core.verdict import Verdict

MODEL, SPEC = "model", "spec.toml"  # in the folder of a fit; of a run, the weights alone
PARTS = ("weights", "gradients", "state", "total")  # of the memory of a rank


class FitRecord(Artifact):
    """A fit in its folder: by one process, over many ranks, or adapted from another fit."""

    what = "a fit"
    file = "fit.json"
    made_by = "ingenium fit PROBLEM --out FOLDER"
    remade_by = "ingenium.verbs.adapt:replay"
    drawn_by = "ingenium.generators.fit_pictures:figures"
    parts: ClassVar = {k: ("lineage", k) for k in ("data", "weights")}

    def check(self) -> None:
        """Read the problem and the digest of the weights."""
        _ = self.problem, self.weights

    @property
    def problem(self) -> str:
        """Name of the problem whose designs it learned from."""
        return str(self.record["problem"])

    @property
    def weights(self) -> str:
        """Digest of its weights."""
        return str(self.record["lineage"]["weights"])

    @property
    def spec(self) -> Spec:
        """The spec whose generator was fitted."""
        return specs.load(self.folder / SPEC)

    @property
    def title(self) -> str:
        """Family and problem."""
        return f"{self.record['family']} for {self.problem}"

    @property
    def lead(self) -> str:
        """The family, its data and the verdict."""
        own = self.record
        if "on" in own:
            how = f"{own['steps']} steps on {own['on']} as {own['layout']}"
        elif "rank" in own:
            how = (
                f"{own['trained_share']:.1%} as many parameters as it has were trained; its base "
                "is as it was"
            )
        else:
            how = f"{own['parameters']} numbers, fitted to {own['rows']} designs"
        return f"{self.title}: {self.verdict}; {how}"

    @property
    def notes(self) -> Sequence[str]:
        """Losses compared with those of one process, or before and after an adaptation."""
        own = self.record
        if "rank" in own:
            return [
                f"The held-out loss on {which} was {own[f'{k}_before']:.4g} and is "
                f"{own[f'{k}_after']:.4g} now."
                for k, which in (
                    ("loss", "these designs"),
                    ("earlier_loss", "what it learned before"),
                )
            ]
        if "on" not in own:
            return ()
        found = [f"Held-out loss {own['curve']['held_out'][-1]:.4g}."]
        return found if own["one_process"] is None else [*found, *_alone(own["one_process"])]

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Costs of a step of a fit over ranks, predicted and measured."""
        own = self.record
        found: list[tuple[str, Table]] = []
        if own.get("predicted"):
            found.append(("The fullest rank", _step(own["predicted"], own["measured"])))
        if own.get("tried"):
            found.append(("Layouts that were tried", _tried(own["tried"])))
        return found

    @property
    def values(self) -> dict[str, Any]:
        """Return no values: a fit has no limits; its designs are judged when it proposes."""
        return {}


def judge(losses: Mapping[str, float], against: Sequence[str] = ()) -> Judgement:
    """Judge a fit: accept it if its losses are finite and `against` names no fault."""
    silent = tuple(
        f"the loss {k} is not a number" for k, v in losses.items() if not math.isfinite(v)
    )
    return (
        Judgement(Verdict.FAILED, silent, {}) if silent else Judgement.of({}, (), against=against)
    )


def _step(predicted: Mapping[str, Any], measured: Mapping[str, Any]) -> Table:
    rows = [("", "predicted", "measured")]
    for part in PARTS:
        most = max(own[part] for own in measured["bytes"])
        rows.append((f"{part}, MB", f"{predicted['bytes'][part] / 1e6:.1f}", f"{most / 1e6:.1f}"))
    taken = "none made" if measured["step_s"] is None else f"{measured['step_s']:.3g}"
    rows.append(("a step, s", f"{predicted['step_s']:.3g}", taken))
    spent = max(measured["rehearsed_cpu_s"])
    return [*rows, ("a step, CPU s of a rank", f"{predicted['step_cpu_s']:.3g}", f"{spent:.3g}")]


def _tried(tried: Sequence[Mapping[str, Any]]) -> Table:
    rows = [("layout", "step, s", "predicted", "MB a rank", "predicted", "waits")]
    for own in tried:
        size, expected = f"{own['bytes'] / 1e6:.1f}", f"{own['predicted_bytes'] / 1e6:.1f}"
        times = f"{own['step_s']:.3g}", f"{own['predicted_s']:.3g}"
        rows.append((own["layout"], *times, size, expected, _waits(own["waits"])))
    return rows


def _waits(own: Mapping[str, Any]) -> str:
    if "idle" in own:
        return f"{own['idle']:.0%} idle, {own['bubble']:.0%} by formula"
    if "buckets" in own:
        hidden = own["buckets"]["hidden"]
        return "exchange lost in noise" if hidden is None else f"{hidden:.0%} of exchange hidden"
    return f"{own['summed_bytes'] / 1e6:.1f} MB summed" if "summed_bytes" in own else ""


def _alone(alone: Mapping[str, Any]) -> list[str]:
    """Describe the first steps compared with those of one process."""
    how = "equal" if alone["equal"] else "not equal"
    share, most = alone["parallel_share"], alone["parallel_share"]["most"]
    bound = "no bound" if most is None else f"at most {most:.3g} times with any number"
    return [
        f"Losses of the first steps and those of one process are {how}: at most "
        f"{alone['distance']:.1g} apart.",
        f"{alone['speedup']:.2f} times as fast as one process; all workers do "
        f"{share['value']:.0%} of a step ({share['low']:.0%} to {share['high']:.0%}): {bound}, "
        "by Amdahl's law.",
    ]
