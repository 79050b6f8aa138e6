"""Contests that are stored: their tables, and who won them."""

from blocks import ROOT

from ingenium.contest.table import ContestTable

NONE = "No contest is stored yet."


def contest(name: str) -> str:
    """The table of the contest on a problem."""
    found = stored(name)
    return NONE if found is None else found.markdown()


def stored(name: str) -> ContestTable | None:
    """The contest on a problem."""
    path = ROOT / "benchmarks" / "results" / f"contest_{name}.json"
    return ContestTable.load(path) if path.is_file() else None
