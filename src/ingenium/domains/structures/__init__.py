"""Structures: shapes, lattices and cells that carry load, by exact finite elements."""

from ingenium.core.problem import Domain
from ingenium.domains.structures.bracket.bracket import Bracket
from ingenium.domains.structures.cells.unit_cell import UnitCell
from ingenium.domains.structures.container.container import Container
from ingenium.domains.structures.lattices.problem import Lattice
from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance

DOMAIN = Domain(
    name="structures",
    summary="shapes, lattices and cells that carry their load: exact finite elements",
    extra="structures",
    problems={
        "bracket": Bracket,
        "container": Container,
        "lattice": Lattice,
        "minimum_compliance": MinimumCompliance,
        "unit_cell": UnitCell,
    },
)
