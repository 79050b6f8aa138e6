"""Makes again the known cells that come with the package: some minutes of homogenisation."""

from ingenium.core.recipe import printed
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.training import stock
from ingenium.domains.structures.cells.verifier import CellVerifier

if __name__ == "__main__":
    for settings in (CellSettings((32, 32)), CellSettings((16, 16, 16))):
        stock(settings, CellVerifier(settings)).ship(printed)
