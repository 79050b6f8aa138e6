"""A run as an RO-Crate: its folder, described so that other programs understand it.

The crate contains the folder as it is, its entries of the ledger, and the description
`ro-crate-metadata.json`: the run, its author, its engine, its inputs and results, and its signers.

Source: RO-Crate 1.1 (Zenodo 5146228); Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5); schema.org.
"""

import mimetypes
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingenium.core import evidence
from ingenium.core.digest import file_digest
from ingenium.core.errors import InputError
from ingenium.core.folders import make_folder, storing
from ingenium.core.packages import Extra
from ingenium.governance.reading import engine_of, said
from ingenium.trust.records import Entry, to_line
from ingenium.trust.related import related
from ingenium.trust.wording import reported

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
WHAT = {
    "spec.toml": "The request",
    "run.json": "Versions, digests, seed, machine, seconds and energy",
    "search.json": "How the search went",
    "summary.json": "Counts of verdicts, and how often each limit was met",
    "evidence.jsonl": "A record of evidence for each design",
    "designs.nc": "All designs with what was measured",
    "net.json": "The net that the days are for",
    "report.html": "The report",
    "model/model.safetensors": "Weights of the generator",
    "model/model.json": "What the weights are",
}
GIVEN = ("spec.toml",)
RUNS = ("proposal", "search-end")
MEDIA = {".jsonl": "application/jsonl", ".nc": "application/x-netcdf", ".toml": "application/toml"}
Crate = Any  # rocrate.rocrate.ROCrate


def write(run: Path, entries: Sequence[Entry], out: Path) -> int:
    """Write the crate of a run folder to a new folder, or to `NAME.zip`; return their number.

    Raises:
        InputError: if the folder is not one of a run, or `out` exists.
        MissingExtra: if the package `rocrate` is not installed.
        StorageError: if it cannot be written.
    """
    records = run / "evidence.jsonl"
    if not records.is_file():
        raise InputError("the folder of a run, or `result` of a search", str(run))
    if out.exists():
        raise InputError("a new folder or file for the crate", str(out), "Name another.")
    ours = related(entries, file_digest(records))
    with tempfile.TemporaryDirectory() as folder, storing(out):
        lines = Path(folder) / "ledger.jsonl"
        lines.write_text("".join(to_line(e) + "\n" for e in ours))
        crate = _crate(run, ours, lines)
        make_folder(out.parent)
        (crate.write_zip if out.suffix == ".zip" else crate.write)(out)
    return len(ours)


def _crate(run: Path, entries: Sequence[Entry], lines: Path) -> Crate:
    crate = Extra("audit").package("rocrate.rocrate").ROCrate(version="1.1")
    about = record(run)
    problem = about["problem"]
    crate.name = f"{problem}: {about['count']} designs, verified by {about['engine']}"
    crate.description = (
        f"A run of ingenium on the problem {problem}: what was asked, every design that was "
        "proposed with what the engine measured and how it was judged, and the evidence to "
        "repeat it."
    )
    crate.license = _licence(crate, about["licence"])
    page = crate.add_jsonld({"@id": PROFILE, "@type": "CreativeWork"})
    page["name"], page["version"] = "Process Run Crate", "0.5"
    crate.root_dataset["conformsTo"] = page
    files = _files(crate, run, lines)
    actions = _actions(crate, about, entries, files)
    crate.root_dataset["mentions"] = actions
    crate.root_dataset["author"] = _single([_person(crate, n) for n in _authors(entries)])
    return crate


def _authors(entries: Sequence[Entry]) -> list[str]:
    return list(dict.fromkeys(e.actor for e in entries if e.kind in RUNS))


def _files(crate: Crate, run: Path, lines: Path) -> dict[str, Any]:
    """Add every file of the folder, and the folder of designs as one."""
    added = {}
    for name, text in WHAT.items():
        if (run / name).is_file():
            added[name] = crate.add_file(run / name, name, properties=_about(run / name, text))
    text = "Entries of the ledger that belong to the run"
    added["ledger.jsonl"] = crate.add_file(lines, lines.name, properties=_about(lines, text))
    if (run / "designs").is_dir():
        text = "The exported designs, as files of the field"
        about = {"name": text}
        added["designs/"] = crate.add_directory(run / "designs", "designs/", properties=about)
    return added


