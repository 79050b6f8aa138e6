"""Independent reader of structure files: counts atoms, bonds and rings without RDKit.

It reads the columns of the file, a table of masses, and counts.

Source: BIOVIA, CTfile Formats (V2000 connection tables); Prohaska et al., Pure Appl. Chem. 94:573,
    2022 (standard atomic weights).
"""

from collections.abc import Mapping
from types import MappingProxyType

COUNTED = ("weight", "heavy_atoms", "pieces", "rings", "charge")
WEIGHT: Mapping[str, float] = MappingProxyType(
    {
        "H": 1.008,
        "B": 10.81,
        "C": 12.011,
        "N": 14.007,
        "O": 15.999,
        "F": 18.998,
        "Na": 22.990,
        "Si": 28.085,
        "P": 30.974,
        "S": 32.06,
        "Cl": 35.45,
        "Mg": 24.305,
        "Al": 26.982,
        "K": 39.098,
        "Zn": 65.38,
        "As": 74.922,
        "Se": 78.971,
        "Br": 79.904,
        "Sn": 118.71,
        "I": 126.904,
    }
)
"""g/mol; abridged."""


def counted(record: str) -> dict[str, float]:
    """Return weight, heavy atoms, pieces, rings and charge of one V2000 record with all hydrogens.

    Raises:
        ValueError: if the text is no such record.
        KeyError: for an element without a weight here.
    """
    lines = record.splitlines()
    start = next(i for i, line in enumerate(lines) if line.rstrip().endswith("V2000"))
    atoms, bonds = int(lines[start][:3]), int(lines[start][3:6])
    rows = lines[start + 1 :]
    elements = [row[31:34].strip() for row in rows[:atoms]]
    pairs = [(int(row[:3]) - 1, int(row[3:6]) - 1) for row in rows[atoms : atoms + bonds]]
    pieces = _pieces(atoms, pairs)
    return {
        "weight": sum(WEIGHT[e] for e in elements),
        "heavy_atoms": sum(e != "H" for e in elements),
        "pieces": pieces,
        "rings": bonds - atoms + pieces,
        "charge": _charge(rows[atoms + bonds :]),
    }


def _pieces(atoms: int, pairs: list[tuple[int, int]]) -> int:
    """Number of connected components, by joining sets."""
    parent = list(range(atoms))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in pairs:
        parent[root(a)] = root(b)
    return len({root(i) for i in range(atoms)})


def _charge(rows: list[str]) -> int:
    """Sum of the charges in the lines `M  CHG`."""
    words = [row.split()[3:] for row in rows if row.startswith("M  CHG")]
    return sum(int(charge) for row in words for charge in row[1::2])
