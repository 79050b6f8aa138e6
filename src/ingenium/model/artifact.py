"""The artifact of `model`: a model of a process, its checks, its constants and its forecast."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ingenium.core.artifact import Artifact, Table, listed
from ingenium.model.lack_of_fit import LackOfFit
from ingenium.model.searched import HELD
from ingenium.model.spec import ModelSpec

DRAWS, FORECAST, DATA = "constants.csv", "forecast.csv", "data.csv"
CONSTANTS = {
    "constant": "{name}",
    "median": "{q50:.3g}",
    "50 %": "{q25:.3g} to {q75:.3g}",
    "90 %": "{q05:.3g} to {q95:.3g}",
    "unit": "{unit}",
}
CANDIDATES = {
    "family": "{title}",
    "constants": "{constants}",
    "AICc behind the best": "{behind:.1f}",
    "assumes": "{assumed}",
}
CHECKS = {"check": "{name}", "passed": "{passed}", "found": "{found}"}
LAWS = {
    "column": "{column}",
    "growth by its size, of columns over their mean": "{text}",
    "misfit": "{misfit:.2f}",
    "complexity": "{complexity}",
}
NEAR = 10.0  # of AICc behind the best, up to which assumptions of a family are listed


class StoredModel(Artifact):
    """A process model in its folder."""

    what = "a process model"
    file = "model.json"
    made_by = "ingenium model WORDS --data FILE"
    remade_by = "ingenium.verbs.model:replay"
    parts: ClassVar = {k: (k,) for k in ("model", "candidates", "constants", "forecast")}

    def sealed(self) -> Mapping[str, str]:
        """The input table, samples of the constants, and the forecast."""
        return {n: self.record["evidence"][n] for n in (DRAWS, FORECAST, DATA)}

    @property
    def spec(self) -> ModelSpec:
        """The words, and the settings of the fit."""
        return ModelSpec(**self.record["requested"])

    @property
    def title(self) -> str:
        """The words of the request."""
        return str(self.record["requested"]["words"])

    @property
    def lead(self) -> str:
        """The model and its verdict."""
        return f"{self.record['title']}: {self.verdict}"

    @property
    def notes(self) -> Sequence[str]:
        """Notes on the forecast, the steady states, laws found again, and open questions."""
        keys = ("found_again", "rest", "cannot_say", "left_out")
        smooth = self.record["lack_of_fit"]
        power = () if smooth is None else (f"Lack of fit: {LackOfFit(**smooth).reported}.",)
        return (self.record["plain"], *power, *(text for k in keys for text in self.record[k]))

    def tables(self) -> Sequence[tuple[str, Table]]:
        """The model, its constants, rival families and checks."""
        own = self.record
        model = [("part", "what"), *(("equation", e) for e in own["equations"])]
        constants = [{"name": k, **v} for k, v in own["constants"].items()]
        found: list[tuple[str, Table]] = [
            ("The model", [*model, *(("assumes", a) for a in own["assumptions"])]),
            ("Constants with intervals", listed(constants, CONSTANTS)),
            ("Families that were tried", listed(_near(own["candidates"]), CANDIDATES)),
            ("Checks", listed(own["checks"], CHECKS)),
        ]
        if own["laws"]:
            heading = f"Rates that the search of laws found, in 1/{own['time_unit']}"
            laws = [{**law, "text": _plain(law["text"])} for law in own["laws"]]
            found.append((heading, listed(laws, LAWS)))
        return found


def _near(candidates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List candidates near the best, with their assumptions in words."""
    return [
        {**c, "assumed": " ".join(c["assumptions"]) if c["behind"] <= NEAR else ""}
        for c in candidates
    ]


def _plain(text: str) -> str:
    """Return the formula of a SymPy file with its constants filled in, to four digits."""
    lines = [x for x in text.splitlines() if not x.startswith("#")]
    held = {m[1]: m[2] for m in map(HELD.fullmatch, lines[:-1]) if m}
    formula = lines[-1].partition(" = ")[2]
    formula = re.sub(r"\bc\d+\b", lambda m: held.get(m[0], m[0]), formula)
    formula = re.sub(r"\d+\.\d+(?:e[+-]\d+)?", lambda m: f"{float(m[0]):.4g}", formula)
    return formula.replace("+ -", "- ")
