"""Checks that must pass before a run is published, and required sign-offs.

Each check uses the folder of the run, its entry in the ledger, and the list of signers. A failed
check blocks, and the attempt is an entry of the ledger as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from ingenium.core import evidence
from ingenium.core.digest import file_digest
from ingenium.core.errors import InputError
from ingenium.governance import crate, principles
from ingenium.governance.principles import PublishedText
from ingenium.governance.reading import engine_of
from ingenium.trust.ledger import Ledger
from ingenium.trust.records import GENESIS, Entry
from ingenium.trust.signoff import (
    Signer,
    SignOff,
    State,
    check_sign_offs,
    namespace,
    work_minutes,
)

KIND = "publish"
LATER = ("report.html",)  # of a search, whose report is written after its entry
FILLED = ("problem", "spec", "code", "version", "replay", "design_digest", "verdict")
THERE = ("seed", "data", "model", "system", "measured", "margins")


@dataclass(frozen=True)
class GateRequest:
    """A run to publish, and its requirements."""

    run: Path
    ledger: Ledger
    signers: Sequence[Signer]
    roles: tuple[str, ...]  # each of which requires a signature
    anchor: str = GENESIS
    today: date = field(default_factory=date.today)

    @cached_property
    def texts(self) -> tuple[PublishedText, ...]:
        """Texts for readers that the run exported."""
        return principles.texts(self.run)


@dataclass(frozen=True)
class GateCheck:
    """One check and its finding."""

    name: str
    passed: bool
    said: str


def checks(requested: GateRequest) -> tuple[GateCheck, ...]:
    """Run every check, in order.

    Raises:
        InputError: if the folder has no run, or no sign-off is required.
    """
    if not requested.roles:
        raise InputError("a role in which somebody must have signed", "none", "Write --as safety.")
    for role in requested.roles:
        namespace(role)
    file = requested.run / "evidence.jsonl"
    if not file.is_file():
        raise InputError("the folder of a run, or `result` of a search", str(requested.run))
    digest = file_digest(file)
    runs = [e for kind in crate.RUNS for e in requested.ledger.entries(kind)]
    own = [e for e in runs if e.table.get("evidence") == digest]
    entry = own[-1] if own else None
    return tuple(GateCheck(name, *check(requested, entry)) for name, check in CHECKS.items())


def publish(requested: GateRequest, out: Path) -> tuple[GateCheck, ...]:
    """Write the crate of a run if every check passes, and nothing otherwise.

    Raises:
        InputError: as `checks` and `crate.write` do.
        StorageError: if the crate or the entry cannot be written.
    """
    found = checks(requested)
    good = passed(found)
    if good:
        crate.write(requested.run, list(requested.ledger.walk()), out)
    requested.ledger.append(
        KIND,
        {
            "evidence": file_digest(requested.run / "evidence.jsonl"),
            "published": good,
            "roles": list(requested.roles),
            "checks": [{"name": c.name, "passed": c.passed, "said": c.said} for c in found],
        },
    )
    return found


def _chain(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the ledger is intact."""
    faults = requested.ledger.check(requested.anchor)
    anchored = "" if requested.anchor == GENESIS else ", with the anchor in it"
    return not faults, str(faults[0]) if faults else f"the chain is intact{anchored}"


