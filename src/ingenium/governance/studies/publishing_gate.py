"""Row 33.16: principles as checks that block, planted breaches, and releases with none.

Real runs are published by `ingenium publish`, which asks of a run: an intact chain with the
anchor in it, an entry for its evidence, every file as it was written, complete evidence, stated
terms of use, counted energy, and an approval by a listed key in each role. Before that each kind
of breach is planted in a copy of run and ledger: approvals that are missing, refused, of another
key, name, role or entry; designs, records, weights, spec and tables that are altered, added or
removed; entries edited, removed and rewritten; and runs that left out licence, engine, seed,
replay or energy and were signed nonetheless; and what no check looks at, as keys that were
stolen. Other copies are changed in ways that break nothing. A seed is a run of its own. Beside it
stands what digests of the files alone would show. Budget: 5 seeds, runs of 6 designs, 31 breaches
and 10 others.
"""

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Watch
from ingenium.evaluate.intervals import Interval, share_of, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.governance import gate
from ingenium.governance.studies import releases
from ingenium.governance.studies.breaches import HARMLESS, UNSEEN, WRONG, Act
from ingenium.trust.ledger import open_ledger

DESIGNS = 6
ALL = {**WRONG, **UNSEEN}
NOTHING = Interval(float("nan"), float("nan"), float("nan"))


def measure(budget: Budget, watch: Watch) -> Measured:
    """Publish real runs after everything that can be wrong, and after what is not."""
    problem = releases.opened()
    budget.folder.mkdir(parents=True, exist_ok=True)
    seen: dict[str, list[bool]] = {k: [] for k in ("blocked", "sums", "let", "honest", "answers")}
    seconds: list[float] = []
    with TemporaryDirectory(dir=budget.folder) as new:
        for i, seed in enumerate(budget.seeds):
            watch("releases", i, len(budget.seeds))
            made = releases.run(problem, DESIGNS, seed, _folder(Path(new) / f"made-{seed}"))
            for acts, wrong in ((ALL, True), (HARMLESS, False)):
                for name, found in _published(acts, made, Path(new) / "tried").items():
                    watch(f"seed {seed}: {name}", i, len(budget.seeds))
                    seen["honest"].append(found["nothing half"])
                    if wrong:
                        seen["blocked"].append(not found["published"])
                        seen["sums"].append(found["by sums"])
                    else:
                        seen["let"].append(not found["published"])
                        seen["answers"].append(found["answers"])
                        seconds.append(found["seconds"])
    mapped = sum(bool(names) for names in gate.PRINCIPLES.values()) / len(gate.PRINCIPLES)
    return from_intervals(
        values={
            "blocked": share_of(seen["blocked"]),
            "mapped": Interval(mapped, mapped, mapped),
            "answers": share_of(seen["answers"]),
            "labour": NOTHING,
            "false_blocks": share_of(seen["let"]),
            "whole": share_of(seen["honest"]),
        },
        beside={
            "breaches that digests of the files alone show": share_of(seen["sums"]),
            "seconds to check and publish": t_interval(seconds),
        },
        data=dataset_digest(problem.data()),
        notes=(
            f"{len(ALL)} breaches and {len(HARMLESS)} changes that break nothing, each on "
            f"{len(budget.seeds)} real runs of {DESIGNS} designs of {problem.name}, measured by "
            f"{problem.verifier.name} {problem.verifier.version}.",
            f"{len(UNSEEN)} of the breaches are known to lie beyond what is checked: "
            f"{', '.join(UNSEEN)}. The others are those that the author of the checks thought of.",
            "No check enforces linguistic diversity, literacy or adaptive governance; of equitable "
            "access only that the terms of use are stated. Labour is counted nowhere.",
        ),
    )


def _published(acts: Mapping[str, Act], made: Path, place: Path) -> dict[str, dict[str, Any]]:
    """What became of the release after each act."""
    found = {}
    for name, act in acts.items():
        release = releases.copied(made, _folder(place))
        sums = _sums(release.run)
        act(release)
        out = place / "crate"
        started = time.perf_counter()
        with open_ledger(release.book, create=False) as ledger:
            held = gate.held(gate.publish(release.asked(ledger), out))
            logged = ledger.entries(gate.KIND)[-1].table["published"] == held
        found[name] = {
            "published": held,
            "seconds": time.perf_counter() - started,
            "nothing half": out.exists() == held and logged,
            "by sums": not _holds(sums, release.run),
            "answers": held and _answers(out, release.roles),
        }
        shutil.rmtree(place)
    return found


def _answers(out: Path, roles: tuple[str, ...]) -> bool:
    """Whether the published crate names who approved in each role, as another program reads it."""
    from rocrate.rocrate import ROCrate  # the extra `audit`, as the gate needs it

    endorsed = [e for e in ROCrate(out).contextual_entities if e.type == "EndorseAction"]
    named = {(e["name"], e["agent"]["name"]) for e in endorsed}
    return {(f"approved as {role}", f"{role}@lab") for role in roles} <= named


def _sums(run: Path) -> str:
    """As sha256sum writes them: what a release without a gate would keep."""
    files = sorted(str(p.relative_to(run)) for p in run.rglob("*") if p.is_file())
    words = ["sha256sum", "--", *files]
    return subprocess.run(words, cwd=run, check=True, capture_output=True, text=True).stdout


def _holds(sums: str, run: Path) -> bool:
    words = ["sha256sum", "--check", "--quiet", "--strict", "-"]
    if not run.is_dir():
        return True  # it was moved as it is
    return (
        subprocess.run(words, cwd=run, input=sums, capture_output=True, text=True).returncode == 0
    )


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path
