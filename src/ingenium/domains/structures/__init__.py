"""Structures: load-bearing shapes, lattices and cells, by exact finite elements."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="structures",
    summary="shapes, lattices and cells that carry their load: exact finite elements",
    package=__name__,
    extra="structures",
    needs=("numba", "shapely", "skfem", "skimage", "trimesh"),
    problems={
        "bracket": Offer(
            f"{__name__}.bracket.bracket:Bracket",
            "printed brackets: bolts, an eye for a pin, several load cases",
        ),
        "container": Offer(
            f"{__name__}.container.container:Container",
            "printed corners of dry-ice containers: stacked, lifted, racked, cold",
        ),
        "lattice": Offer(
            f"{__name__}.lattices.problem:Lattice",
            "graded lattices that take up a given energy when crushed",
        ),
        "minimum_compliance": Offer(
            f"{__name__}.shapes.minimum_compliance:MinimumCompliance",
            "stiff shapes in a box: material where loads need it, 2D and 3D",
        ),
        "panel": Offer(
            f"{__name__}.panels.problem:Panel",
            "cores of sandwich panels: a topology and a thickness for each row",
        ),
        "roof": Offer(
            f"{__name__}.roof.truss:RoofTruss",
            "flat roof trusses of standard sections: light, cheap, stiff",
        ),
        "toolpath": Offer(
            f"{__name__}.toolpath.printed_column:PrintedColumn",
            "printed columns as G-code: no collision, and what the beads bear",
        ),
        "unit_cell": Offer(
            f"{__name__}.cells.unit_cell:UnitCell",
            "periodic cells of metamaterials with wanted effective properties",
        ),
    },
)
