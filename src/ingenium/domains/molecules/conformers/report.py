"""Report of superposed conformers, their energies, and their coverage of the known ones."""

from dataclasses import replace

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rdkit import Chem

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.domains.molecules.conformers.coverage import coverage
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.drawing import Axis, Plane, figure_of, gallery, table
from ingenium.drawing.style import INK, OURS

SHOWN = 9
RADII = (0.5, 0.75)  # angstrom
HIGHEST_KCAL = 20.0  # upper end of the plot
HEAVY, LIGHT = 1.6, 0.5  # widths of lines
ELEMENTS = {7: OURS, 8: "#d6303d", 9: "#3a9d4f", 16: "#c9a400", 17: "#3a9d4f", 35: "#8c3b1b"}


def sections(
    mol: Chem.Mol,
    likeness: Likeness,
    reference: Float[np.ndarray, "m a 3"],
    min_distance_angstrom: float,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Plot the superposed ensemble, its energies, and its coverage of the known conformers."""
    low = best(verdicts, "energy")
    behind = Section("Energies", _REPORTED, _energies(verdicts))
    if not len(low):
        return (behind,)
    position = designs["position"].to_numpy()
    rows = low[likeness.distinct(position[low], min_distance_angstrom)]
    energy = verdicts["energy"].to_numpy()[rows[:SHOWN]]
    listed = {DESIGN: rows[: 3 * SHOWN]}
    own = verdicts.isel(listed)
    numbers = table(
        ("design", designs[DESIGN].to_numpy()[listed[DESIGN]], ""),
        ("GFN2-xTB (kcal/mol)", own["energy"].to_numpy(), ".2f"),
        ("MMFF94 (kcal/mol)", own["mmff_energy"].to_numpy(), ".2f"),
        ("to the nearest known (Å)", own["nearest_known"].to_numpy(), ".2f"),
    )
    return (
        Section(
            "The ensemble",
            f"The {min(len(rows), SHOWN)} lowest of {len(rows)} conformers that differ by "
            f"{min_distance_angstrom:g} angstrom, laid on the lowest, without hydrogens on carbon. "
            "Energies are above the lowest known conformer.",
            overlay(mol, likeness, position[rows[:SHOWN]], energy),
        ),
        behind,
        Section(
            "The ensemble in numbers",
            "Lowest first, above the lowest known conformer by each method. Each can be replayed.",
            table=numbers,
        ),
        _covered(likeness, reference, position[low], len(rows)),
    )


_REPORTED = (
    "Every conformer by its distance to the nearest known one. Conformers far to the right and low "
    "are new: the search for known conformers did not find or did not consider them. Energies "
    f"above {HIGHEST_KCAL:g} kcal/mol are drawn at that value."
)


def overlay(
    mol: Chem.Mol,
    likeness: Likeness,
    position: Float[np.ndarray, "n a 3"],
    energy: Float[np.ndarray, " n"],
) -> Figure:
    """Plot conformers superposed on the first, and each alone, darker where nearer."""
    shown = [_onto(x, position[0], likeness) for x in position]
    heavy = likeness.orders[0]
    middle = shown[0][heavy].mean(0)
    turn = np.linalg.svd(shown[0][heavy] - middle)[2].T
    flat = [(x - middle) @ turn for x in shown]
    reach = np.abs(np.concatenate(flat)[:, :2]).max(0) + 0.5

    def draw(axes: Axes, i: int) -> None:
        axes.set_aspect("equal")
        axes.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
        for x in flat if i == 0 else flat[i - 1 : i]:
            _sticks(axes, mol, x, alpha=0.5 if i == 0 else 1.0)

    titles = ["all", *(f"{round(float(e), 2) + 0.0:.2f} kcal/mol" for e in energy)]
    return gallery(titles, draw, size=(2.7, 2.7 * reach[1] / reach[0] + 0.3))


def _energies(verdicts: xr.Dataset) -> Figure:
    """Energy above the lowest, by distance to the nearest known conformer."""
    energy = Axis.of(verdicts, "energy", "GFN2-xTB energy above the lowest")
    lower = replace(energy, values=np.minimum(energy.values, HIGHEST_KCAL))
    far = Axis.of(verdicts, "nearest_known", "distance to the nearest known conformer")
    return figure_of(Plane(far, lower, verdicts["verdict"].to_numpy()))


def _onto(
    x: Float[np.ndarray, "a 3"], first: Float[np.ndarray, "a 3"], likeness: Likeness
) -> Float[np.ndarray, "a 3"]:
    """A conformer rotated so that its heavy atoms lie on those of the first.

    Source: Kabsch, Acta Cryst. A 34:827, 1978.
    """
    best, turned = np.inf, x
    fixed = first[likeness.orders[0]]
    for order in likeness.orders:  # few symmetric numberings
        own = x[order]
        u, _, v = np.linalg.svd((own - own.mean(0)).T @ (fixed - fixed.mean(0)))
        u[:, -1] *= np.sign(np.linalg.det(u @ v))
        there = (x - own.mean(0)) @ u @ v + fixed.mean(0)
        apart = float(np.square(there[order] - fixed).sum())
        if apart < best:
            best, turned = apart, there
    return turned


def _sticks(axes: Axes, mol: Chem.Mol, x: Float[np.ndarray, "a 3"], alpha: float) -> None:
    """Each bond as two halves in the colours of its atoms."""
    for bond in mol.GetBonds():
        ends = (bond.GetBeginAtom(), bond.GetEndAtom())
        numbers = [a.GetAtomicNum() for a in ends]
        if sorted(numbers) == [1, 6]:
            continue
        one, other = (x[a.GetIdx(), :2] for a in ends)
        middle, depth = (one + other) / 2, x[[a.GetIdx() for a in ends], 2].mean()
        for end, number in zip((one, other), numbers, strict=True):
            colour = "#bbbbbb" if number == 1 else ELEMENTS.get(number, INK)
            axes.plot(
                *np.stack([end, middle], 1),
                color=colour,
                lw=LIGHT if number == 1 else HEAVY,
                alpha=alpha,
                zorder=float(depth),
                solid_capstyle="round",
            )


def _covered(
    likeness: Likeness,
    known: Float[np.ndarray, "m a 3"],
    accepted: Float[np.ndarray, "n a 3"],
    differ: int,
) -> Section:
    apart = likeness.between(accepted, known)
    found = {radius: coverage(apart, radius) for radius in RADII}
    rows = [
        ("known conformers within the window", str(len(known))),
        ("accepted", str(len(accepted))),
        ("of these different", str(differ)),
    ]
    for radius, own in found.items():
        rows.append((f"known ones found within {radius:g} angstrom", f"{own['cov_r']:.0%}"))
        rows.append((f"accepted ones within {radius:g} of a known one", f"{own['cov_p']:.0%}"))
    mean = "mean distance of known ones to the nearest accepted (Å)"
    rows.append((mean, f"{found[RADII[-1]]['amr_r']:.2f}"))
    reported = "The known conformers are those of a search by ETKDG and random torsions."
    return Section("What is covered", reported, table=(("", "value"), *rows))
