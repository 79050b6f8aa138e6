"""Predictions with intervals that cover, and a screen that refuses hazards."""

import json
from collections.abc import Iterator
from itertools import islice

import numpy as np
from matplotlib.figure import Figure

from ingenium.kits.chemistry.measurements import solubility
from ingenium.kits.chemistry.zinc import zinc250k
from ingenium_book.checks.molecules import powder
from ingenium_book.checks.molecules.labelled import ALIKE, CONTROLLED, EXPLOSIVES, WEAPONS
from ingenium_book.findings import Commands, Finding, Picture

PREDICTED = """
problem = "molecules.lead"
[setup]
source = "zinc250k" # whose texts may be longest
known = 200
solubility = true
[[limits]]
quantity = "pieces"
at_most = 1
"""
ZINC = """
problem = "molecules.library"
[setup]
source = "zinc250k"
known = 200
"""
SCANNED = """
problem = "matter.crystal"
[setup]
judge = "chgnet"
[given]
pattern = { file = "scan.csv" }
[select]
keep = "verified"
"""
SCANS, NEAR = 60, 0.01  # crystals proposed for each scan; of an edge
LONGEST = 88  # characters of a text
LEVEL, APART = 0.9, 0.05  # of the intervals, and how far their coverage may be from it
OUTSIDE = 0.05  # share of molecules like the measured ones that counts as unlike them
CLEAN = 300  # molecules of ZINC250k
MISSING = {  # parts of row 20.18, and a word by which a problem or command would be known
    "counterfactuals that flip a label": "counterfactual",
    "gain of an equivariant augmentation": "equivariant",
    "gap of federated training": "federated",
    "disentangled latent numbers": "disentangle",
}


def covered_predictions(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.16: predicted solubility has an interval that covers, and says where it is strange."""
    smiles, truth = _held_out()
    found = _predicted(commands, "held", smiles)
    share = float(np.mean((found["low"] <= truth) & (truth <= found["high"])))
    yield Finding(
        f"90 % intervals cover {share:.1%} of {len(smiles)} held-out measured solubilities",
        abs(share - LEVEL) <= APART,
    )
    alarms = float((found["typical"] <= OUTSIDE).mean())
    yield Finding(f"{alarms:.1%} of these are flagged as unlike the data", alarms <= 2 * OUTSIDE)
    strange = _predicted(commands, "strange", ["C" * n for n in range(24, 44)])
    flagged = float((strange["typical"] <= OUTSIDE).mean())
    yield Finding(f"{flagged:.0%} of alkanes of 24 to 43 carbons are flagged", flagged >= 0.9)
    text = commands("show", "molecules.lead").text
    for words in ("80 % interval", "shares of groups"):
        yield Finding(f"{words} can be had as numbers by a command", words in text, gap=True)
    figure = Figure(figsize=(3.2, 3.0), layout="constrained")
    axes = figure.subplots()
    half = (found["high"] - found["low"]) / 2
    axes.errorbar(truth, found["value"], yerr=half, fmt=".", color="tab:blue", alpha=0.25)
    axes.axline((0, 0), slope=1, color="0.3", lw=0.8)
    axes.set(xlabel="measured log10 of mol/L", ylabel="predicted, with 90 % interval")
    yield Picture(figure, "Solubility of held-out molecules")


def screened(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.17: hazards of public lists are refused and noted, and little else is."""
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
    told = any(f'"{smiles}"' in listed.text for smiles in hazards.values())
    yield Finding("and no structure", not told)
    yield Finding("its chain is whole", commands("ledger", "check").code == 0)
    yield Finding("who may read it is told", commands("ledger", "access").code == 0, gap=True)


def seven_parts(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 20.18: of seven parts of trust and process, those that are there."""
    smiles, truth = _held_out()
    found = _predicted(commands, "held", smiles)
    share = float(np.mean((found["low"] <= truth) & (truth <= found["high"])))
    yield Finding(
        f"conformal 90 % intervals cover {share:.1%} of held-out molecules",
        abs(share - LEVEL) <= APART,
    )
    shown = commands("show", "structures.bracket").text
    yield Finding(
        "thin features and overhangs of printed parts are measured",
        all(name in shown for name in ("min_feature", "overhang_area")),
    )
    found_crystals = sum(_solved(commands, elements) for elements in powder.EDGES)
    yield Finding(
        f"{found_crystals} of {len(powder.EDGES)} cubic crystals are found from simulated powder "
        "scans at measured edges, by a simulator that nothing was fitted to",
        found_crystals >= len(powder.EDGES) / 2,
        gap=True,
    )
    listed = commands("list").text
    for part, word in MISSING.items():
        yield Finding(part, word in listed, gap=True)


def _solved(commands: Commands, elements: tuple[str, str, str]) -> bool:
    """Whether the crystal whose pattern lies nearest to a scan is the one behind it."""
    (commands.folder / "scan.csv").write_text(powder.scan(elements, 0))
    (commands.folder / "scan.toml").write_text(SCANNED)
    name = "".join(elements)
    done = commands(
        *("propose", "matter.crystal", "--spec", "scan.toml", "-n", SCANS, "--seed", 1),
        *("--format", "cif", "--out", name),
    )
    if done.code not in (0, 1):
        return False  # its packages are not installed
    lines = (commands.folder / name / "evidence.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if "measured" in row]
    near = min(rows, key=lambda row: row["measured"]["pattern_misfit"]["value"])
    file = commands.folder / name / "designs" / f"crystal_{near['design']:06d}.cif"
    text = file.read_text()
    edge = float(text.partition("_cell_length_a ")[2].split()[0])
    sites = [f"{e} {at}" for e, at in zip(elements, "abc", strict=True)]
    turned = [f"{elements[0]} b", f"{elements[1]} a", f"{elements[2]} d"]  # the other origin
    right = any(all(s in text for s in told) for told in (sites, turned))
    return (
        "_Int_Tables_number 221" in text and right and abs(edge / powder.EDGES[elements] - 1) < NEAR
    )


def _predicted(commands: Commands, name: str, smiles: list[str]) -> dict[str, np.ndarray]:
    """What `verify` measures of the solubility of molecules."""
    (commands.folder / "predicted.toml").write_text(PREDICTED)
    (commands.folder / f"{name}.smi").write_text("\n".join(smiles))
    done = commands("verify", "molecules.lead", f"{name}.smi", "--spec", "predicted.toml")
    rows = [design["measured"] for design in done.answer["designs"]]
    names = {k: f"solubility_{k}" for k in ("low", "high", "typical")} | {"value": "solubility"}
    return {k: np.array([row[name]["value"] for row in rows]) for k, name in names.items()}


def _read(commands: Commands, smiles: list[str]) -> int:
    """How many molecules of one file are measured; a single refused one ends the command."""
    (commands.folder / "zinc.toml").write_text(ZINC)
    (commands.folder / "many.smi").write_text("\n".join(smiles))
    done = commands("verify", "molecules.library", "many.smi", "--spec", "zinc.toml")
    return sum(design["verdict"] != "failed" for design in done.answer.get("designs", ()))


def _held_out() -> tuple[list[str], np.ndarray]:
    """Molecules whose solubility was measured and that no model learned, and these numbers."""
    whole = solubility("test")
    short = np.array([len(smiles) <= LONGEST for smiles in whole.smiles])
    return [s for s, fits in zip(whole.smiles, short, strict=True) if fits], whole.value[short]
