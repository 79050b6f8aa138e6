"""Make again the known lattices that come with the package: minutes of crushing."""

from ingenium.domains.structures.lattices.known import SHIPPED
from ingenium.domains.structures.lattices.problem import Lattice, LatticeSettings

Lattice(LatticeSettings()).stock.ship(SHIPPED)
