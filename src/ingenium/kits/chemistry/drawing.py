"""Pictures of molecules: structures in a grid, and a scatter plot of two properties."""

import io
from collections.abc import Mapping, Sequence

import matplotlib.image
import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from ingenium.drawing import Axis, Marks, Plane, figure_of
from ingenium.drawing.style import OURS, REJECTED, SMALL
from ingenium.kits.chemistry.parsing import parsed

COLUMNS, CELL = 4, (420, 300)  # pixels


def structures(
    smiles: Sequence[str],
    captions: Sequence[str],
    colours: Sequence[Mapping[int, float]] = (),
) -> Figure:
    """Return a figure of structural formulas with a caption below each.

    Args:
        smiles: one text for each molecule.
        captions: text below each formula.
        colours: value of each coloured atom, from -1 (red) over 0 (white) to 1 (blue); empty for no
            colour.
    """
    rows = -(-len(smiles) // COLUMNS)
    figure = Figure(figsize=(2.6 * COLUMNS, 2.15 * rows + 0.3))
    figure.set_layout_engine("constrained", rect=(0, 0.14 / rows, 1, 1 - 0.14 / rows))
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    reported = colours or [{}] * len(smiles)
    for axes, text, caption, own in zip(grid, smiles, captions, reported, strict=False):
        axes.imshow(pixels(text, own), interpolation="antialiased")
        axes.set_title(caption, fontsize=SMALL, y=-0.2)
    return figure


def pixels(smiles: str, colours: Mapping[int, float]) -> np.ndarray:
    """Return the image of a structural formula with coloured atoms."""
    mol: Chem.Mol = parsed(smiles)
    atoms = {i: _tint(value) for i, value in colours.items()}
    ends = {b.GetIdx(): (b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds()}
    bonds = {i: atoms[a] for i, (a, b) in ends.items() if a in atoms and atoms[a] == atoms.get(b)}
    canvas = rdMolDraw2D.MolDraw2DCairo(*CELL)
    canvas.drawOptions().clearBackground = True
    rdMolDraw2D.PrepareAndDrawMolecule(
        canvas,
        mol,
        highlightAtoms=list(atoms),
        highlightAtomColors=atoms,
        highlightBonds=list(bonds),
        highlightBondColors=bonds,
    )
    canvas.FinishDrawing()
    drawn: np.ndarray = matplotlib.image.imread(io.BytesIO(canvas.GetDrawingText()))
    return drawn


def _tint(value: float) -> tuple[float, float, float]:
    """RGB colour that departs from white the further a value is from zero."""
    full = to_rgb(OURS if value > 0 else REJECTED)
    share = min(abs(value), 1.0)
    red, green, blue = (1 - share * (1 - part) for part in full)
    return red, green, blue


def plane(verdicts: xr.Dataset, known: Float[np.ndarray, "m 2"], names: tuple[str, str]) -> Figure:
    """Plot two quantities of accepted and rejected designs, with known molecules behind."""
    x, y = (Axis.of(verdicts, name) for name in names)
    behind = Marks("known", known[:, 0], known[:, 1])
    return figure_of(Plane(x, y, verdicts["verdict"].to_numpy(), marks=(behind,)))
