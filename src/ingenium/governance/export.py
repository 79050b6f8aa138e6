"""Export of the ledger, or the part of it that belongs to a run, in one of several formats."""

from pathlib import Path

from ingenium.core.digest import file_digest
from ingenium.core.errors import InputError, choose
from ingenium.core.folders import write_atomic
from ingenium.governance import crate, prov
from ingenium.trust.ledger import Ledger
from ingenium.trust.records import to_line
from ingenium.trust.related import related

LINES, CRATE = "jsonl", "ro-crate"


def export(ledger: Ledger, path: Path, form: str = LINES, run: Path | None = None) -> int:
    """Write entries as `jsonl`, `prov-json`, `prov-n` or, with their run, `ro-crate`.

    Return the number of entries. A part of a ledger is no chain: only the whole can be checked.

    Raises:
        InputError: for an unknown format, or a folder that is no run.
        MissingExtra: if the packages of the extra `audit` are not installed.
        StorageError: if it cannot be written.
    """
    choose(form, (LINES, *prov.FORMS, CRATE), "form")
    if run is None:
        if form == CRATE:
            raise InputError("a run for the crate", "none", "Write --run FOLDER.")
        return ledger.export(path) if form == LINES else prov.write(ledger.walk(), path, form)
    if form == CRATE:
        return crate.write(run, list(ledger.walk()), path)
    evidence = run / "evidence.jsonl"
    if not evidence.is_file():
        raise InputError("the folder of a run, or `result` of a search", str(run))
    found = related(ledger.walk(), file_digest(evidence))
    if form == LINES:
        write_atomic(path, "".join(to_line(e) + "\n" for e in found))
        return len(found)
    return prov.write(found, path, form)
