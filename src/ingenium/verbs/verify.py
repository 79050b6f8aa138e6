"""Measure files of the field and judge them against a spec, whatever their origin."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ingenium import __version__
from ingenium.core import spec as specs
from ingenium.core.digest import digest, path_digest
from ingenium.core.evidence import engines
from ingenium.core.folders import staged, write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import code_digest
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.report import judged_page
from ingenium.runs import audit, judged
from ingenium.trust.ledger import Ledger, ledger_or_own


def verify(
    what: Spec | str, files: str | Path | Iterable[str | Path], *, ledger: Ledger | None = None
) -> audit.Audit:
    """Measure files and judge them against a spec, or against a problem's own limits.

    Args:
        what: a spec, or the name of a problem.
        files: in any of the problem's formats.
        ledger: ledger that records it.

    Examples:
        >>> import ingenium
        >>> from pathlib import Path
        >>> audit = ingenium.verify("structures.roof", Path("roof/designs"))
        >>> {one.verdict.value for one in audit.designs}
        {'accepted'}
    """
    spec, paths = _inputs(what, files)
    with ledger_or_own(ledger) as book:
        problem = open_problem(spec)
        found = audit.audit(problem, spec, paths, book)
        body = {
            "problem": found.problem,
            "engines": engines(problem),
            "spec": digest(specs.as_table(spec)),
            "files": {str(p): path_digest(p) for p in paths},
            "verdicts": [d.verdict for d in found.designs],
            "altered": list(found.altered),
            "version": __version__,
        }
        book.append("verify", body)
    return found


def judge(
    what: Spec | str,
    folders: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    compare_known: bool = True,
    overwrite: bool = False,
    ledger: Ledger | None = None,
    watch: Watch = silent,
) -> judged.FolderJudgements:
    """Judge folders of files from any tools, and write one report on them.

    Args:
        what: a spec, or the name of a problem, whose own limits count then.
        folders: folders with files of the problem's formats, at any depth, or single files.
        out: output folder: `report.html`, `designs.csv` and `judged.json`.
        compare_known: whether accepted designs are compared with the problem's known ones.
        overwrite: replace another finished judgement in `out`.
        ledger: ledger that records it.
        watch: called with a stage, what is done of it, and its total.

    Raises:
        InputError: for a folder that is missing, or in which no file can be read.
        StorageError: if `out` cannot be written.

    Examples:
        >>> import ingenium
        >>> found = ingenium.judge("structures.roof", "roof/designs", "judged", compare_known=False)
        >>> found.accepted == len(found.designs)
        True
    """
    spec, paths = _inputs(what, folders)
    with ledger_or_own(ledger) as book:
        problem = open_problem(spec)
        digests = {str(p): path_digest(p) for p in paths if p.exists()}
        identity = digest([specs.as_table(spec), digests, compare_known, code_digest()])
        with staged(Path(out), identity, overwrite=overwrite) as part:
            known = None
            if compare_known:
                problem.prepare(watch)
                known = problem.data()
            found = judged.judge(problem, spec, paths, known=known, watch=watch)
            judged_page.write(found, part)
            write_atomic(part / "judged.json", json.dumps(asdict(found), indent=1) + "\n")
            counts = {f.folder: [f.designs, f.accepted, len(f.unreadable)] for f in found.folders}
            body = {
                "problem": found.problem,
                "engines": engines(problem),
                "spec": digest(specs.as_table(spec)),
                "files": digests,
                "folders": counts,
                "version": __version__,
            }
            book.append("verify", body)
    return found


def _inputs(what: Spec | str, files: str | Path | Iterable[str | Path]) -> tuple[Spec, list[Path]]:
    """Return the spec, and the paths as a list."""
    spec = Spec(problem=what) if isinstance(what, str) else what
    return spec, [Path(files)] if isinstance(files, str | Path) else [Path(f) for f in files]
