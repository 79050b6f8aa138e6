"""Stored head-to-head comparisons: their tables, and the winners."""

from blocks import ROOT
from ingenium.comparison.head_to_head_table import HeadToHeadTable

RESULTS = ROOT / "benchmarks" / "results"
NONE = "No contest is stored yet."


def head_to_head(name: str) -> str:
    """The table of the comparison on a problem."""
    found = stored(name)
    return NONE if found is None else found.markdown()


def stored(name: str) -> HeadToHeadTable | None:
    """The comparison on a problem or a setup of it (`structures.unit_cell.two_phases`)."""
    path = RESULTS / f"head_to_head_{name}.json"
    return HeadToHeadTable.load(path) if path.is_file() else None


def setups(name: str) -> list[HeadToHeadTable]:
    """The comparisons on all setups of a problem, the usual one first."""
    others = sorted(RESULTS.glob(f"head_to_head_{name}.*.json"))
    return [
        HeadToHeadTable.load(p)
        for p in (RESULTS / f"head_to_head_{name}.json", *others)
        if p.exists()
    ]
