"""Rows 22.17, 29.17 and 34.16: the record of a release, and its gaps."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ingenium.core.digest import file_digest
from ingenium.core.spec import load
from ingenium_book.checks.governance.release import PROBLEM, Release
from ingenium_book.findings import Commands, Done, Finding, Picture

STATES = ("evidence", "in part", "no evidence")
LAW = "EU Artificial Intelligence Act"
CARDS = ("model_card_1.md", "data_card_1.md")
WRITTEN = ("record.json", "record.md", "ledger.jsonl", "sbom.cdx.json", "SHA256SUMS", *CARDS)
TIMES = ("made", "Made", "timestamp", "serialNumber")
OLD_CASE = "function mpc = two\nmpc.version = '2';\nmpc.baseMVA = 100;\n"
Control = Mapping[str, Any]


def _released(commands: Commands) -> Release:
    """Build a release that is signed, published and packed."""
    release = Release(commands)
    for role in release.roles:
        release.sign(role)
    release.publish("crate")
    return release


def _controls(done: Done, name: str = "") -> list[Control]:
    """Controls in the answer of `pack`, of all frameworks or of one."""
    found = done.answer["frameworks"]
    return [c for f in found if name in ("", f["name"]) for c in f["controls"]]


def control_map(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 22.17: each control points to evidence or to none; without evidence, its line changes."""
    release = _released(commands)
    packed = commands("pack", "record", "--run", "run")
    frameworks, every = packed.answer["frameworks"], _controls(packed)
    states = [sum(c["state"] == s for c in every) for s in STATES]
    text = f"{len(every)} controls of {len(frameworks)} frameworks: "
    text += ", ".join(f"{n} {s}" for n, s in zip(states, STATES, strict=True))
    shown = all(
        (c["state"] == "no evidence") == (not any(f["there"] for f in c["found"])) for c in every
    )
    yield Finding(f"{text}; what shows nothing says so", shown)
    found = [f for c in every for f in c["found"] if f["what"].startswith(("test ", "study "))]
    dead = [f["what"] for f in found if f["said"].startswith(("missing", "no such"))]
    text = f"of {len(found)} tests and rows that controls name, {len(dead)} are not there"
    yield Finding(text, bool(found) and not dead)
    yield from _flips(release, packed)
    yield Finding("NIST SP 800-82 is mapped", "800-82" in str(frameworks), gap=True)
    yield Picture(_bars(frameworks), "What a release shows of each framework's controls")


def _flips(release: Release, packed: Done) -> Iterator[Finding]:
    """Remove evidence by kind: lines that rest on it must lose it, and no other line."""
    commands, run = release.commands, release.run / "run.json"
    without_run = commands("pack", "no-run")
    yield _flip("run", "no run is given", packed, without_run)
    reported = json.loads(run.read_text())
    run.write_text(json.dumps(reported | {"data_licence": "unknown"}))
    unsaid = commands("pack", "no-word", "--run", "run")
    yield _flip("run data_licence", "the licence is `unknown`", packed, unsaid)
    run.write_text(json.dumps(reported))
    (commands.folder / "tests.xml").write_text("<testsuites/>")
    none_ran = commands("pack", "no-test", "--run", "run", "--tests", "tests.xml")
    yield _flip("test", "no test was run", packed, none_ran)
    ledger = release.ledger
    content = ledger.read_bytes()
    ledger.unlink()
    yield _flip("entry", "there is no ledger", packed, commands("pack", "bare", "--run", "run"))
    ledger.write_bytes(content)


def _flip(kind: str, why: str, packed: Done, spoilt: Done) -> Finding:
    """Check that no removed evidence of a kind counts any more, and that each line reports it."""
    lost, still = set(), 0
    pairs = zip(_controls(packed), _controls(spoilt), strict=True)
    for before, after in pairs:
        for one, then in zip(before["found"], after["found"], strict=True):
            if one["there"] and f"{one['what']} ".startswith(f"{kind} "):
                still += then["there"]
                lost |= set() if then["there"] else {(before["id"], after["state"])}
    whole = [name for name, state in lost if state == "evidence"]
    text = f"where {why}, {len(lost)} controls lose what they rested on, {still} keep it"
    return Finding(text, bool(lost) and not still and not whole)


def _bars(frameworks: list[Mapping[str, Any]]) -> Figure:
    figure = Figure(figsize=(6.0, 2.0), layout="constrained")
    axes, left = figure.subplots(), [0] * len(frameworks)
    names = [f["name"] for f in frameworks]
    for state, colour in zip(STATES, ("#2a7f62", "#e0b040", "#b0b0b0"), strict=True):
        counts = [sum(c["state"] == state for c in f["controls"]) for f in frameworks]
        axes.barh(names, counts, left=left, color=colour, label=state)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.invert_yaxis()
    axes.tick_params(labelsize=8)
    axes.set_xlabel("controls", fontsize=8)
    axes.legend(fontsize=7, frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    return figure


def release_record(commands: Commands) -> Iterator[Finding]:
    """Row 34.16: one command writes the record of a release, true and with its gaps."""
    _released(commands)
    packed = commands("pack", "record", "--run", "run")
    commands("pack", "again", "--run", "run")
    record, again = commands.folder / "record", commands.folder / "again"
    there = [name for name in WRITTEN if (record / name).is_file()]
    text = f"{len(there)} of {len(WRITTEN)} promised files are made"
    yield Finding(text, packed.code == 0 and len(there) == len(WRITTEN))
    same = [name for name in WRITTEN if _timeless(record / name) == _timeless(again / name)]
    yield Finding(
        f"a second record repeats {len(same)} of them but for times", len(same) == len(WRITTEN)
    )
    noticed = [_noticed(record, name) for name in WRITTEN if name != "SHA256SUMS"]
    text = f"{sum(noticed)} of {len(noticed)} files are noticed when altered, by their sums"
    yield Finding(text, not _wrong(record) and all(noticed))
    rows = (record / "record.md").read_text().splitlines()
    missing = {row.split(" | ")[0].strip("| "): row.split(" | ")[-1].strip(" |") for row in rows}
    incomplete = [c["id"] for c in _controls(packed) if c["state"] != "evidence"]
    named = [name for name in incomplete if missing.get(name)]
    text = f"{len(named)} of {len(incomplete)} points that are not whole say what is missing"
    yield Finding(text, len(named) == len(incomplete))
    held = [commands("replay", "run", "--design", i).code == 0 for i in range(3)]
    yield Finding(f"{sum(held)} of 3 designs hold when made and measured again", all(held))
    law = _controls(packed, LAW)
    whole = sum(c["state"] == "evidence" for c in law)
    text = f"{whole} of {len(law)} points of the AI Act have all evidence and no gap"
    yield Finding(text, whole == len(law), gap=True)


def _timeless(path: Path) -> str:
    if path.name == "SHA256SUMS":  # of files that contain their time
        return " ".join(line.split()[1] for line in path.read_text().splitlines())
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.strip(' "-').startswith(TIMES))


