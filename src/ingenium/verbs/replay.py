"""Open the artifact in a folder, and reproduce it to check its record."""

from pathlib import Path

from ingenium import __version__
from ingenium.core.artifact import Artifact, Replay
from ingenium.core.digest import file_digest
from ingenium.core.evidence import engines
from ingenium.domains import open_problem
from ingenium.runs.artifacts import RUN_RECORDS, open_artifact, record_in
from ingenium.trust.ledger import Ledger, ledger_or_own


def open_run(folder: str | Path) -> Artifact:
    """Open the artifact in a folder: a run, the result of a search, a monitor, a posterior, ...

    Every kind has `folder`, `record`, `spec`, `verdict`, `reasons`, `values` and `replay`.

    Raises:
        InputError: if none lies there, or one of an older version.
        CorruptError: if one of its files was changed.

    Examples:
        >>> import ingenium
        >>> run = ingenium.open_run("roof")
        >>> run.verdict.value
        'accepted'
        >>> run.spec.problem
        'structures.roof'
    """
    return open_artifact(Path(folder))


def replay(out: str | Path, design: int = 0, *, ledger: Ledger | None = None) -> Replay:
    """Reproduce an artifact, and report which parts of its record are confirmed.

    Args:
        out: its folder.
        design: number of the design to propose and measure again, for a run.
        ledger: where the replay of a design is noted.

    Raises:
        InputError: if the folder holds nothing that can be replayed.
        CorruptError: if its files were changed.

    Examples:
        >>> import ingenium
        >>> replay = ingenium.replay("roof", design=1)
        >>> replay.reasons
        ()
    """
    from ingenium.runs import replay as replaying  # with PyTorch, which opening does not need

    folder = Path(out)
    if record_in(folder) not in (None, *RUN_RECORDS):
        return open_artifact(folder).replay()
    spec = replaying.recorded_spec(folder)
    with ledger_or_own(ledger) as book:
        problem = open_problem(spec)
        found = replaying.replay(problem, spec, folder, design, book)
        body = {
            "problem": found.problem,
            "engines": engines(problem),
            "design": design,
            "evidence": file_digest(folder / "evidence.jsonl"),
            "reproduced": found.reproduced,
            "broken": found.broken,
            "version": __version__,
        }
        book.append("replay", body)
    return found
