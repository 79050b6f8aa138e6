"""What a designer of crash absorbers wants to see: how lattices fold, and how hard they push."""

import numpy as np
import xarray as xr
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.lattices.crushing import SHAPES, Curve, crush
from ingenium.domains.structures.lattices.layout import frames
from ingenium.domains.structures.lattices.solid import solid
from ingenium.domains.structures.lattices.verifier import CrushVerifier, stress_pa
from ingenium.drawing.style import (
    MUTED,
    OURS,
    TEXT,
    by_verdict,
    dress,
    known_points,
    panels,
    plane,
)
from ingenium.kits.solids.printing.pictures import gallery, scene

SHOWN, TURNED = 4, 2  # lattices that are drawn; of these the ones that the reader can turn


def sections(
    verifier: CrushVerifier, designs: xr.Dataset, verdicts: xr.Dataset, known: xr.Dataset
) -> tuple[Section, ...]:
    """Lattices while they are crushed, their curves, and energy asked and measured."""
    accepted = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    best = accepted[np.argsort(-verdicts["evenness"].to_numpy()[accepted], kind="stable")][:SHOWN]
    plane = Section(
        "Energy asked for and measured",
        "Each proposed lattice at the energy that was asked of it; the band is 10 % to either "
        "side. On the right, energy against relative density, with the known lattices in brown.",
        _plane(designs, verdicts, known),
    )
    if not len(best):
        return (plane,)
    chosen = designs.isel({DESIGN: best})
    fields = (chosen[k].to_numpy() for k in ("amplitude", "wall_m", "web_m"))
    bodies = frames(verifier.layout, *fields)
    curves = [crush(frame, verifier.material, verifier.crushing) for frame in bodies]
    names = [f"design {i}" for i in chosen[DESIGN].to_numpy()]
    meshes = [solid(frame, verifier.depth_m) for frame in bodies]
    return (
        Section(
            "As they are printed",
            "The accepted lattices that crush most evenly, as the bodies that are judged.",
            gallery(meshes, names),
            scenes=tuple(scene(*one) for one in zip(names[:TURNED], meshes, strict=False)),
        ),
        Section(
            "How they fold",
            "The accepted lattices that crush most evenly, at strains up to 50 %; lines are the "
            "middles of the walls.",
            _folds(verifier, curves, names),
        ),
        Section(
            "Stress while crushed",
            "Mean of the forces on both plates over the area of the plate. Shaded: the strains of "
            "the plateau stress of ISO 13314.",
            _curves(verifier, curves, names),
        ),
        plane,
    )


def _folds(verifier: CrushVerifier, curves: list[Curve], names: list[str]) -> Figure:
    figure, grid = panels(len(curves), len(SHAPES), (2.1, 2.0))
    layout, least = verifier.layout, 1000 * verifier.layout.width_m
    for row, (curve, name) in enumerate(zip(curves, names, strict=True)):
        for axes, beams, share in zip(grid[row], curve.beam_m, SHAPES, strict=True):
            strain = share * verifier.crushing.strain
            top = 1000 * layout.height_m * (1 - strain)
            axes.add_collection(LineCollection(list(1000 * beams), colors=OURS, linewidths=1.1))
            axes.plot([-0.05 * least, 1.05 * least], [top, top], color="black", lw=2)
            axes.plot([-0.05 * least, 1.05 * least], [0, 0], color="black", lw=2)
            axes.set(xlim=(-0.15 * least, 1.15 * least), ylim=(-3, 1000 * layout.height_m + 3))
            axes.set_aspect("equal")
            axes.axis("off")
            if row == 0:
                axes.set_title(f"strain {100 * strain:.0f} %", fontsize=TEXT)
        grid[row][0].text(
            -0.12,
            0.5,
            name,
            transform=grid[row][0].transAxes,
            rotation=90,
            va="center",
            fontsize=TEXT,
        )
    return figure


def _curves(verifier: CrushVerifier, curves: list[Curve], names: list[str]) -> Figure:
    figure, axes = plane(7.5, 3.4)
    for curve, name, shade in zip(curves, names, np.linspace(0, 0.7, len(curves)), strict=True):
        colour = tuple(np.array([0.13, 0.4, 0.67]) * (1 - shade) + shade)
        stress = stress_pa(curve, verifier.layout.width_m) / 1e6
        axes.plot(100 * curve.strain, stress, color=colour, label=name, lw=1.2)
    axes.axvspan(20, 40, color=MUTED, alpha=0.15, lw=0)
    axes.set(ylim=(0, None), xlim=(0, None))
    dress(axes, "strain (%)", "stress (MPa)")
    return figure


def _plane(designs: xr.Dataset, verdicts: xr.Dataset, known: xr.Dataset) -> Figure:
    figure, ((left, right),) = panels(1, 2, (4.5, 3.6))
    verdict = verdicts["verdict"].to_numpy()
    found = verdicts["specific_energy"].to_numpy() / 1000
    wanted = designs["wanted_j_kg"].to_numpy() / 1000
    density = verdicts["relative_density"].to_numpy()
    ends = np.array([0, 1.1 * max(wanted.max(), float(np.nanmax(found)))])
    left.fill_between(ends, 0.9 * ends, 1.1 * ends, color=MUTED, alpha=0.25, lw=0)
    left.plot(ends, ends, color=MUTED, lw=0.8)
    by_verdict(left, wanted, found, verdict)
    left.set(xlim=(0, None), ylim=(0, None))
    dress(left, "asked (kJ/kg)", "measured (kJ/kg)")
    known_points(right, known["density"].to_numpy(), known["energy"].to_numpy() / 1000)
    by_verdict(right, density, found, verdict)
    right.set_ylim(0, None)
    dress(right, "relative density", "measured (kJ/kg)")
    return figure
