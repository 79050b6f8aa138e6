"""Report of a run for medicinal chemists: structures, properties, and diversity."""

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.known import KnownMolecules
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.metrics.tanimoto import diversity
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.drawing import plane, structures
from ingenium.kits.chemistry.likeness import fingerprints, nearest, scaffold
from ingenium.kits.chemistry.parsing import parsed

SHOWN, FEW, BACKGROUND = 12, 4, 400
CAPTION = ("weight", "logp", "qed", "sa_score")
MOST = 500  # molecules whose nearest known one is searched


def sections(
    known: KnownMolecules,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    names: tuple[str, str],
    *,
    by: str = "",
) -> tuple[Section, ...]:
    """Plot structures of the best accepted molecules, two of their properties, and the library.

    Designs are in order, best first; `by` names the ranking.
    """
    accepted = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    behind = Section(
        "Two properties",
        f"The {BACKGROUND} known molecules behind are drawn at random from the training data.",
        plane(verdicts, _known(known, names), names),
    )
    if not len(accepted):
        return (*_nearest(designs, verdicts), behind)
    shown = distinct(designs, accepted)[:SHOWN]
    smiles = [str(s) for s in designs[SMILES].to_numpy()[shown]]
    captions = [_caption(designs, verdicts, row) for row in shown.tolist()]
    return (
        Section(
            "Structures",
            f"The best {len(shown)} accepted molecules that differ from each other{by}.",
            structures(smiles, captions),
        ),
        behind,
        _whole(known, designs, accepted),
    )


def _nearest(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Show the molecules that violate the fewest limits, and which of them the most."""
    known = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.REJECTED)
    if not len(known):
        return ()
    beyond = np.nan_to_num(np.maximum(-verdicts["margin"].to_numpy()[known], 0.0))
    scaled = beyond / np.where(beyond.max(0) > 0, beyond.max(0), 1.0)
    order = known[np.lexsort((scaled.sum(1), (beyond > 0).sum(1)))]
    shown = distinct(designs, order)[:FEW]
    limits = [str(x) for x in verdicts["limit"].to_numpy()]
    worst = {i: limits[int(row.argmax())] for i, row in zip(known.tolist(), scaled, strict=True)}
    smiles = [str(s) for s in designs[SMILES].to_numpy()[shown]]
    named = [f"design {int(i)}" for i in designs[DESIGN].to_numpy()[shown]]
    rows = [(n, s, worst[i]) for n, s, i in zip(named, smiles, shown.tolist(), strict=True)]
    text = "No molecule meets every limit; these violate the fewest, the nearest first."
    table = (("design", "SMILES", "most violated"), *rows)
    return (Section("Nearest", text, structures(smiles, named), table),)


def distinct(designs: xr.Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the first row of each molecule."""
    _, first = np.unique(designs[SMILES].to_numpy().astype(str)[rows], return_index=True)
    return rows[np.sort(first)]


def _caption(designs: xr.Dataset, verdicts: xr.Dataset, row: int) -> str:
    weight, logp, qed, sa = (float(verdicts[name].to_numpy()[row]) for name in CAPTION)
    index = int(designs[DESIGN].to_numpy()[row])
    return f"design {index}: {weight:.0f} g/mol\nlogP {logp:.1f}, QED {qed:.2f}, SA score {sa:.1f}"


def _known(known: KnownMolecules, names: tuple[str, str]) -> Float[np.ndarray, "m 2"]:
    """Values of known molecules, without those that rules cannot compute."""
    if not set(names) <= set(rules.BY_NAME):
        return np.empty((0, 2))
    mols = [m for m in map(parsed, known.smiles[:BACKGROUND]) if m is not None]
    return np.array([rules.measured(names, m) for m in mols])


def _whole(known: KnownMolecules, designs: xr.Dataset, accepted: np.ndarray) -> Section:
    once = distinct(designs, accepted)
    mols = [parsed(str(s)) for s in designs[SMILES].to_numpy()[once]]
    fresh = [scaffold(m) for m in mols]
    others = [parsed(s) for s in known.smiles[: 10 * BACKGROUND]]
    old, near = {scaffold(m) for m in others}, nearest(mols[:MOST], others)
    rows = (
        ("accepted", f"{len(accepted)}"),
        ("distinct molecules among them", f"{len(once)}"),
        ("scaffolds among those", f"{len(set(fresh))}"),
        (f"scaffolds not in {10 * BACKGROUND} known molecules", f"{len(set(fresh) - old)}"),
        ("internal diversity (1: nothing in common)", f"{diversity(fingerprints(mols)):.3f}"),
        ("median similarity to the nearest of them", f"{float(np.median(near)):.3f}"),
    )
    return Section(
        "The library as a whole",
        "Similarities are Tanimoto's on Morgan fingerprints of radius 2.",
        table=(("", "value"), *rows),
    )
