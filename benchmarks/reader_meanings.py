"""What a reader of the field finds in a file, as values that can be compared."""

from pathlib import Path
from typing import Any

import numpy as np


def smiles(path: Path) -> Any:
    """RDKit on whole lines, extensions included."""
    from rdkit import Chem

    found = []
    for line in path.read_bytes().decode().split("\n"):
        if line.strip():
            mol = Chem.MolFromSmiles(line)
            if mol is None:
                raise ValueError(line)
            found.append(_constitution(mol))
    return found


def records(path: Path) -> Any:
    """RDKit on the records of an SDF, with their groups."""
    from rdkit import Chem

    found = []
    for mol in Chem.SDMolSupplier(str(path)):
        if mol is None:
            raise ValueError(path)
        found.append((_constitution(mol), len(Chem.GetMolSubstanceGroups(mol))))
    return found


def _constitution(mol: Any) -> str:
    from rdkit import Chem

    Chem.RemoveStereochemistry(mol)
    return str(Chem.MolToSmiles(Chem.RemoveHs(mol)))


def crystal(path: Path) -> Any:
    """Cell, and atoms of the cell by element, by gemmi."""
    import gemmi

    document = gemmi.cif.read(str(path))
    found = gemmi.make_small_structure_from_block(document.sole_block())
    sites = found.get_all_unit_cell_sites()
    counts: dict[str, int] = {}
    for site in sites:
        if site.occ != 1:
            raise ValueError("occupancy")
        counts[site.element.name] = counts.get(site.element.name, 0) + 1
    cell = found.cell
    edges = [cell.a, cell.b, cell.c, cell.alpha, cell.beta, cell.gamma]
    return sorted(counts.items()), [round(x, 2) for x in edges]


def circuit(path: Path) -> Any:
    """Probabilities of outcomes, and how many gates of each kind, by qiskit."""
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import Statevector

    made = QuantumCircuit.from_qasm_file(str(path))
    counts = dict(sorted(made.count_ops().items()))
    made.remove_final_measurements()
    return counts, np.round(Statevector(made).probabilities(), 6).tolist()


def sketch(path: Path) -> Any:
    """Pixels, by resvg."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=path.read_bytes().decode()))


def drawing(path: Path) -> Any:
    """Ends and layers of lines in model space, by ezdxf."""
    import ezdxf

    document = ezdxf.readfile(str(path))
    found = []
    for entity in document.modelspace():
        ends = sorted(tuple(round(x, 2) for x in p) for p in (entity.dxf.start, entity.dxf.end))
        found.append((entity.dxftype(), entity.dxf.layer, ends))
    return sorted(found), document.units


def solid(path: Path) -> Any:
    """Volume and extent of an STL, by numpy-stl."""
    from stl import mesh

    found = mesh.Mesh.from_file(str(path))
    volume, _, _ = found.get_mass_properties()
    box = np.concatenate([found.vectors.min((0, 1)), found.vectors.max((0, 1))])
    return round(float(volume), 1), np.round(box.astype(float), 3).tolist()


def part(path: Path) -> Any:
    """Box and triangles of what is built, by lib3mf."""
    import lib3mf

    model = lib3mf.get_wrapper().CreateModel()
    model.QueryReader("3mf").ReadFromFile(str(path))
    box = model.GetOutbox()
    ends = [*box.MinCoordinate, *box.MaxCoordinate]
    items = model.GetBuildItems()
    return items.Count(), int(model.GetUnit()), [round(float(x), 3) for x in ends]
