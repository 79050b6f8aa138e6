"""Row 34.16: the record of each release: made by one command, complete, and true when looked at.

For each of several releases, real runs with signed entries, `ingenium pack` writes the record
twice. Counted are the files it promises (record, cards of model and data, ledger, bill of
materials, digests); the points of Articles 9 to 15 and Annex IV of the AI Act with all evidence
and no gap; files that are the same both times but for times; files that are altered or removed,
which `sha256sum` must notice; and designs of the release whose evidence holds when they are
proposed and measured by the engine again. Beside it stands a record of the same code without run,
sign-offs and ledger. Budget: 5 releases of 6 designs, 3 of each replayed.
"""

import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from ingenium import replaying
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Problem, Watch
from ingenium.core.spec import load
from ingenium.evaluate.intervals import share_of, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.governance import pack
from ingenium.governance.studies import releases
from ingenium.governance.studies.releases import Release
from ingenium.trust.ledger import open_ledger

DESIGNS, REPLAYED = 6, 3
SUMS = "SHA256SUMS"
CARDS = ("model_card_1.md", "data_card_1.md")
WRITTEN = ("record.json", "record.md", "ledger.jsonl", "sbom.cdx.json", SUMS, *CARDS)
LAW = "EU Artificial Intelligence Act"


def measure(budget: Budget, watch: Watch) -> Measured:
    """Make the record of several releases, and ask of each whether it is whole and true."""
    problem = releases.opened()
    budget.folder.mkdir(parents=True, exist_ok=True)
    there: list[bool] = []
    noticed: list[bool] = []
    replayed: list[bool] = []
    table: dict[str, list[float]] = {}
    missing: Counter[str] = Counter()
    with TemporaryDirectory(dir=budget.folder) as new:
        for i, seed in enumerate(budget.seeds):
            watch("releases", i, len(budget.seeds))
            place = Path(new) / str(seed)
            place.mkdir()
            made = releases.run(problem, DESIGNS, seed, place)
            (place / "copy").mkdir()
            release = releases.copied(made, place / "copy")
            release.sign_all()
            _record(release, place / "record")
            took = time.perf_counter()
            found = _record(release, place / "again")
            table.setdefault("seconds to make a record", []).append(time.perf_counter() - took)
            there += [(place / "record" / name).is_file() for name in WRITTEN]
            law = next(f for f in found if f.name == LAW)
            states = [c.state for c in law.controls]
            table.setdefault("complete", []).append(states.count("evidence") / len(states))
            some = 1 - states.count("no evidence") / len(states)
            table.setdefault("points of the AI Act with some evidence", []).append(some)
            bare = next(f for f in _bare(place / "bare") if f.name == LAW)
            alone = sum(c.state == "evidence" for c in bare.controls) / len(states)
            name = "points with all evidence, without run, sign-offs and ledger"
            table.setdefault(name, []).append(alone)
            missing.update(c.id for c in law.controls if c.state == "no evidence")
            table.setdefault("unchanged", []).append(_unchanged(place / "record", place / "again"))
            noticed += _noticed(place / "record")
            watch("replay", i, len(budget.seeds))
            replayed += _replayed(problem, release)
    return from_intervals(
        values={
            "complete": t_interval(table.pop("complete")),
            "generated": share_of(there),
            "altered": share_of(noticed),
            "replayed": share_of(replayed),
            "unchanged": t_interval(table.pop("unchanged")),
        },
        beside={k: t_interval(v) for k, v in table.items()},
        data=dataset_digest(problem.data()),
        notes=(
            f"Points without any evidence: {', '.join(sorted(missing)) or 'none'}.",
            "A point counts as complete where all that the map names is there and no gap is noted; "
            "whether that is enough for the law is not asked.",
        ),
    )


def _record(release: Release, out: Path) -> tuple[pack.Framework, ...]:
    with open_ledger(release.book, create=False) as ledger:
        return pack.write(out, ledger, runs=[release.run])


def _bare(out: Path) -> tuple[pack.Framework, ...]:
    """What a release shows that brings its documents and bill of materials alone."""
    return pack.write(out, None)


def _unchanged(one: Path, other: Path) -> float:
    """Share of files that are the same in two records of one release, times left out."""
    same = [_timeless(one / n) == _timeless(other / n) for n in WRITTEN if n != SUMS]
    return sum(same) / len(same)


def _timeless(path: Path) -> str:
    words = ("made", "Made", "timestamp", "serialNumber")
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.strip(' "-').startswith(words))


def _noticed(record: Path) -> list[bool]:
    """Whether `sha256sum` notices each file that is altered, and each that is removed."""
    found = []
    for path in sorted(p for p in record.iterdir() if p.name not in (SUMS, ".ingenium")):
        whole = path.read_bytes()
        for spoil in (path.write_bytes, None):
            if spoil is None:
                path.unlink()
            else:
                spoil(whole + b" ")
            found.append(not _holds(record))
            path.write_bytes(whole)
    if not _holds(record):  # of what nobody touched it must say nothing
        return [False] * len(found)
    return found


def _holds(record: Path) -> bool:
    words = [shutil.which("sha256sum") or "sha256sum", "--check", "--quiet", "--strict", SUMS]
    return subprocess.run(words, cwd=record, capture_output=True).returncode == 0


def _replayed(problem: Problem, release: Release) -> list[bool]:
    """Whether the evidence of designs of the release holds when they are made and measured anew."""
    spec = load(release.run / "spec.toml")
    return [
        replaying.replay(problem, spec, release.run, design).holds for design in range(REPLAYED)
    ]
