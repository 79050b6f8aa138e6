"""Report of lattices: pictures of crushing, force curves, and requested against measured energy."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.domains.structures.lattices.crushing import SHAPES, Curve, crush
from ingenium.domains.structures.lattices.layout import frames
from ingenium.domains.structures.lattices.solid import solid
from ingenium.domains.structures.lattices.verifier import CrushVerifier, stress_pa
from ingenium.drawing import Axis, Marks, OverTime, Plane, Requested, figure_of, gallery
from ingenium.drawing.style import OURS, SERIES
from ingenium.kits.solids.printing.pictures import gallery as bodies
from ingenium.kits.solids.printing.pictures import scene

SHOWN, TURNED = 4, 2  # lattices that are plotted; of these the ones with an interactive view
EVENEST = "The accepted lattices that crush most evenly"


def sections(
    verifier: CrushVerifier, designs: xr.Dataset, verdicts: xr.Dataset, known: xr.Dataset
) -> tuple[Section, ...]:
    """Plot lattices while they are crushed, their curves, and requested and measured energy."""
    plane = Section(
        "Energy requested and measured",
        "Each proposed lattice at its requested energy; the band is 10 % to either side. On the "
        "right, energy against relative density, with the known lattices in brown.",
        _plane(designs, verdicts, known),
    )
    rows = best(verdicts, "evenness", most=True)[:SHOWN]
    if not len(rows):
        return (plane,)
    chosen = designs.isel({DESIGN: rows})
    frame = frames(
        verifier.layout, *(chosen[k].to_numpy() for k in ("amplitude", "wall_m", "web_m"))
    )
    curves = [crush(one, verifier.material, verifier.crushing) for one in frame]
    names = [f"design {i}" for i in chosen[DESIGN].to_numpy()]
    meshes = [solid(one, verifier.depth_m) for one in frame]
    return (
        Section(
            "Bodies",
            f"{EVENEST}, as the bodies that are judged.",
            bodies(meshes, names),
            scenes=tuple(scene(*one) for one in zip(names[:TURNED], meshes, strict=False)),
        ),
        Section(
            "Folding",
            f"{EVENEST}, at strains up to 50 %; lines are the middles of the walls.",
            _folds(verifier, curves, names),
        ),
        Section(
            "Stress while crushed",
            "Mean of the forces on both plates over the area of the plate. Shaded: the strains of "
            "the plateau stress of ISO 13314.",
            _stress(verifier, curves, names),
        ),
        plane,
    )


def _folds(verifier: CrushVerifier, curves: list[Curve], names: list[str]) -> Figure:
    layout, wide = verifier.layout, 1000 * verifier.layout.width_m
    strains = [share * verifier.crushing.strain for share in SHAPES]

    def draw(axes: Axes, i: int) -> None:
        row, column = divmod(i, len(SHAPES))
        beams = 1000 * curves[row].beam_m[column]
        axes.add_collection(LineCollection(list(beams), colors=OURS, linewidths=1.1))
        for plate in (1000 * layout.height_m * (1 - strains[column]), 0.0):
            axes.plot([-0.05 * wide, 1.05 * wide], [plate, plate], color="black", lw=2)
        axes.set(xlim=(-0.15 * wide, 1.15 * wide), ylim=(-3, 1000 * layout.height_m + 3))
        axes.set_aspect("equal")

    titles = [f"strain {100 * s:.0f} %" for s in strains] + [""] * len(SHAPES) * (len(names) - 1)
    return gallery(titles, draw, size=(2.1, 2.0), columns=len(SHAPES), rows=names)


def _stress(verifier: CrushVerifier, curves: list[Curve], names: list[str]) -> Figure:
    lines = [
        Marks(name, 100 * c.strain, stress_pa(c, verifier.layout.width_m) / 1e6, colour, "-")
        for c, name, colour in zip(curves, names, SERIES, strict=False)
    ]
    strain = 100 * curves[0].strain
    plateau = ((20.0, 40.0),)
    shown = OverTime(strain, (), "stress", "MPa", "strain (%)", (0.0, None), lines, shaded=plateau)
    return figure_of(shown, size=(7.5, 3.4))


def _plane(designs: xr.Dataset, verdicts: xr.Dataset, known: xr.Dataset) -> Figure:
    verdict = verdicts["verdict"].to_numpy()
    wanted = Axis(designs["wanted_j_kg"].to_numpy() / 1000, "requested", "kJ/kg", ends=(0.0, None))
    energy = Axis.of(verdicts, "specific_energy", "measured", unit="kJ/kg", ends=(0.0, None))
    density = Axis.of(verdicts, "relative_density", "relative density")
    before = Marks("known", known["density"].to_numpy(), known["energy"].to_numpy() / 1000)
    return figure_of(
        Requested(wanted, energy, verdict, tolerance=0.1),
        Plane(density, energy, verdict, marks=(before,)),
        size=(4.5, 3.6),
    )
