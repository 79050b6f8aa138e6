"""The record pack of a release, and what is done to it to see whether it tells the truth.

Evidence is taken away, emptied, or filled with what is not to the point, one after the other, in a
copy of all that a pack looks at.
"""

import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ingenium.governance import gate, pack
from ingenium.governance.pack import Pack
from ingenium.governance.studies.releases import Release
from ingenium.studies import results
from ingenium.trust.ledger import open_ledger

FILLER = "Lorem ipsum dolor sit amet, consectetur adipiscing elit.\n"
What = Mapping[str, str]


@dataclass
class Looked:
    """All that a pack looks at, in a folder of its own."""

    root: Path
    pack: Pack
    run: Path

    def there(self, what: What) -> bool:
        """Whether the pack counts a piece of evidence."""
        return pack.look(self.pack, what).there

    def saved(self) -> dict[Path, bytes]:
        """The content of everything, to put it back."""
        places = (self.root, self.pack.folder, self.run)
        return {p: p.read_bytes() for place in places for p in place.rglob("*") if p.is_file()}


def evidence() -> list[dict[str, str]]:
    """Every piece of evidence that a control names, once."""
    found: dict[str, dict[str, str]] = {}
    for name in pack.FRAMEWORKS:
        text = (files("ingenium.governance") / "controls" / f"{name}.toml").read_text("utf-8")
        for control in tomllib.loads(text)["control"]:
            found |= {json.dumps(what): what for what in control["evidence"]}
    return list(found.values())


def overseen(release: Release) -> dict[str, bool]:
    """Acts of oversight on a release, each with whether it added one entry to the ledger."""
    tried = iter(range(9))

    def publish() -> None:
        with open_ledger(release.book, create=False) as ledger:
            asked = replace(release.asked(ledger), roles=release.roles[:1])
            gate.publish(asked, release.folder / f"crate-{next(tried)}")

    acts: dict[str, tuple[str, Callable[[], object]]] = {
        "publishing blocked": (gate.KIND, publish),
        "refused": ("sign-off", lambda: release.sign(release.roles[0], decision="refused")),
        "blocked by the refusal": (gate.KIND, publish),
        "approved": ("sign-off", lambda: release.sign(release.roles[0])),
        "published": (gate.KIND, publish),
    }
    logged = {}
    for name, (kind, act) in acts.items():
        before = _count(release, kind)
        act()
        logged[name] = _count(release, kind) == before + 1
    return logged


def _count(release: Release, kind: str) -> int:
    with open_ledger(release.book, create=False) as ledger:
        return len(ledger.entries(kind))


def looked(release: Release, place: Path) -> Looked:
    """A pack of a release with a copy of what it looks at in the repository."""
    root, folder = place / "root", place / "pack"
    repository = results.results_folder().parents[1]
    for what in evidence():
        name = what.get("file") or what.get("text") or what.get("test", "").partition("::")[0]
        if "study" in what:
            name = f"studies/results/{what['study']}.json"
        if name and (repository / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, root / name)
    with open_ledger(release.book, create=False) as ledger:
        pack.write(folder, ledger, runs=[release.run], root=root)
        counts = pack.counts(ledger)
    return Looked(root, Pack(root, folder, (release.run,), counts, None), release.run)


def mutated(all_of_it: Looked, way: str) -> Iterator[tuple[dict[str, str], bool]]:
    """Each piece of evidence that counts, and whether it still counts after it was spoiled."""
    kept = all_of_it.saved()
    for what in evidence():
        if not all_of_it.there(what):
            continue
        kind = next(k for k in what if k != "holds")
        spoilt = SPOIL[way].get(kind)
        if spoilt is None:
            continue
        counted = spoilt(all_of_it, what).there(what)
        for path, content in kept.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield what, counted


def _path(of: Looked, what: What) -> Path:
    name = what.get("file") or what.get("text") or what.get("test", "").partition("::")[0]
    return of.root / (name or f"studies/results/{what['study']}.json")


def _parts(of: Looked, what: What) -> list[Path]:
    return list(of.pack.folder.glob(f"{what['part']}*"))


def _unlinked(of: Looked, what: What) -> Looked:
    for path in _parts(of, what) if "part" in what else [_path(of, what)]:
        path.unlink()
    return of


def _emptied(of: Looked, what: What) -> Looked:
    for path in _parts(of, what) if "part" in what else [_path(of, what)]:
        path.write_text("# A heading\n" if path.suffix == ".md" else "")
    return of


def _filled(of: Looked, what: What) -> Looked:
    for path in _parts(of, what) if "part" in what else [_path(of, what)]:
        path.write_text(FILLER)
    return of


def _words(text: str) -> Callable[[Looked, What], Looked]:
    """The words that a text must hold, and then something else than before."""

    def spoil(of: Looked, what: What) -> Looked:
        _path(of, what).write_text(f"{what['holds']}\n{text}" if text != "-" else FILLER)
        return of

    return spoil


def _told(value: Any) -> Callable[[Looked, What], Looked]:
    """An entry of the record of a run with another value, or none."""

    def spoil(of: Looked, what: What) -> Looked:
        path = of.run / "run.json"
        whole = json.loads(path.read_text())
        *way, last = what["run"].split(".")
        inner = whole
        for step in way:
            inner = inner[step]
        inner[last] = value
        path.write_text(json.dumps(whole))
        return of

    return spoil


def _test(body: str) -> Callable[[Looked, What], Looked]:
    """The tests of a file, each with another body."""

    def spoil(of: Looked, what: What) -> Looked:
        path = _path(of, what)
        names = re.findall(r"^ *def (test_\w+)", path.read_text(), re.MULTILINE)
        path.write_text("\n".join(f"def {name}():\n    {body}\n" for name in names))
        return of

    return spoil


def _result(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Looked, What], Looked]:
    """The result of a study, changed and sealed again."""

    def spoil(of: Looked, what: What) -> Looked:
        path = _path(of, what)
        path.write_text(json.dumps(results.sealed(change(json.loads(path.read_text())))))
        return of

    return spoil


def _entries(left: int) -> Callable[[Looked, What], Looked]:
    def spoil(of: Looked, what: What) -> Looked:
        counts = {**of.pack.entries, what["entry"]: left}
        return Looked(of.root, replace(of.pack, entries=counts), of.run)

    return spoil


def _better(table: dict[str, Any]) -> dict[str, Any]:
    """Every part holds, whatever was measured."""
    return table | {"status": "reproduced", "outcomes": dict.fromkeys(table["outcomes"], "holds")}


SPOIL: Mapping[str, Mapping[str, Callable[[Looked, What], Looked]]] = MappingProxyType(
    {
        "removed": {
            "file": _unlinked,
            "text": _words("-"),
            "part": _unlinked,
            "run": _told(None),
            "entry": _entries(0),
            "study": _unlinked,
            "test": _unlinked,
        },
        "emptied": {
            "file": _emptied,
            "text": _words(""),
            "part": _emptied,
            "run": _told("unknown"),
            "study": _result(_better),
            "test": _test("pass"),
        },
        "filled": {
            "file": _filled,
            "text": _words(FILLER),
            "part": _filled,
            "run": _told("Lorem ipsum"),
            "study": _result(lambda table: table | {"code": "sha256:" + 64 * "0"}),
            "test": _test("assert 1 + 1 == 2"),
        },
    }
)
