"""Row 22.17: the map from controls to evidence: how much it covers, and what fools it.

Records of releases are made by `ingenium pack` from real runs, with a ledger in which publishing
was blocked, the run was refused, blocked again, approved and published. Counted is how many
requirements have evidence, of all that IEC 62443-3-3 and 62443-4-1 name (98 without enhancements)
and of the points of the AI Act (30). Then each piece of evidence that the record counts is
spoiled in a copy, one after the other: removed; emptied (headings alone, `unknown`, tests that do
nothing, outcomes of a study turned to what was claimed and sealed again); or filled with what is
not to the point (other text under the same name, tests of something else, a result of other
code). A seed is a release of its own. Budget: 5 seeds, runs of 6 designs, every piece of evidence
in three ways.
"""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.evaluate.intervals import Interval, share_of, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.governance import pack
from ingenium.governance.studies import release_packs, releases

DESIGNS = 6
NAMED = 51 + 47  # requirements of IEC 62443-3-3:2013 (without enhancements) and of 62443-4-1:2018
ASKED = ("IEC 62443", "NIST SP 800-82", "EU Artificial Intelligence Act")
NOTHING = Interval(float("nan"), float("nan"), float("nan"))
WAYS = ("removed", "emptied", "filled")


def measure(budget: Budget, watch: Watch) -> Measured:
    """Make packs of real releases, spoil the evidence piece by piece, and look again."""
    problem = releases.opened()
    budget.folder.mkdir(parents=True, exist_ok=True)
    counted: dict[str, list[bool]] = {way: [] for way in WAYS}
    logged: list[bool] = []
    states: dict[str, list[float]] = {}
    missed: Counter[str] = Counter()
    with TemporaryDirectory(dir=budget.folder) as new:
        for i, seed in enumerate(budget.seeds):
            place = Path(new) / str(seed)
            watch("runs", i, len(budget.seeds))
            place.mkdir()
            made = releases.run(problem, DESIGNS, seed, place)
            (place / "copy").mkdir()
            release = releases.copied(made, place / "copy")
            logged += release_packs.overseen(release).values()
            looked = release_packs.looked(release, place)
            for name, covered in _covered(looked).items():
                states.setdefault(name, []).append(covered)
            for way in WAYS:
                watch(f"evidence {way}", i, len(budget.seeds))
                for what, still in release_packs.mutated(looked, way):
                    counted[way].append(still)
                    missed[f"{way} {next(iter(what))}"] += still
    unseen = ", ".join(f"{name} ({n})" for name, n in sorted(missed.items()) if n)
    return from_intervals(
        values={
            "covered": t_interval(states["covered"]),
            "frameworks": Interval(2 / 3, 2 / 3, 2 / 3),
            "removed": share_of([not still for still in counted["removed"]]),
            "logged": share_of(logged),
            "fairness": NOTHING,
            "explained": NOTHING,
            "emptied": share_of(counted["emptied"]),
            "filled": share_of(counted["filled"]),
        },
        beside={k: t_interval(v) for k, v in states.items() if k != "covered"},
        data=digest([pack.FRAMEWORKS, release_packs.evidence()]),
        notes=(
            f"Still counted after they were spoiled, of {len(budget.seeds)} releases: "
            f"{unseen or 'none'}.",
            f"Of {', '.join(ASKED)} the second is not mapped. No security level is claimed, and "
            "whether what is found is enough nobody here can say.",
            "No metric of fairness stands in a record: no design is about persons.",
        ),
    )


def _covered(looked: release_packs.Looked) -> dict[str, float]:
    """Shares of requirements with evidence, of all that IEC 62443 names and of those listed."""
    found = {name: pack.framework(looked.pack, name) for name in pack.FRAMEWORKS}

    def some(name: str) -> int:
        return sum(c.state != "no evidence" for c in found[name].controls)

    act = found["eu_ai_act"].controls
    shares = {"covered": (some("iec_62443") + some("eu_ai_act")) / (NAMED + len(act))}
    for name in pack.FRAMEWORKS:
        controls = found[name].controls
        whole = sum(c.state == "evidence" for c in controls)
        shares |= {
            f"with some evidence, of the listed of {found[name].name}": some(name) / len(controls),
            f"with all evidence and no gap, of {found[name].name}": whole / len(controls),
        }
    return shares
