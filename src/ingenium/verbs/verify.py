"""Measure files of the field and judge them against a spec, whatever their origin."""

from collections.abc import Iterable
from pathlib import Path

from ingenium import __version__
from ingenium.core import spec as specs
from ingenium.core.digest import digest
from ingenium.core.evidence import engines
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.runs import audit
from ingenium.runs.export import content_digest
from ingenium.trust.ledger import Ledger, ledger_or_own


def verify(
    what: Spec | str, files: str | Path | Iterable[str | Path], *, ledger: Ledger | None = None
) -> audit.Audit:
    """Measure files and judge them against a spec, or against a problem's own limits.

    Args:
        what: a spec, or the name of a problem.
        files: in any of the problem's formats.
        ledger: ledger that records it.
    """
    spec = Spec(problem=what) if isinstance(what, str) else what
    paths = [Path(files)] if isinstance(files, str | Path) else [Path(f) for f in files]
    with ledger_or_own(ledger) as book:
        problem = open_problem(spec)
        found = audit.audit(problem, spec, paths, book)
        body = {
            "problem": found.problem,
            "engines": engines(problem),
            "spec": digest(specs.as_table(spec)),
            "files": {str(p): content_digest(p) for p in paths},
            "verdicts": [d.verdict for d in found.designs],
            "altered": list(found.altered),
            "version": __version__,
        }
        book.append("verify", body)
    return found
