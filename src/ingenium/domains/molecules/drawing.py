"""Pictures of molecules: structures in a grid, and the plane of two properties."""

import io
from collections.abc import Sequence

import matplotlib.image
import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from rdkit.Chem.Draw import rdMolDraw2D

from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.chemistry.parsing import parsed

COLUMNS, CELL = 4, (420, 300)  # pixels
OURS, KNOWN, MUTED = "#2166ac", "#b8a48c", "#d6604d"


def structures(smiles: Sequence[str], captions: Sequence[str]) -> Figure:
    """Structural formulas with a caption below each."""
    rows = -(-len(smiles) // COLUMNS)
    figure = Figure(figsize=(2.6 * COLUMNS, 2.15 * rows), layout="constrained")
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, text, caption in zip(grid, smiles, captions, strict=False):
        axes.imshow(pixels(text), interpolation="antialiased")
        axes.set_title(caption, fontsize=8, y=-0.2)
    return figure


def pixels(smiles: str) -> np.ndarray:
    """A structural formula."""
    canvas = rdMolDraw2D.MolDraw2DCairo(*CELL)
    canvas.drawOptions().clearBackground = True
    rdMolDraw2D.PrepareAndDrawMolecule(canvas, parsed(smiles))
    canvas.FinishDrawing()
    pixels: np.ndarray = matplotlib.image.imread(io.BytesIO(canvas.GetDrawingText()))
    return pixels


def plane(verdicts: xr.Dataset, known: Float[np.ndarray, "m 2"], names: tuple[str, str]) -> Figure:
    """Two quantities of the accepted and the rejected designs, with known molecules behind."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(known[:, 0], known[:, 1], 5, KNOWN, alpha=0.4, linewidths=0, label="known")
    verdict = verdicts["verdict"].to_numpy()
    for code, colour in ((Verdict.REJECTED, MUTED), (Verdict.ACCEPTED, OURS)):
        rows: Int[np.ndarray, " m"] = np.flatnonzero(verdict == code)
        x, y = (verdicts[name].to_numpy()[rows] for name in names)
        axes.scatter(x, y, 12, colour, linewidths=0, label=code.name.lower())
    axes.set_xlabel(_named(verdicts[names[0]]))
    axes.set_ylabel(_named(verdicts[names[1]]))
    axes.legend(frameon=False, fontsize=8)
    return figure


def _named(quantity: xr.DataArray) -> str:
    unit = quantity.attrs["units"]
    return str(quantity.attrs["long_name"]) + ("" if unit == "1" else f" ({unit})")
