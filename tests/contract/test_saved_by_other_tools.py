"""Files that tools of each field open and save again are read as before."""

import json
from collections.abc import Callable
from importlib import import_module
from locale import LC_ALL, setlocale
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damage import Reader
from damaged_readers import of

from ingenium.core.errors import InputError

TEXTS = {".cif", ".vasp", ".qasm", ".smi", ".sdf", ".xyz", ".csv", ".json", ".dat", ".inp", ".svg"}
TEXTS |= {".gcode", ".dxf", ".lp", ".mps", ".rsmi", ".jsonl", ".py"}


def ase(file: Path) -> None:
    io = import_module("ase.io")

    kind = "vasp" if file.suffix == ".vasp" else file.suffix[1:]
    frames = io.read(file, index=":", format=kind)
    io.write(file, frames, format=kind)


def pymatgen(file: Path) -> None:
    tool: Any = import_module("pymatgen.core")

    kind = "poscar" if file.suffix == ".vasp" else "cif"
    structure = tool.Structure.from_str(file.read_text(), fmt=kind)
    file.write_text(structure.to(fmt=kind))


def rdkit(file: Path) -> None:
    chem: Any = import_module("rdkit.Chem")

    molecules = list(chem.SDMolSupplier(str(file), removeHs=False))
    with chem.SDWriter(str(file)) as out:
        for molecule in molecules:
            out.write(molecule)


def qiskit(file: Path) -> None:
    qasm2, qasm3 = import_module("qiskit.qasm2"), import_module("qiskit.qasm3")

    text = file.read_text()
    if "OPENQASM 3" in text:
        file.write_text(qasm3.dumps(qasm3.loads(text)))
        return
    circuit = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    file.write_text(qasm2.dumps(circuit))


def xarray(file: Path) -> None:
    import xarray as xr

    xr.load_dataset(file, engine="h5netcdf").to_netcdf(file, engine="h5netcdf")


def h5copy(file: Path) -> None:
    import h5py

    other = file.with_suffix(".other")
    with h5py.File(file) as old, h5py.File(other, "w") as new:
        new.attrs.update(old.attrs)
        for name in old:
            old.copy(name, new)
    other.replace(file)


def trimesh(file: Path) -> None:
    tool: Any = import_module("trimesh")
    tool.load(file).export(file)


def trimesh_ascii(file: Path) -> None:
    tool: Any = import_module("trimesh")
    file.write_text(tool.load(file).export(file_type="stl_ascii"))


def meshio(file: Path) -> None:
    tool = import_module("meshio")

    tool.write(file, tool.read(file), binary=True)


def lib3mf(file: Path) -> None:
    tool = import_module("lib3mf")

    wrapper = tool.get_wrapper()
    model = wrapper.CreateModel()
    model.QueryReader("3mf").ReadFromFile(str(file))
    model.QueryWriter("3mf").WriteToFile(str(file))


def highs(file: Path) -> None:
    solver = import_module("highspy").Highs()
    solver.silent()
    solver.readModel(str(file))
    solver.writeModel(str(file))


def pandas(file: Path) -> None:
    import pandas as pd

    pd.read_csv(file).to_csv(file, index=False)


def pyarrow(file: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(parquet.read_table(file), file, compression="gzip")


def pandapower(file: Path) -> None:
    import pandapower as pp

    pp.to_json(pp.from_json(str(file)), str(file))


def jq(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()), sort_keys=True, indent=2))


def numpy(file: Path) -> None:
    with np.load(file) as held:
        arrays = dict(held)
    np.savez_compressed(file, **arrays)


def editor(file: Path) -> None:
    """An editor of Windows ends lines by CR and LF."""
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


TOOLS: tuple[tuple[str, str, Callable[[Path], None]], ...] = (
    ("matter", ".cif", ase),
    ("matter", ".cif", pymatgen),
    ("matter", ".vasp", ase),
    ("matter", ".vasp", pymatgen),
    ("molecules", ".sdf", rdkit),
    ("molecules", ".xyz", ase),
    ("molecules", ".json", jq),
    ("quantum", ".qasm", qiskit),
    ("physics", ".nc", xarray),
    ("physics", ".h5", h5copy),
    ("equations", ".nc", xarray),
    ("structures", ".stl", trimesh),
    ("structures", ".stl", trimesh_ascii),
    ("structures", ".stl", meshio),
    ("structures", ".3mf", trimesh),
    ("structures", ".3mf", lib3mf),
    ("structures", ".npz", numpy),
    ("words", ".lp", highs),
    ("words", ".mps", highs),
    ("process", ".csv", pandas),
    ("plant", ".csv", pandas),
    ("grid", ".csv", pandas),
    ("grid", ".parquet", pyarrow),
    ("grid", ".json", pandapower),
    ("grid", ".nc", xarray),
)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, np.ndarray) and one.dtype.kind in "fc":
        return one.shape == other.shape and np.allclose(one, other, 1e-5, 1e-5, equal_nan=True)
    return bool(np.array_equal(one, other))


def _read_again(readers: list[Reader], save: Callable[[Path], None]) -> list[str]:
    """Files that are refused, or read as something else, when a tool saved them."""
    wrong = []
    for reader in readers:
        as_written, kept = reader.read(reader.path), reader.part.read_bytes()
        spoken = setlocale(LC_ALL)
        save(reader.part)
        setlocale(LC_ALL, spoken)  # lib3mf sets that of the process
        try:
            if not _alike(as_written, reader.read(reader.path)):
                wrong.append(f"{reader.name}: other data")
        except InputError as error:
            wrong.append(f"{reader.name}: {error}")
        finally:
            reader.part.write_bytes(kept)
    return wrong


@pytest.mark.parametrize("domain", sorted({domain for domain, _, _ in TOOLS}))
def test_what_tools_of_the_field_save_is_read(domain: str, tmp_path: Path) -> None:
    readers = [r for r in of(domain, tmp_path) if not r.name.startswith("spec")]
    found = {}
    for _, suffix, save in (tool for tool in TOOLS if tool[0] == domain):
        own = [r for r in readers if r.part.suffix == suffix]
        assert own
        found[suffix, save.__name__] = _read_again(own, save)
    found["text", "editor"] = _read_again([r for r in readers if r.part.suffix in TEXTS], editor)
    assert not {k: v for k, v in found.items() if v}