def _wrong(record: Path) -> list[str]:
    """Files that differ from SHA256SUMS, or are missing."""
    pairs = [line.split("  ", 1) for line in (record / "SHA256SUMS").read_text().splitlines()]
    digests = {n: hashlib.sha256((record / n).read_bytes()).hexdigest() for _, n in pairs}
    return [name for digits, name in pairs if digests[name] != digits]


def _noticed(record: Path, name: str) -> bool:
    content = (record / name).read_bytes()
    (record / name).write_bytes(content + b" ")
    wrong = _wrong(record)
    (record / name).write_bytes(content)
    return wrong == [name]


def governance_file(commands: Commands) -> Iterator[Finding]:
    """Row 29.17: an artefact for each component, a map of data flows, and files read back."""
    release = _released(commands)
    packed = commands("pack", "record", "--run", "run")
    themes = _controls(packed, "ECCOLA")
    whole = [c["id"] for c in themes if c["state"] == "evidence"]
    said = all(c["found"] or c["gap"] for c in themes)
    text = f"each of ECCOLA's {len(themes)} themes names its artefacts or what is missing"
    yield Finding(text, said and len(themes) == 14)
    yield Finding(
        f"{len(whole)} of them have all of their artefacts", len(whole) == len(themes), gap=True
    )
    parts = json.loads((commands.folder / "record" / "sbom.cdx.json").read_text())["components"]
    bare = [one["name"] for one in parts if not (one["version"] and one.get("licenses"))]
    text = f"{len(parts) - len(bare)} of {len(parts)} packages have version and licence"
    yield Finding(text, len(bare) < len(parts) / 10)
    for what in ("run", PROBLEM):
        card = commands("card", "data", what)
        yield Finding(f"there is a card of the data of {what}", "icence" in card.answer["text"])
    yield _mapped(release)
    yield from _returned(release)
    (commands.folder / "two.m").write_text(OLD_CASE)
    old = commands("verify", PROBLEM, "two.m")
    text = "a case of MATPOWER is refused with the forms that are read"
    yield Finding(text, old.code == 2 and "formats csv" in old.text)


def _mapped(release: Release) -> Finding:
    """Check that W3C PROV shows inputs, results and signers of a run, each once."""
    commands = release.commands
    commands("ledger", "export", "map.json", "--as", "prov-json", "--run", "run")
    drawn = json.loads((commands.folder / "map.json").read_text())
    origin = json.loads((release.run / "run.json").read_text())["origin"]
    used = {_digits(one["prov:entity"]) for one in drawn["used"].values()}
    gave = {_digits(one["prov:generalEntity"]) for one in drawn["specializationOf"].values()}
    truth = {origin[name] for name in ("spec", "data", "model")}
    made = {file_digest(release.run / name) for name in ("evidence.jsonl", "designs.nc")}
    who = {one.get("prov:label") for one in drawn["agent"].values()}
    seen = len(truth & used) + len(made & gave)
    text = f"the map shows {seen} of {len(truth | made)} things that the run used and made, and who"
    signed = {f"{role}@lab" for role in release.roles} <= who
    return Finding(f"{text} signed", truth <= used and made == gave and signed)


def _digits(name: str) -> str:
    return f"sha256:{name.removeprefix('digest:')}"


def _returned(release: Release) -> Iterator[Finding]:
    """Check files that are read back: spec, designs, ledger."""
    commands, run = release.commands, release.run
    same = load(run / "spec.toml") == load(commands.folder / "spec.toml")
    yield Finding("the spec of the run is the one that was asked", same)
    file = "run/designs/profile_000000.csv"
    shutil.copy(commands.folder / file, commands.folder / "copy.csv")
    pair = [commands("verify", PROBLEM, name, "--spec", "spec.toml") for name in (file, "copy.csv")]
    one, other = (done.answer["designs"][0]["measured"] for done in pair)
    yield Finding("a design that is read again is measured the same", one == other)
    commands("ledger", "export", "ledger.jsonl")
    lines = (commands.folder / "ledger.jsonl").read_text().splitlines()
    stored = commands("ledger", "list", "--limit", 99).answer["entries"]
    hashes = [json.loads(line)["hash"] for line in lines]
    text = f"all {len(stored)} entries of the ledger stand in its export"
    yield Finding(text, set(hashes) == {e["hash"] for e in stored})
