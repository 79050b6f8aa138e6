"""The record of a release: the evidence for each control of a framework.

The mapping of controls is data (`controls/*.toml`); findings are computed when the pack is written.
A missing file, a study without a result or a missing entry is `no evidence`, and tests that were
not run support a control only `in part`. The record does not judge whether the evidence is
sufficient, or what the law requires.
"""

import ast
import hashlib
import json
import shutil
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

from ingenium import __version__
from ingenium.core.digest import PREFIX, file_digest
from ingenium.core.errors import InputError
from ingenium.core.folders import staged, write_atomic
from ingenium.core.provenance import code_digest
from ingenium.governance import cards, sbom
from ingenium.governance.reading import said
from ingenium.trust.ledger import Ledger
from ingenium.trust.records import GENESIS

EVIDENCE = "ingenium.evidence"  # group of entry points of evidence books
FRAMEWORKS = ("eu_ai_act", "iec_62443", "nist_ai_rmf", "eccola")
SHORT = 12  # digits of a digest
UNRUN = "No test that it rests on was run for this release."
UNNAMED = "Nothing that is here is about it."
NO_WORDS = ("", "-", "n/a", "none", "tbd", "todo", "unknown")


@dataclass(frozen=True)
class Found:
    """One piece of evidence for a control, and its state."""

    what: str
    there: bool
    said: str


@dataclass(frozen=True)
class FrameworkControl:
    """A control of a framework with its evidence."""

    id: str
    name: str
    state: str  # `evidence`, `in part` or `no evidence`
    found: tuple[Found, ...]
    gap: str


@dataclass(frozen=True)
class Framework:
    """Controls of a framework in its own order, and the source of their names."""

    name: str
    source: str
    controls: tuple[FrameworkControl, ...]


@dataclass(frozen=True)
class Pack:
    """Sources of evidence for a pack."""

    root: Path  # root of the repository
    folder: Path  # of the pack
    runs: tuple[Path, ...]
    entries: Mapping[str, int]  # of the ledger, by kind
    passed: Mapping[str, bool] | None  # of tests by name; none if no report was given


def write(
    out: Path,
    ledger: Ledger | None,
    *,
    runs: Sequence[Path] = (),
    tests: Path | None = None,
    root: Path | None = None,
    overwrite: bool = False,
) -> tuple[Framework, ...]:
    """Write the pack of this release; return its findings.

    Args:
        out: the folder to create.
        ledger: source of entries; None if there is none yet.
        runs: folders of finished runs that represent the release.
        tests: the report of a test run, JUnit XML (`pytest --junitxml`).
        root: root of the repository; by default that of this package.
        overwrite: replace an earlier pack.

    Raises:
        InputError: for a folder that is no run, or an invalid report.
        StorageError: if it cannot be written.
    """
    place = repository() if root is None else root
    identity = f"pack {__version__} {datetime.now(UTC).isoformat()}"
    with staged(out, identity, overwrite=overwrite) as part:
        write_atomic(part / "sbom.cdx.json", sbom.text())
        for i, run in enumerate(runs, start=1):
            write_atomic(part / f"model_card_{i}.md", str(cards.model_card(run)))
            write_atomic(part / f"data_card_{i}.md", str(cards.data_card(run)))
        passed = None if tests is None else _passed(tests)
        if tests is not None:
            shutil.copy(tests, part / "tests.xml")
        if ledger is not None:
            ledger.export(part / "ledger.jsonl")
        entries = {} if ledger is None else counts(ledger)
        pack = Pack(place, part, tuple(runs), entries, passed)
        found = tuple(framework(pack, name) for name in FRAMEWORKS)
        head = GENESIS if ledger is None else ledger.head()
        about = _about(head, runs, tests)
        reported = about | {"frameworks": [asdict(f) for f in found]}
        write_atomic(
            part / "record.json", json.dumps(reported, indent=1, ensure_ascii=False) + "\n"
        )
        write_atomic(part / "record.md", _text(about, found))
        write_atomic(part / "SHA256SUMS", _sums(part))
    return found


def repository() -> Path:
    """Return the checkout of this package; if there is none, a folder without evidence."""
    return Path(__file__).resolve().parents[3]


