"""Checks that must pass before a run is published, and required sign-offs.

Each check uses the folder of the run, its entry in the ledger, and the list of signers. A failed
check blocks, and the attempt is an entry of the ledger as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ingenium.core import evidence
from ingenium.core.digest import file_digest
from ingenium.core.errors import InputError
from ingenium.governance import crate
from ingenium.governance.reading import engine_of
from ingenium.trust.ledger import Ledger
from ingenium.trust.records import GENESIS, Entry
from ingenium.trust.signoff import Signer, SignOff, State, check_sign_offs, namespace

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


@dataclass(frozen=True)
class GateCheck:
    """One check and its finding."""

    name: str
    held: bool
    said: str


def checks(asked: GateRequest) -> tuple[GateCheck, ...]:
    """Run every check, in order.

    Raises:
        InputError: if the folder has no run, or no sign-off is required.
    """
    if not asked.roles:
        raise InputError("a role in which somebody must have signed", "none", "Write --as safety.")
    for role in asked.roles:
        namespace(role)
    file = asked.run / "evidence.jsonl"
    if not file.is_file():
        raise InputError("the folder of a run, or `result` of a search", str(asked.run))
    digest = file_digest(file)
    runs = [e for kind in crate.RUNS for e in asked.ledger.entries(kind)]
    own = [e for e in runs if e.table.get("evidence") == digest]
    entry = own[-1] if own else None
    return tuple(GateCheck(name, *check(asked, entry)) for name, check in CHECKS.items())


def publish(asked: GateRequest, out: Path) -> tuple[GateCheck, ...]:
    """Write the crate of a run if every check passes, and nothing otherwise.

    Raises:
        InputError: as `checks` and `crate.write` do.
        StorageError: if the crate or the entry cannot be written.
    """
    found = checks(asked)
    good = held(found)
    if good:
        crate.write(asked.run, list(asked.ledger.walk()), out)
    asked.ledger.append(
        KIND,
        {
            "evidence": file_digest(asked.run / "evidence.jsonl"),
            "published": good,
            "roles": list(asked.roles),
            "checks": [{"name": c.name, "held": c.held, "said": c.said} for c in found],
        },
    )
    return found


def _chain(asked: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the ledger is intact."""
    faults = asked.ledger.check(asked.anchor)
    anchored = "" if asked.anchor == GENESIS else ", with the anchor in it"
    return not faults, str(faults[0]) if faults else f"the chain is intact{anchored}"


def _recorded(asked: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the ledger has the run with this evidence."""
    if entry is None:
        return False, "no entry of the ledger has this evidence"
    return True, f"entry {entry.sequence}, by {entry.actor}"


def _files(asked: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that every file matches its entry."""
    wrote = None if entry is None else entry.table.get("wrote")
    if not isinstance(wrote, Mapping):
        return False, "the ledger does not say which files were written"
    now = evidence.written(asked.run)
    later = LATER if entry is not None and entry.kind == "search-end" else ()
    new = [k for k in now if k not in wrote and k in crate.WHAT and k not in later]
    wrong = [k for k in wrote if now.get(k) != wrote[k] and k not in later]
    if new or wrong:
        return False, f"not what was written: {', '.join(sorted([*new, *wrong]))}"
    return True, f"{len(wrote)} are what was written"


def _complete(asked: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that each design names its origin and the engine that measured it."""
    records = evidence.read(asked.run / "evidence.jsonl")
    for record in records:
        engine = engine_of(record)
        named = engine.get("engine") and engine.get("engine_version")
        absent = [k for k in FILLED if not record.get(k)] + [k for k in THERE if k not in record]
        if absent or not named:
            what = ", ".join([*absent, *([] if named else ["engine"])])
            return False, f"design {record['design']} does not say: {what}"
    return True, f"{len(records)} records of evidence are complete"


def _licence(asked: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the licence is stated."""
    records = evidence.read(asked.run / "evidence.jsonl")
    stated = {str(r.get("data_licence") or "").strip() for r in records}
    return ("" not in stated), "; ".join(sorted(stated - {""})) or "no licence is stated"


def _energy(asked: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that the run states its resources."""
    took = crate.record(asked.run)["energy"]
    last = took[-1] if isinstance(took, list) and took else took
    if not isinstance(last, Mapping) or not last.get("method"):
        return False, "no energy is recorded"
    return True, str(last["method"])


def _signed(asked: GateRequest, entry: Entry | None) -> tuple[bool, str]:
    """Check that an authorised person signed in each role, and none refused since."""
    if entry is None:
        return False, "there is no entry to sign"
    signed = [
        s
        for s in check_sign_offs(asked.ledger, asked.signers)
        if s.state is State.VALID and s.entry.table["entry"] == entry.hash
    ]
    last = {(s.entry.table["role"], s.entry.actor): s for s in signed}  # the later one counts
    refused = [s for s in last.values() if s.entry.table["decision"] != "approved"]
    by_role = {role: s for (role, _), s in last.items()}
    absent = [role for role in asked.roles if role not in by_role]
    if refused:
        return False, f"refused: {', '.join(map(_who, refused))}"
    if absent:
        return False, f"nobody on the list has signed as {', '.join(absent)}"
    return True, ", ".join(_who(by_role[role]) for role in asked.roles)


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
    }
)
PRINCIPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(  # limits that a check enforces
    {
        "transparency and disclosure": ("evidence", "recorded", "files"),
        "accountability": ("signed", "chain"),
        "equitable access": ("licence",),
        "linguistic diversity": (),
        "iterative literacy": (),
        "adaptive governance": (),
    }
)


def held(found: Sequence[GateCheck]) -> bool:
    """True if every check passed."""
    return all(check.held for check in found)
