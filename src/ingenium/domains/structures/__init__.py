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
            "3D-printed brackets between bolts and a pin, for several load cases",
        ),
        "container": Offer(
            f"{__name__}.container.container:Container",
            "3D-printed corner fittings of dry-ice containers: stacked, lifted, racked, cold",
        ),
        "lattice": Offer(
            f"{__name__}.lattices.problem:Lattice",
            "graded lattices that absorb a given energy when crushed",
        ),
        "minimum_compliance": Offer(
            f"{__name__}.shapes.minimum_compliance:MinimumCompliance",
            "topology optimisation: stiff shapes of a given volume, 2D and 3D",
        ),
        "panel": Offer(
            f"{__name__}.panels.problem:Panel",
            "sandwich-panel cores: a topology and a thickness for each row",
        ),
        "roof": Offer(
            f"{__name__}.roof.truss:RoofTruss",
            "flat roof trusses of standard sections by Eurocode 3: light, cheap, stiff",
        ),
        "toolpath": Offer(
            f"{__name__}.toolpath.printed_column:PrintedColumn",
            "3D-printed columns as G-code: collision-free, load capacity from the beads as laid",
        ),
        "unit_cell": Offer(
            f"{__name__}.cells.unit_cell:UnitCell",
            "periodic metamaterial cells with target effective properties",
        ),
    },
)