def counts(ledger: Ledger) -> dict[str, int]:
    """Count entries of a ledger by kind; an entry without contents does not count."""
    found: dict[str, int] = {}
    for entry in ledger.walk():
        if entry.table:
            found[entry.kind] = found.get(entry.kind, 0) + 1
    return found


def _about(head: str, runs: Sequence[Path], tests: Path | None) -> dict[str, Any]:
    return {
        "package": "ingenium",
        "version": __version__,
        "code": code_digest(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "ledger_head": head,
        "runs": {str(run): file_digest(run / "evidence.jsonl") for run in runs},
        "tests": str(tests)
        if tests
        else "no report was given: a test counts as written, and alone shows a control in part",
    }


def framework(pack: Pack, name: str) -> Framework:
    """Build a framework with the evidence in a pack for each of its controls."""
    text = (files("ingenium.governance") / "controls" / f"{name}.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return Framework(
        table["name"], table["source"], tuple(_control(pack, c) for c in table["control"])
    )


def _control(pack: Pack, table: Mapping[str, Any]) -> FrameworkControl:
    found = tuple(look(pack, what) for what in table["evidence"])
    kinds = [_kind(what) for what, one in zip(table["evidence"], found, strict=True) if one.there]
    there = len(kinds)
    unrun = pack.passed is None and set(kinds) == {"test"}
    none = "" if found or table.get("gap") else UNNAMED
    gap = " ".join(filter(None, (table.get("gap", ""), none, UNRUN if unrun else "")))
    whole = there == len(found) and not gap
    state = "no evidence" if not there else "evidence" if whole else "in part"
    return FrameworkControl(table["id"], table["name"], state, found, gap)


def look(pack: Pack, what: Mapping[str, str]) -> Found:
    """Look for one piece of evidence, and summarise it."""
    kind = _kind(what)
    there, said = WAYS[kind](pack, what)
    return Found(f"{kind} {what[kind]}", there, said)


def _kind(what: Mapping[str, str]) -> str:
    return next(k for k in WAYS if k in what)


def _file(pack: Pack, what: Mapping[str, str]) -> tuple[bool, str]:
    path = pack.root / what["file"]
    if not path.is_file():
        return False, "missing"
    return (True, _digits(path)) if _says(path.read_text("utf-8", "replace")) else (False, "empty")


def _says(text: str) -> bool:
    """True if a text has more than headings."""
    return any(line.strip() and not line.startswith("#") for line in text.splitlines())


def _words(pack: Pack, what: Mapping[str, str]) -> tuple[bool, str]:
    path = pack.root / what["text"]
    if not path.is_file():
        return False, "missing"
    _, found, rest = path.read_text(encoding="utf-8").partition(what["holds"])
    there = bool(found) and _says(rest.partition("\n## ")[0])
    state = "holds" if there else "has nothing below" if found else "without"
    return there, f"{_digits(path)}, {state} “{what['holds']}”"


def _part(pack: Pack, what: Mapping[str, str]) -> tuple[bool, str]:
    """Look for a part of this pack; the record and the sums are written after this."""
    if what["part"] in ("record.json", "SHA256SUMS"):
        return True, "in this pack"
    parts = [p for p in pack.folder.glob(f"{what['part']}*") if p.is_file()]
    there = sorted(p.name for p in parts if _says(p.read_text("utf-8", "replace")))
    return (True, ", ".join(there)) if there else (False, "not in this pack")


def _run(pack: Pack, what: Mapping[str, str]) -> tuple[bool, str]:
    """Check that every run that represents the release has an entry."""
    if not pack.runs:
        return False, "no run was given"
    silent = [str(run) for run in pack.runs if not _said(_value(run, what["run"]))]
    if silent:
        return False, f"not in {', '.join(silent)}"
    return True, f"in run.json of {len(pack.runs)} run{'s' if len(pack.runs) > 1 else ''}"


def _said(value: Any) -> bool:
    """True if a value has contents: it is neither empty nor a word for nothing."""
    reported = value.strip().lower() not in NO_WORDS if isinstance(value, str) else True
    return reported and value not in (None, {}, [])


def _value(run: Path, name: str) -> Any:
    value: Any = said(run, "run.json")
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _entry(pack: Pack, what: Mapping[str, str]) -> tuple[bool, str]:
    count = pack.entries.get(what["entry"], 0)
    return bool(count), f"{count} in the ledger" if count else "none in the ledger"


def _study(pack: Pack, what: Mapping[str, str]) -> tuple[bool, str]:
    """Look up a row in the evidence book, if that is installed."""
    for entry in entry_points(group=EVIDENCE):
        found: tuple[bool, str] = entry.load()(what["study"], pack.root)
        return found
    return False, "ingenium-book is not installed"


def _test(pack: Pack, what: Mapping[str, str]) -> tuple[bool, str]:
    """Look for a test; it passed if a report says so.

    A test with `needs` is skipped where these are absent, so that it counts only if it ran.
    """
    place, _, name = what["test"].partition("::")
    path = pack.root / place
    if not path.is_file():
        return False, "missing"
    tests = [t for t in _tests(path) if t.startswith("test_")]
    if (name and name not in tests) or not tests:
        return False, "missing, or does nothing"
    if pack.passed is None:
        needs = what.get("needs")
        return not needs, f"written, not run{f'; runs only with {needs}' if needs else ''}"
    module = place.removesuffix(".py").replace("/", ".")
    ran = [ok for key, ok in pack.passed.items() if _is(key, module, name)]
    if not ran:
        return False, "not in the report of tests"
    return all(ran), f"{sum(ran)} of {len(ran)} passed"


WAYS: Mapping[str, Callable[[Pack, Mapping[str, str]], tuple[bool, str]]] = MappingProxyType(
    {
        "file": _file,
        "text": _words,
        "part": _part,
        "run": _run,
        "entry": _entry,
        "study": _study,
        "test": _test,
    }
)


def _is(key: str, module: str, name: str) -> bool:
    where, _, test = key.partition("::")
    return (where == module or where.startswith(f"{module}.")) and (
        not name or test.split("[")[0] == name
    )


def _tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return frozenset(n.name for n in found if not all(map(_idle, n.body)))


def _idle(statement: ast.stmt) -> bool:
    """True if a statement of a test does nothing: `pass`, a text, `assert True`."""
    if isinstance(statement, ast.Assert):
        return isinstance(statement.test, ast.Constant)
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


def _passed(report: Path) -> dict[str, bool]:
    """Result of each test of a report, without skipped ones."""
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise InputError(
            "a report of tests in JUnit XML", f"{report} ({error})", "Write pytest --junitxml FILE."
        ) from error
    cases = {f"{c.get('classname')}::{c.get('name')}": c for c in root.iter("testcase")}
    return {
        name: case.find("failure") is None and case.find("error") is None
        for name, case in cases.items()
        if case.find("skipped") is None
    }


def _digits(path: Path) -> str:
    return file_digest(path).removeprefix(PREFIX)[:SHORT]


def _sums(part: Path) -> str:
    """Digests in the format of `sha256sum -c`."""
    paths = sorted(p for p in part.rglob("*") if p.is_file() and not p.name.startswith("."))
    return "".join(
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(part).as_posix()}\n"
        for p in paths
    )


