"""Stored head-to-head comparisons: their tables, and the winners."""

from blocks import ROOT
from ingenium.comparison.contest_table import ContestTable

RESULTS = ROOT / "benchmarks" / "results"
NONE = "No contest is stored yet."


def contest(name: str) -> str:
    """The table of the comparison on a problem."""
    found = stored(name)
    return NONE if found is None else found.markdown()


def stored(name: str) -> ContestTable | None:
    """The comparison on a problem or a setup of it (`structures.unit_cell.two_phases`)."""
    path = RESULTS / f"contest_{name}.json"
    return ContestTable.load(path) if path.is_file() else None


def setups(name: str) -> list[ContestTable]:
    """The comparisons on all setups of a problem, the usual one first."""
    others = sorted(RESULTS.glob(f"contest_{name}.*.json"))
    return [ContestTable.load(p) for p in (RESULTS / f"contest_{name}.json", *others) if p.exists()]
