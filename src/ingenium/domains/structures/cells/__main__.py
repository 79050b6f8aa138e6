"""Makes again the known cells that come with the package: some minutes of homogenisation."""

import sys

from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.training import SHIPPED, stock
from ingenium.domains.structures.cells.verifier import CellVerifier


def told(stage: str, done: int, total: int) -> None:
    """A line for each piece."""
    sys.stdout.write(f"{stage} {done}/{total}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for dim, cells in ((2, (32, 32)), (3, (16, 16, 16))):
        settings = CellSettings(cells)
        stock(settings, CellVerifier(settings)).ship(SHIPPED[dim], told)
