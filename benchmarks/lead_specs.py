"""Specs of leads that no training molecule satisfies, though some molecule does.

Bounds on conflicting properties were tightened until none of the training molecules of MOSES
satisfied them all. They are feasible by one molecule of each, the witness, which our genetic search
found with 3,000 or 4,000 calls while bounds were tuned. No search of the benchmark knows it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rdkit import Chem

from benchmarks.molecules_rules import costs, held
from ingenium.core.digest import digest
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.spec import Limit
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.lead import LeadSettings
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.groups import Groups
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.parsing import parsed

SETUP = LeadSettings(keep=("c1ccccc1", "C(=O)N"), avoid=("[OX2H]c",))
TIMED, AT_ONCE = 100, 100_000  # molecules that rules are timed on; between two lines of progress


@dataclass(frozen=True)
class OptimisationTask:
    """Limits, their conditions for a generator, and a molecule that satisfies all."""

    name: str
    limits: tuple[Limit, ...]
    reported: Mapping[str, tuple[float, float]]
    witness: str


SPECS = (
    OptimisationTask(
        "polar and lipophilic",
        (
            Limit("in_training", at_most=0.0),
            Limit("weight", at_most=350.0),
            Limit("logp", at_least=3.4),
            Limit("tpsa", at_least=97.0),
            Limit("sp3", at_least=0.5),
            Limit("sa_score", at_most=3.0),
            Limit("qed", at_least=0.7),
        ),
        {"weight": (310.0, 350.0), "logp": (3.4, 4.0), "tpsa": (97.0, 112.0)},
        "CCCCc1ncccc1NC(=O)N(CCC)Cc1noc(C)c1N",
    ),
    OptimisationTask(
        "saturated benzamides",
        (
            Limit("groups_missing", at_most=0.0),
            Limit("groups_unwanted", at_most=0.0),
            Limit("in_training", at_most=0.0),
            Limit("weight", at_most=350.0),
            Limit("logp", at_least=3.3),
            Limit("tpsa", at_least=84.0),
            Limit("sp3", at_least=0.55),
            Limit("sa_score", at_most=2.6),
            Limit("qed", at_least=0.8),
        ),
        {"weight": (310.0, 350.0), "logp": (3.3, 3.9), "tpsa": (84.0, 96.0)},
        "Nc1cc(NC(=O)C2CCCCC2)ccc1C(=O)N1CCCCCO1",
    ),
)


GROUPS = Groups(SETUP.keep, SETUP.avoid)
MEASURES: Mapping[str, Callable[[Chem.Mol], float]] = {
    **{name: rule.of for name, rule in rules.BY_NAME.items()},
    "groups_missing": GROUPS.missing,
    "groups_unwanted": GROUPS.unwanted,
}


def known_hits(specs: Sequence[OptimisationTask] = SPECS) -> dict[str, int]:
    """Number of training molecules that satisfy each spec except for novelty, from the cache."""
    requested = {spec.name: [x for x in spec.limits if x.quantity in MEASURES] for spec in specs}
    labels = {name: [x.label for x in limits] for name, limits in requested.items()}
    under = digest([labels, SETUP.keep, SETUP.avoid, release_of("rdkit")])[7:19]
    path = cache_folder() / f"leads-known-{under}.json"
    if not path.is_file():
        write_atomic(path, json.dumps(scanned(requested, moses("train"))))
    found: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return found


def scanned(requested: Mapping[str, Sequence[Limit]], smiles: Sequence[str]) -> dict[str, int]:
    """Count molecules by letters, then cheap rules; each stops at its first violated limit."""
    cost = costs([parsed(text) for text in smiles[:TIMED]])
    order = {
        name: sorted(limits, key=lambda x: cost.get(x.quantity, 0.0))
        for name, limits in requested.items()
    }
    least = min(x.at_least for o in order.values() for x in o if x.quantity == "sp3")
    found = dict.fromkeys(requested, 0)
    for done, text in enumerate(smiles):
        if done % AT_ONCE == 0:
            print(f"training molecules: {done} of {len(smiles)}", flush=True)
        if saturated_at_most(text) < least:
            continue
        mol = parsed(text)
        for name, limits in order.items():
            found[name] += held(limits, mol, MEASURES)
    return found


def saturated_at_most(text: str) -> float:
    """An upper bound on the share of carbons with four bonds, from the letters of a SMILES text.

    Aromatic carbons (lower case) have three, and so do those with a double-bonded oxygen.
    """
    carbons = text.count("C") - text.count("Cl")
    with_three = text.count("C(=O)") + text.count("O=C")
    return (carbons - with_three) / max(carbons + text.count("c"), 1)