def _recorded(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the ledger has the run with this evidence."""
    if entry is None:
        return False, "no entry of the ledger has this evidence"
    return True, f"entry {entry.sequence}, by {entry.actor}"


def _files(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that every file matches its entry."""
    wrote = None if entry is None else entry.table.get("wrote")
    if not isinstance(wrote, Mapping):
        return False, "the ledger does not say which files were written"
    now = evidence.written(requested.run)
    later = LATER if entry is not None and entry.kind == "search-end" else ()
    new = [k for k in now if k not in wrote and k in crate.WHAT and k not in later]
    wrong = [k for k in wrote if now.get(k) != wrote[k] and k not in later]
    if new or wrong:
        return False, f"not what was written: {', '.join(sorted([*new, *wrong]))}"
    return True, f"{len(wrote)} are what was written"


def _complete(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that each design names its origin and the engine that measured it."""
    records = evidence.read(requested.run / "evidence.jsonl")
    for record in records:
        engine = engine_of(record)
        named = engine.get("engine") and engine.get("engine_version")
        absent = [k for k in FILLED if not record.get(k)] + [k for k in THERE if k not in record]
        if absent or not named:
            what = ", ".join([*absent, *([] if named else ["engine"])])
            return False, f"design {record['design']} does not say: {what}"
    return True, f"{len(records)} records of evidence are complete"


def _licence(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the licence is stated."""
    stated = principles.licences(evidence.read(requested.run / "evidence.jsonl"))
    return ("" not in stated), "; ".join(sorted(stated - {""})) or "no licence is stated"


def _energy(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the run states its energy; the signers' minutes of work stand next to it."""
    took = crate.record(requested.run)["energy"]
    last = took[-1] if isinstance(took, list) and took else took
    if not isinstance(last, Mapping) or not last.get("method"):
        return False, "no energy is recorded"
    signed = [] if entry is None else [s.entry for s in _last_signed(requested, entry).values()]
    stated = [minutes for e in signed if (minutes := work_minutes(e)) is not None]
    work = f"{sum(stated)} minutes of people's work" if stated else "no work of people is stated"
    return True, f"{last['method']}; {work}"


def _signed(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that an authorised person signed in each role, and none refused since."""
    if entry is None:
        return False, "there is no entry to sign"
    last = _last_signed(requested, entry)
    refused = [s for s in last.values() if s.entry.table["decision"] != "approved"]
    by_role = {role: s for (role, _), s in last.items()}
    absent = [role for role in requested.roles if role not in by_role]
    if refused:
        return False, f"refused: {', '.join(map(_who, refused))}"
    if absent:
        return False, f"nobody on the list has signed as {', '.join(absent)}"
    return True, ", ".join(_who(by_role[role]) for role in requested.roles)


def _last_signed(requested: GateRequest, entry: Entry) -> dict[tuple[object, str], SignOff]:
    """Return the valid sign-offs of an entry, of each person the later one."""
    signed = [
        s
        for s in check_sign_offs(requested.ledger, requested.signers)
        if s.state is State.VALID and s.entry.table["entry"] == entry.hash
    ]
    return {(s.entry.table["role"], s.entry.actor): s for s in signed}


def _disclosed(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that each text says that a program wrote it."""
    faults = principles.disclosed(requested.texts)
    return principles.finding(
        requested.texts, faults, "each text discloses that a program wrote it"
    )


def _accountable(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that each text names a person who has approved the run in a required role."""
    last = _last_signed(requested, entry) if entry is not None else {}
    who = [
        s.entry.actor
        for (role, _), s in last.items()
        if s.entry.table["decision"] == "approved" and role in requested.roles
    ]
    faults = principles.accountable(requested.texts, who)
    return principles.finding(requested.texts, faults, "each text names a person who approved it")


def _readable(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that each text opens anywhere, as Markdown and as HTML."""
    faults = principles.readable(requested.texts)
    return principles.finding(requested.texts, faults, "each text is plain Markdown and HTML")


def _languages(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that each text is labelled, and its main fact given, in two languages at least."""
    faults = principles.in_languages(requested.texts)
    return principles.finding(requested.texts, faults, "label and facts in several languages")


def _limits(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that each text says what was not checked."""
    faults = principles.limits_stated(requested.texts)
    return principles.finding(requested.texts, faults, "each text says what was not checked")


def _review(requested: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the rules of each text are to be reviewed, and errors can be reported."""
    faults = principles.under_review(requested.texts, requested.today)
    return principles.finding(requested.texts, faults, "rules under review, and an address")


def _who(signed: SignOff) -> str:
    return f"{signed.entry.actor} as {signed.entry.table['role']}"


CHECKS: Mapping[str, Callable[[GateRequest, Entry | None], tuple[bool, str]]] = MappingProxyType(
    {
        "chain": _chain,
        "recorded": _recorded,
        "files": _files,
        "evidence": _complete,
        "licence": _licence,
        "energy": _energy,
        "signed": _signed,
        "disclosed": _disclosed,
        "accountable": _accountable,
        "readable": _readable,
        "languages": _languages,
        "limits": _limits,
        "review": _review,
    }
)
PRINCIPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(  # checks that enforce each
    {
        "transparency and disclosure": ("disclosed", "evidence", "recorded", "files"),
        "accountability": ("accountable", "signed", "chain"),
        "equitable access": ("readable", "licence"),
        "linguistic diversity": ("languages",),
        "iterative literacy": ("limits",),
        "adaptive governance": ("review",),
    }
)


def passed(found: Sequence[GateCheck]) -> bool:
    """True if every check passed."""
    return all(check.passed for check in found)
