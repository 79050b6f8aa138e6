"""The ledger as W3C PROV: agents, activities, and the entities that they used and generated.

Each entry is an activity that its actor was associated with. Its inputs (spec, data, model) are
entities named by their digest; its results are entities of their own, each a specialisation of its
digest, since a repeated run gives the same content a second time. The record of an entry is an
entity too, derived from the record before it: the chain.

Source: W3C, PROV-DM, PROV-N and the member submission PROV-JSON, 2013.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingenium.core.errors import choose
from ingenium.core.folders import write_atomic
from ingenium.core.packages import Extra
from ingenium.trust.ledger import about
from ingenium.trust.records import GENESIS, Entry
from ingenium.trust.wording import engines_of, reported

PACKAGES = Extra("audit")
SPACES = {
    "ing": "urn:ingenium:term:",
    "entry": "urn:ingenium:entry:",
    "digest": "urn:ingenium:sha256:",
    "actor": "urn:ingenium:actor:",
    "software": "urn:ingenium:software:",
    "engine": "urn:ingenium:engine:",
}
USED = ("spec", "system", "data", "model")
MADE = ("evidence", "designs")
LOOKED = ("replay", "publish")  # kinds of entries that use evidence and produce none
FORMS = ("prov-json", "prov-n")
Document = Any  # prov.model.ProvDocument


def write(entries: Iterable[Entry], path: Path, form: str) -> int:
    """Write entries to a file as `prov-json` or `prov-n`; return their number.

    Raises:
        MissingExtra: if the package `prov` is not installed.
        StorageError: if it cannot be written.
    """
    choose(form, FORMS, "form of PROV")
    chosen = list(entries)
    made = document(chosen)
    text = made.serialize(format="json", indent=1) if form == "prov-json" else made.get_provn()
    write_atomic(path, text + "\n")
    return len(chosen)


def document(entries: Iterable[Entry]) -> Document:
    """Entries as a document of PROV."""
    model = PACKAGES.package("prov.model")
    made = model.ProvDocument()
    for prefix, uri in SPACES.items():
        made.add_namespace(prefix, uri)
    known: set[str] = set()
    searches: dict[str, str] = {}
    for entry in entries:
        body = entry.table
        activity = f"entry:{entry.sequence}"
        made.activity(activity, None, entry.time, _attributes(made, entry))
        _agents(made, known, entry, body, activity)
        _used(made, known, entry, body, activity)
        _given(made, known, entry, body, activity)
        _record(made, known, entry, activity)
        if entry.kind == "search" and "search" in body:
            searches[body["search"]] = activity
        if entry.kind == "search-end" and body.get("search") in searches:
            made.wasInformedBy(activity, searches[body["search"]])
    return made


def _attributes(made: Document, entry: Entry) -> dict[str, Any]:
    kind = made.valid_qualified_name(f"ing:{entry.kind}")
    found = {"prov:label": reported(entry) or entry.kind, "prov:type": kind}
    problem = about(entry)
    return found | ({"ing:problem": problem} if problem else {})


def _agents(
    made: Document, known: set[str], entry: Entry, body: Mapping[str, Any], activity: str
) -> None:
    """Add the actor, and the version of this package that acted for it."""
    actor = f"actor:{quote(entry.actor, safe='')}"
    if _new(known, actor):
        made.agent(actor, {"prov:label": entry.actor})
    made.wasAssociatedWith(activity, actor)
    if isinstance(version := body.get("version"), str):
        software = f"software:ingenium-{quote(version, safe='')}"
        if _new(known, software):
            kind = made.valid_qualified_name("prov:SoftwareAgent")
            made.agent(software, {"prov:type": kind, "prov:label": f"ingenium {version}"})
        made.wasAssociatedWith(activity, software)
        if _new(known, f"{software} {actor}"):
            made.actedOnBehalfOf(software, actor)
    for tier, name in engines_of(entry):
        engine = f"engine:{quote(name, safe='')}"
        if _new(known, engine):
            kind = made.valid_qualified_name("prov:SoftwareAgent")
            made.agent(engine, {"prov:type": kind, "prov:label": name})
        made.wasAssociatedWith(activity, engine, None, None, {"prov:role": tier})


def _used(
    made: Document, known: set[str], entry: Entry, body: Mapping[str, Any], activity: str
) -> None:
    """Add the inputs of an entry, by their digests."""
    names = {name: body.get(name) for name in USED if not (entry.kind == "fit" and name == "model")}
    if entry.kind in LOOKED:
        names["evidence"] = body.get("evidence")
    if entry.kind == "sign-off":
        names["signed entry"] = body.get("entry")
    if isinstance(files := body.get("files"), dict):
        names |= {f"file {place}": digest for place, digest in files.items()}
    for role, digest in names.items():
        if (entity := _entity(made, known, digest)) is not None:
            made.used(activity, entity, None, None, {"prov:role": role})


def _given(
    made: Document, known: set[str], entry: Entry, body: Mapping[str, Any], activity: str
) -> None:
    """Add the results of an entry."""
    if entry.kind in LOOKED:
        return
    for name in (*MADE, *(["model"] if entry.kind == "fit" else [])):
        if (entity := _entity(made, known, body.get(name))) is not None:
            own = f"entry:{entry.sequence}-{name}"
            made.entity(own, {"prov:label": name})
            made.wasGeneratedBy(own, activity, entry.time)
            made.specializationOf(own, entity)


def _record(made: Document, known: set[str], entry: Entry, activity: str) -> None:
    """Add the record of an entry, derived from the one before it."""
    record = _entity(made, known, entry.hash)
    made.wasGeneratedBy(record, activity, entry.time)
    if entry.previous != GENESIS:
        made.wasDerivedFrom(record, _entity(made, known, entry.previous))


def _entity(made: Document, known: set[str], digest: object) -> str | None:
    """The entity of a digest; None without a digest."""
    if not isinstance(digest, str) or not digest.startswith("sha256:"):
        return None
    name = f"digest:{digest.removeprefix('sha256:')}"
    if _new(known, name):
        made.entity(name, {"ing:digest": digest})
    return name


def _new(known: set[str], name: str) -> bool:
    fresh = name not in known
    known.add(name)
    return fresh
