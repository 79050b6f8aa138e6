"""Measured solubilities and powder scans to predict from, and a screen that refuses hazards."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from ingenium.kits.chemistry.measurements import solubility
from ingenium.kits.chemistry.zinc import zinc250k
from ingenium_book.checks.molecules import powder
from ingenium_book.checks.molecules.labelled import ALIKE, CONTROLLED, EXPLOSIVES, WEAPONS
from ingenium_book.findings import Commands, Finding, Picture

ZINC = """
problem = "molecules.library"
[setup]
source = "zinc250k"
known = 200
"""
NEAR = 0.01  # of an edge
LONGEST = 88  # characters of a text
CLEAN = 300  # molecules of ZINC250k


def held_out(commands: Commands, values: Mapping[str, Any]) -> np.ndarray:
    """Write held-out molecules as `held.smi`; return measured solubilities."""
    whole = solubility("test")
    short = np.array([len(smiles) <= LONGEST for smiles in whole.smiles])
    listed = [s for s, fits in zip(whole.smiles, short, strict=True) if fits]
    (commands.folder / "held.smi").write_text("\n".join(listed))
    found: np.ndarray = whole.value[short]
    return found


def alkanes(commands: Commands, values: Mapping[str, Any]) -> bool:
    """Write alkanes of 24 to 43 carbons as `strange.smi`."""
    (commands.folder / "strange.smi").write_text("\n".join("C" * n for n in range(24, 44)))
    return True


def scans(commands: Commands, values: Mapping[str, Any]) -> int:
    """Write a powder scan of each cubic crystal; return their number."""
    for elements in powder.EDGES:
        name = f"{''.join(elements)}.csv"
        (commands.folder / name).write_text(powder.scan(elements, 0))
    return len(powder.EDGES)


def solved(commands: Commands, values: Mapping[str, Any]) -> int:
    """Count crystals that equal the proposal with the nearest pattern."""
    return sum(_solved(commands, values, elements) for elements in powder.EDGES)


def _solved(commands: Commands, values: Mapping[str, Any], elements: tuple[str, str, str]) -> bool:
    run = "".join(elements)
    if values[run]["code"] not in (0, 1):
        return False
    lines = (commands.folder / run / "evidence.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if "measured" in row]
    near = min(rows, key=lambda row: row["measured"]["pattern_misfit"]["value"])
    file = commands.folder / run / "designs" / f"crystal_{near['design']:06d}.cif"
    text = file.read_text()
    edge = float(text.partition("_cell_length_a ")[2].split()[0])
    sites = [f"{e} {at}" for e, at in zip(elements, "abc", strict=True)]
    turned = [f"{elements[0]} b", f"{elements[1]} a", f"{elements[2]} d"]  # the other origin
    right = any(all(s in text for s in reported) for reported in (sites, turned))
    return (
        "_Int_Tables_number 221" in text and right and abs(edge / powder.EDGES[elements] - 1) < NEAR
    )


def screened(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.17: hazards of public lists are refused and recorded, with few other refusals."""
    hazards = {**WEAPONS, **EXPLOSIVES, **CONTROLLED}
    refused = []
    for name, smiles in hazards.items():
        (commands.folder / "one.smi").write_text(f"{smiles}\n")
        done = commands("verify", "molecules.library", "one.smi")
        refused += [name] if done.code == 2 and "dual-use screen" in done.text else []
    yield Finding(
        f"{len(refused)} of {len(hazards)} named members of the classes are refused",
        len(refused) >= 0.85 * len(hazards),
    )
    alike = _read(commands, list(ALIKE.values()))
    yield Finding(f"none of {len(ALIKE)} drugs with like groups is refused", alike == len(ALIKE))
    flat = (str(s) for s in zinc250k() if not set("@/\\+-") & set(str(s)))
    clean = _read(commands, list(islice(flat, CLEAN)))
    yield Finding(f"none of {CLEAN} molecules of ZINC250k is refused", clean == CLEAN)
    listed = commands("ledger", "list", "--limit", 1000)
    notes = [e for e in listed.answer["entries"] if e["kind"] == "refusal"]
    yield Finding(
        f"the ledger notes {len(notes)} refusals, with classes",
        len(notes) == len(refused) and all(e["body"]["refused"][0]["classes"] for e in notes),
    )
    reported = any(f'"{smiles}"' in listed.text for smiles in hazards.values())
    yield Finding("and no structure", not reported)
    yield Finding("its chain is whole", commands("ledger", "check").code == 0)
    yield Finding("who may read it is told", commands("ledger", "access").code == 0, gap=True)


def _read(commands: Commands, smiles: list[str]) -> int:
    """Number of measured molecules of one file; a single refused one ends the command."""
    (commands.folder / "zinc.toml").write_text(ZINC)
    (commands.folder / "many.smi").write_text("\n".join(smiles))
    done = commands("verify", "molecules.library", "many.smi", "--spec", "zinc.toml")
    return sum(design["verdict"] != "failed" for design in done.answer.get("designs", ()))
