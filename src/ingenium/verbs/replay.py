"""Replay a design of a finished run from its record, and open the run from its folder."""

from pathlib import Path

from ingenium import __version__
from ingenium.core.digest import file_digest
from ingenium.core.evidence import engines
from ingenium.domains import open_problem
from ingenium.runs import replay as replaying
from ingenium.runs.opened import OpenedRun
from ingenium.runs.opened import open_run as opened
from ingenium.trust.ledger import Ledger, ledger_or_own


def open_run(folder: str | Path) -> OpenedRun:
    """A finished run, or the result of a search, as it lies in its folder.

    Raises:
        InputError: if no finished run lies there.
        CorruptError: if a file of it is not what the run wrote.
    """
    return opened(Path(folder), open_problem)


def replay(out: str | Path, design: int, *, ledger: Ledger | None = None) -> replaying.Replay:
    """Propose and measure one design of a finished run again; says whether its evidence holds."""
    folder = Path(out)
    spec = replaying.recorded_spec(folder)
    with ledger_or_own(ledger) as book:
        problem = open_problem(spec)
        found = replaying.replay(problem, spec, folder, design, book)
        body = {
            "problem": found.problem,
            "engines": engines(problem),
            "design": design,
            "evidence": file_digest(folder / "evidence.jsonl"),
            "holds": found.holds,
            "broken": [c.part for c in found.checks if not c.holds],
            "version": __version__,
        }
        book.append("replay", body)
    return found
