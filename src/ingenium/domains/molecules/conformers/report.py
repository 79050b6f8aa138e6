"""What a chemist wants to see of an ensemble: its conformers laid on each other, and energies."""

from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from rdkit import Chem

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.conformers.coverage import coverage
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.conformers.search import ConformerEnsemble
from ingenium.drawing.style import INK, OURS, SMALL, by_verdict, dress, panels, plane

SHOWN = 9
RADII = (0.5, 0.75)  # angstrom
HIGHEST_KCAL = 20.0  # of the drawing
HEAVY, LIGHT = 1.6, 0.5  # widths of lines
ELEMENTS = {7: OURS, 8: "#d6303d", 9: "#3a9d4f", 16: "#c9a400", 17: "#3a9d4f", 35: "#8c3b1b"}


@runtime_checkable
class ReportSubject(Protocol):
    """What a report takes of its problem."""

    mol: Chem.Mol
    likeness: Likeness

    @property
    def reference(self) -> ConformerEnsemble:
        """Known conformers."""
        ...

    @property
    def apart_angstrom(self) -> float:
        """Of the conformers of an ensemble from each other."""
        ...


def sections(
    asked: ReportSubject, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """The ensemble on top of each other, its energies, and what it covers."""
    accepted = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    behind = Section("Energies", _TOLD, energies(verdicts))
    if not len(accepted):
        return (behind,)
    position = designs["position"].to_numpy()
    low = accepted[np.argsort(verdicts["energy"].to_numpy()[accepted], kind="stable")]
    rows = low[asked.likeness.distinct(position[low], asked.apart_angstrom)]
    energy = verdicts["energy"].to_numpy()[rows[:SHOWN]]
    many = f"The {min(len(rows), SHOWN)} lowest of {len(rows)} conformers"
    return (
        Section(
            "The ensemble",
            f"{many} that differ by {asked.apart_angstrom:g} angstrom, laid on the lowest, without "
            "hydrogens on carbon. Energies are above the lowest known conformer.",
            overlay(asked.mol, asked.likeness, position[rows[:SHOWN]], energy),
        ),
        behind,
        _table(designs, verdicts, rows),
        _covered(asked, position[accepted], position[rows]),
    )


_TOLD = (
    "Every conformer by its distance to the nearest known one. What lies far to the right and low "
    "is new: the search for known conformers did not find it, or did not look at it. What is "
    f"higher than {HIGHEST_KCAL:g} kcal/mol is drawn there."
)


def overlay(
    mol: Chem.Mol,
    likeness: Likeness,
    position: Float[np.ndarray, "n a 3"],
    energy: Float[np.ndarray, " n"],
) -> Figure:
    """Conformers turned onto the first, and each alone, darker where nearer."""
    shown = [_onto(x, position[0], likeness) for x in position]
    heavy = likeness.orders[0]
    middle = shown[0][heavy].mean(0)
    axes = np.linalg.svd(shown[0][heavy] - middle)[2].T
    flat = [(x - middle) @ axes for x in shown]
    columns = min(len(flat), 4)
    rows = -(-(len(flat) + 1) // columns) if columns > 1 else 2
    reach = np.abs(np.concatenate(flat)[:, :2]).max(0) + 0.5
    high = 2.7 * reach[1] / reach[0] + 0.3
    figure, panes = panels(rows, columns, (2.7, high))
    grid = panes.ravel()
    for panel in grid:
        panel.axis("off")
        panel.set_aspect("equal")
        panel.set_xlim(-reach[0], reach[0])
        panel.set_ylim(-reach[1], reach[1])
    for x in flat:
        _sticks(grid[0], mol, x, alpha=0.5)
    grid[0].set_title("all", fontsize=SMALL)
    for panel, x, value in zip(grid[1:], flat, energy, strict=False):
        _sticks(panel, mol, x, alpha=1.0)
        panel.set_title(f"{round(float(value), 2) + 0.0:.2f} kcal/mol", fontsize=SMALL)
    return figure


def energies(verdicts: xr.Dataset) -> Figure:
    """Energy above the lowest by distance to what is known."""
    figure, axes = plane()
    y = np.minimum(verdicts["energy"].to_numpy(), HIGHEST_KCAL)
    by_verdict(axes, verdicts["nearest_known"].to_numpy(), y, verdicts["verdict"].to_numpy())
    far = "distance to the nearest known conformer (angstrom)"
    dress(axes, far, "GFN2-xTB energy above the lowest (kcal/mol)")
    return figure


def _onto(
    x: Float[np.ndarray, "a 3"], first: Float[np.ndarray, "a 3"], likeness: Likeness
) -> Float[np.ndarray, "a 3"]:
    """A conformer turned so that its heavy atoms lie on those of the first.

    Source: Kabsch, Acta Cryst. A 34:827, 1978.
    """
    best, turned = np.inf, x
    fixed = first[likeness.orders[0]]
    for order in likeness.orders:  # few ways to number
        own = x[order]
        u, _, v = np.linalg.svd((own - own.mean(0)).T @ (fixed - fixed.mean(0)))
        u[:, -1] *= np.sign(np.linalg.det(u @ v))
        there = (x - own.mean(0)) @ u @ v + fixed.mean(0)
        apart = float(np.square(there[order] - fixed).sum())
        if apart < best:
            best, turned = apart, there
    return turned


def _sticks(panel: object, mol: Chem.Mol, x: Float[np.ndarray, "a 3"], alpha: float) -> None:
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
            panel.plot(  # type: ignore[attr-defined]
                *np.stack([end, middle], 1),
                color=colour,
                lw=LIGHT if number == 1 else HEAVY,
                alpha=alpha,
                zorder=float(depth),
                solid_capstyle="round",
            )


def _table(designs: xr.Dataset, verdicts: xr.Dataset, rows: Int[np.ndarray, " m"]) -> Section:
    """The ensemble in numbers."""
    header = ("design", "GFN2-xTB (kcal/mol)", "MMFF94 (kcal/mol)", "to the nearest known (Å)")
    body = []
    for row in rows[: 3 * SHOWN].tolist():
        names = ("energy", "mmff_energy", "nearest_known")
        values = [f"{float(verdicts[n].to_numpy()[row]):.2f}" for n in names]
        body.append((str(int(designs[DESIGN].to_numpy()[row])), *values))
    told = "Lowest first, above the lowest known conformer by each method. Each can be replayed."
    return Section("The ensemble in numbers", told, table=(header, *body))


def _covered(asked: ReportSubject, accepted: np.ndarray, differ: np.ndarray) -> Section:
    """Coverage of the reference by what was accepted."""
    known = asked.reference.position
    apart = asked.likeness.between(accepted, known)
    rows = [("known conformers within the window", str(len(known)))]
    rows += [("accepted", str(len(accepted))), ("of these different", str(len(differ)))]
    for radius in RADII:
        found = coverage(apart, radius)
        rows.append((f"known ones found within {radius:g} angstrom", f"{found['cov_r']:.0%}"))
        rows.append((f"accepted ones within {radius:g} of a known one", f"{found['cov_p']:.0%}"))
    rows.append(
        ("mean distance of known ones to the nearest accepted (Å)", f"{found['amr_r']:.2f}")
    )
    told = "The known conformers are those of a search by ETKDG and random torsions."
    return Section("What is covered", told, table=(("", "value"), *rows))