def _text(about: Mapping[str, Any], found: Sequence[Framework]) -> str:
    """The record as Markdown."""
    lines = [
        f"# Record of ingenium {about['version']}",
        "",
        "What there is to look at for each control, computed when this was made. It does not say "
        "whether that is enough, nor what the law asks; no conformity is claimed.",
        "",
        f"- Made {about['made']} from code `{about['code']}`",
        f"- Head of the ledger `{about['ledger_head']}`",
        f"- Tests: {about['tests']}",
        *(f"- Run {run}, evidence `{digest}`" for run, digest in about["runs"].items()),
    ]
    for framework in found:
        states = [c.state for c in framework.controls]
        counts = ", ".join(f"{states.count(s)} {s}" for s in ("evidence", "in part", "no evidence"))
        lines += ["", f"## {framework.name}", "", f"{framework.source}. {counts}.", ""]
        lines += ["| Control | Name | State | Found | Missing |", "|" + " --- |" * 5]
        lines += [_row(c) for c in framework.controls]
    return "\n".join(lines) + "\n"


def _row(control: FrameworkControl) -> str:
    there = "<br>".join(f"{f.what} ({f.said})" for f in control.found if f.there)
    absent = [f"{f.what} ({f.said})" for f in control.found if not f.there]
    missing = "<br>".join([*absent, *([control.gap] if control.gap else [])])
    cells = (control.id, control.name, control.state, there, missing)
    return f"| {' | '.join(cells)} |"
