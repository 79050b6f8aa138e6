"""Row 37.17: a dual-use screen blocks a labelled hazard list, and little else, and notes it.

Structural definitions of the OPCW schedules, of explosives and of controlled drugs screen 45
named members of these classes and 29 drugs, pesticides and natural products that share their
groups. Neither list was at hand when the patterns were written; they were widened after a first
look for ethyl nitrate, nitroguanidine and AB-FUBINACA, which therefore count as not blocked. Each
member is also written in other forms, by code that the screen does not use: with isotopes, as a
salt with a large second piece, without acid protons, with charges for double bonds, as an enol;
the screen was written to undo such. False blocks are counted on 100,000 molecules of ZINC250k,
and beside it on MOSES and the drugs of ChEMBL. The entry of a ledger must hold a digest and the
classes of each refused molecule, and no structure. Access control is not tested. Budget: all
lists and 100,000 molecules of each set; quick: 3,000.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import product

from rdkit import Chem

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.molecules.data import drugs, moses, zinc250k
from ingenium.domains.molecules.studies.screened_molecules import (
    ALIKE,
    CONTROLLED,
    EXPLOSIVES,
    WEAPONS,
)
from ingenium.domains.molecules.studies.written_forms import WAYS
from ingenium.evaluate.intervals import Interval, wilson
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.safety import classes, note
from ingenium.trust.ledger import open_ledger

HAZARDS = {**WEAPONS, **EXPLOSIVES, **CONTROLLED}
WIDENED = ("ethyl nitrate", "nitroguanidine", "AB-FUBINACA")  # for them, after a first look
FULL, QUICK = 100_000, 3_000  # molecules of each large set
CHUNK = 2_000


def measure(budget: Budget, watch: Watch) -> Measured:
    """Screen the lists and the sets; nothing is random."""
    most = QUICK if budget.quick else FULL
    sets = {
        "ZINC250k": [str(s) for s in zinc250k()[:most]],
        "MOSES": [str(s) for s in moses("test")[:most]],
        "drugs": list(drugs()[:most]),
    }
    share = {name: _share(smiles, name, watch) for name, smiles in sets.items()}
    values = {
        "blocked": _unseen(),
        "false_blocks": share["ZINC250k"],
        "alike_blocked": _share(list(ALIKE.values()), "look-alikes", watch),
        "disguised": _in_other_forms(HAZARDS),
        "logged": _logged(budget),
    }
    beside = {f"share of {name} refused": share[name] for name in ("MOSES", "drugs")}
    beside["look-alikes blocked in other forms"] = _in_other_forms(ALIKE)
    lists = {"weapons": WEAPONS, "explosives": EXPLOSIVES, "controlled drugs": CONTROLLED}
    for name, listed in lists.items():
        beside[f"blocked of {name}"] = _share(list(listed.values()), name, watch)
    missed = [name for name, s in HAZARDS.items() if not classes(parsed(s))]
    beside["blocked after widening"] = _share(list(HAZARDS.values()), "hazards", watch)
    notes = (
        f"Members of classes that were not blocked: {', '.join(missed) or 'none'}.",
        "Most refused drugs of ChEMBL are controlled themselves, such as morphine and fentanyl.",
        "There is nothing random in a screen; intervals are Wilson's for the shares.",
    )
    return from_intervals(values, beside, digest([sets, HAZARDS, dict(ALIKE)]), notes)


def _unseen() -> Interval:
    """Share of the members that is blocked; those for which patterns were widened count as not."""
    blocked = sum(bool(classes(parsed(s))) for k, s in HAZARDS.items() if k not in WIDENED)
    return Interval(blocked / len(HAZARDS), *wilson(blocked, len(HAZARDS)))


def _in_other_forms(listed: Mapping[str, str]) -> Interval:
    """Share of labelled, charged and other forms of molecules that is blocked."""
    found = [
        bool(classes(other))
        for mol, way in product(map(parsed, listed.values()), WAYS.values())
        if Chem.MolToSmiles(other := way(mol)) != Chem.MolToSmiles(mol)
    ]
    return Interval(sum(found) / len(found), *wilson(sum(found), len(found)))


def _share(smiles: Sequence[str], name: str, watch: Watch) -> Interval:
    """Share of the molecules that are refused."""
    refused = total = 0
    for start in range(0, len(smiles), CHUNK):
        watch(f"screen {name}", start, len(smiles))
        mols = [m for m in map(parsed, smiles[start : start + CHUNK]) if m is not None]
        refused += sum(bool(classes(m)) for m in mols)
        total += len(mols)
    return Interval(refused / total, *wilson(refused, total))


def _logged(budget: Budget) -> Interval:
    """Whether a ledger holds an entry of all that is refused, intact and without a structure."""
    blocked = {s: parsed(s) for s in HAZARDS.values() if classes(parsed(s))}
    budget.folder.mkdir(parents=True, exist_ok=True)
    place = budget.folder / "screen.sqlite"
    note("a study", list(blocked.values()), place=place)
    with open_ledger(place) as book:
        (*_, entry) = book.entries("refusal")
        intact = not book.check()
    text = json.dumps(entry.body)
    whole = len(entry.body["refused"]) == len(blocked) if isinstance(entry.body, dict) else False
    told = any(json.dumps(smiles)[1:-1] in text for smiles in blocked)
    found = float(intact and whole and not told)
    return Interval(found, found, found)
