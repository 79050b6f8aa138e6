"""The report of a ledger: requests, actors, inputs, results and sign-offs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ingenium.core.folders import write_atomic
from ingenium.trust.ledger import Ledger, about
from ingenium.trust.records import GENESIS, Entry, Fault
from ingenium.trust.signoff import Signer, SignOff, check_sign_offs
from ingenium.trust.wording import engines_of, refuses, reported, request_of, short

RUNS = ("proposal", "search-end")
VERDICTS = ("accepted", "rejected", "failed")
NAMED = (
    *("strategy", "family", "model", "data_licence", "data", "spec", "system", "evidence"),
    *("code", "seed", "version"),
)
MOST = 500  # entries in the table of all


@dataclass(frozen=True)
class PageRow:
    """A run of the ledger as a row of the report."""

    entry: Entry
    problem: str
    engine: str
    counts: tuple[tuple[str, int, float], ...]  # verdict, designs, share
    facts: tuple[tuple[str, str], ...]
    signed: tuple[SignOff, ...]


def write(
    ledger: Ledger, path: Path, *, signers: Sequence[Signer] = (), anchor: str = GENESIS
) -> int:
    """Write the report of a ledger; return the number of its entries.

    Raises:
        CorruptError: if the ledger cannot be read.
        StorageError: if the report cannot be written.
    """
    entries = list(ledger.walk())
    text = render(
        ledger.store.where,
        entries,
        ledger.check(anchor),
        check_sign_offs(ledger, signers),
        anchored=anchor != GENESIS,
    )
    write_atomic(path, text)
    return len(entries)


def render(
    where: str,
    entries: Sequence[Entry],
    faults: Sequence[Fault],
    signed: Sequence[SignOff],
    *,
    anchored: bool,
) -> str:
    """Return the report as HTML."""
    runs = [_row(e, entries, signed) for e in entries if e.kind in RUNS]
    return _template().render(
        where=where,
        entries=[(e, about(e) or "", reported(e), short(e.hash)) for e in entries[-MOST:][::-1]],
        count=len(entries),
        head=entries[-1].hash if entries else GENESIS,
        kinds=Counter(e.kind for e in entries).most_common(),
        actors=Counter(e.actor for e in entries).most_common(),
        faults=[str(f) for f in faults],
        anchored=anchored,
        runs=runs[::-1],
        refusals=[(e, about(e) or "", reported(e)) for e in entries if refuses(e)][::-1],
        signed=signed[::-1],
        first=entries[0].time if entries else "",
        last=entries[-1].time if entries else "",
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("ingenium.governance", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"short": short, "day": lambda time: time[:19].replace("T", " ")}
    return environment.get_template("ledger.html.jinja")


def _row(entry: Entry, entries: Sequence[Entry], signed: Sequence[SignOff]) -> PageRow:
    body = entry.table
    begun = _begun(body, entries)
    whole = begun | body
    total = sum(int(whole.get(v, 0)) for v in VERDICTS)
    facts = tuple((k, str(whole[k])) for k in NAMED if whole.get(k) not in (None, ""))
    return PageRow(
        entry=entry,
        problem=str(whole.get("problem", "")),
        engine=_engine(entry, whole),
        counts=tuple((v, int(whole[v]), int(whole[v]) / total) for v in VERDICTS if v in whole)
        if total
        else (),
        facts=(*request_of(whole), *facts),
        signed=tuple(s for s in signed if s.entry.table.get("entry") == entry.hash),
    )


def _engine(entry: Entry, whole: Mapping[str, Any]) -> str:
    """Name of the engine; old entries without a list of engines name one at most."""
    named = ", ".join(f"{name} ({tier})" for tier, name in engines_of(entry))
    return named or str(whole.get("engine", ""))


def _begun(body: dict[str, Any], entries: Sequence[Entry]) -> dict[str, Any]:
    """Data of the entry with which a search began."""
    if "search" not in body:
        return {}
    stored = [e.table for e in entries if e.kind == "search"]
    return next((b for b in stored[::-1] if b.get("search") == body["search"]), {})
