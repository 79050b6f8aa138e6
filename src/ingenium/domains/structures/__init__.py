"""Structures: shapes, lattices and cells that carry load, by exact finite elements."""

from ingenium.core.problem import Domain
from ingenium.domains.structures.lattices.problem import Lattice

DOMAIN = Domain(
    name="structures",
    summary="shapes, lattices and cells that carry their load: exact finite elements",
    extra="structures",
    problems={"lattice": Lattice},
)