def _about(path: Path, text: str) -> dict[str, str]:
    kind = MEDIA.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    digest = file_digest(path).removeprefix("sha256:")
    about = {"name": text, "sha256": digest, "contentSize": str(path.stat().st_size)}
    return about | {"encodingFormat": kind or "application/octet-stream"}


def _actions(
    crate: Crate, record: dict[str, Any], entries: Sequence[Entry], files: dict[str, Any]
) -> list[Any]:
    """Add the actions: proposal, verification and sign-offs."""
    engine, version = record["engine"], record["version"]
    ours = _software(crate, "#ingenium", "ingenium", version)
    field = _software(crate, "#engine", engine, record["engine_version"])
    given = [f for name, f in files.items() if name in GIVEN]
    made = [f for name, f in files.items() if name not in (*GIVEN, "ledger.jsonl")]
    done = [e for e in entries if e.kind in RUNS]
    actions = []
    for e in (*done,) if done else (None,):
        name = "propose, verify and keep" if e is None else reported(e)
        number = "unrecorded" if e is None else str(e.sequence)
        about = {"name": name, "actionStatus": "http://schema.org/CompletedActionStatus"}
        if e is not None:
            about |= {"endTime": _seconds(e.time), "agent": _person(crate, e.actor)}
        text = "Designs are proposed, measured, written, read back and judged by their files."
        about["description"] = text
        action = crate.add_action(ours, f"#run-{number}", _single(given), made, about)
        measured = [f for name, f in files.items() if name in ("designs/", "designs.nc")]
        about |= {"name": f"measure by {engine}", "description": "The engine measures each design."}
        found = files["evidence.jsonl"]
        verify = crate.add_action(field, f"#measure-{number}", _single(measured), found, about)
        actions += [action, verify]
    return [*actions, *(_signed(crate, e, ours, files) for e in entries if e.kind == "sign-off")]


def _signed(crate: Crate, entry: Entry, ours: Any, files: dict[str, Any]) -> Any:
    """Add a sign-off: its subject, its decision, its author and its words."""
    approved = entry.table["decision"] == "approved"
    action = crate.add_jsonld(
        {
            "@id": f"#sign-off-{entry.sequence}",
            "@type": "EndorseAction" if approved else "DisagreeAction",
        }
    )
    action["name"] = f"{entry.table['decision']} as {entry.table['role']}"
    action["description"] = entry.table["statement"]
    action["agent"], action["instrument"] = _person(crate, entry.actor), ours
    action["object"], action["endTime"] = files["evidence.jsonl"], _seconds(entry.time)
    return action


def _seconds(time: str) -> str:
    """A time of the ledger in whole seconds, as the profile requires."""
    return f"{time[:19]}+00:00"


def _single(values: list[Any]) -> Any:
    """A list, or its only value."""
    return values[0] if len(values) == 1 else values


def _software(crate: Crate, name: str, what: str, version: str) -> Any:
    made = crate.add_jsonld({"@id": name, "@type": "SoftwareApplication"})
    made["name"], made["softwareVersion"] = what, version
    return made


def _person(crate: Crate, name: str) -> Any:
    """Add the account that performed an action."""
    key = f"#{name}"
    found = crate.dereference(key)
    if found is None:
        found = crate.add_jsonld({"@id": key, "@type": "Person"})
        found["name"] = name
    return found


def _licence(crate: Crate, text: str) -> Any:
    """Add the licence of the data as the problem states it."""
    made = crate.add_jsonld({"@id": "#data-licence", "@type": "CreativeWork"})
    made["name"] = text or "No licence of the data is stated"
    made["description"] = "Licence of the data that the designs were learned from"
    return made


def record(run: Path) -> dict[str, Any]:
    """Read the record of a run from its files.

    Raises:
        CorruptError: if one of them is invalid.
    """
    records = evidence.read(run / "evidence.jsonl")
    first, engine = records[0], engine_of(records[0])
    whole = "run.json" if (run / "run.json").is_file() else "search.json"
    reported = said(run, whole) if (run / whole).is_file() else {}
    return {
        "problem": reported.get("problem") or "a problem that is not named",
        "count": len(records),
        "engine": str(engine.get("engine", "no engine")),
        "engine_version": str(engine.get("engine_version", "unknown")),
        "version": str(first.get("version", "unknown")),
        "energy": reported.get("energy"),
        "licence": str(first.get("data_licence") or reported.get("data_licence") or ""),
    }
