"""Entries of the ledger that belong to one run: its creation, replays and sign-offs."""

from collections.abc import Iterable

from ingenium.trust.records import Entry


def related(entries: Iterable[Entry], evidence: str) -> list[Entry]:
    """Select entries that name a run's evidence, its searches, and sign-offs of all these."""
    everything = list(entries)
    bodies = {e.hash: e.table for e in everything}
    searches = {b.get("search") for b in bodies.values() if b.get("evidence") == evidence}
    found = {
        h
        for h, b in bodies.items()
        if b.get("evidence") == evidence or (b.get("search") and b["search"] in searches)
    }
    for entry in everything:  # in order, so that a sign-off of a sign-off is found too
        if entry.kind == "sign-off" and bodies[entry.hash].get("entry") in found:
            found.add(entry.hash)
    return [entry for entry in everything if entry.hash in found]
