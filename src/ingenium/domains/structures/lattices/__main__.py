"""Make again the known lattices that come with the package: minutes of crushing."""

from ingenium.core.recipe import printed
from ingenium.domains.structures.lattices.problem import Lattice, LatticeSettings

if __name__ == "__main__":
    Lattice(LatticeSettings()).stock.ship(printed)
