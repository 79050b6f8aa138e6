"""Mutated files that ours and the field's reader both accept: do they mean the same?

A file that we export is changed by one to three small edits. What our reader accepts is exported
again; the field's own reader reads the mutant and the export, and must find the same in both. Its
packages are named in `READERS`; formats without theirs are left out. MUTATIONS sets the number of
mutants of each format, FORMATS names some formats, and KEEP a folder for mutants that differ.
"""

import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import reader_meanings as meanings
from benchmarks.measuring import save
from ingenium.core.errors import IngeniumError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.kits.solids.printing.files import read_mesh, write_3mf, write_stl

MUTATIONS = int(os.environ.get("MUTATIONS", "2000"))
SEED, HONEST = 11, 4
SIGNS = "\r\n\t ,.;:|-+*/#'\"_<>{}[]()=&%01e9aAz\x0b\x0c\xa0\u2028\u3000\ufeff\x85"
READERS = {
    "smi": ("rdkit", meanings.smiles),
    "sdf": ("rdkit", meanings.records),
    "cif": ("gemmi", meanings.crystal),
    "qasm": ("qiskit", meanings.circuit),
    "svg": ("resvg_py", meanings.sketch),
    "dxf": ("ezdxf", meanings.drawing),
    "stl": ("stl", meanings.solid),
    "3mf": ("lib3mf", meanings.part),
}
PROBLEMS: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "smi": ("molecules.library", {"known": 200}, "smi"),
    "sdf": ("molecules.library", {"known": 200}, "sdf"),
    "cif": ("matter.crystal", {"judge": "chgnet", "types": ["cubic"]}, "cif"),
    "qasm": (
        "quantum.distribution",
        {"layers": 2, "known": 20, "steps": 30, "repair_steps": 5},
        "qasm",
    ),
    "svg": ("edge.doodle", {}, "svg"),
    "dxf": ("structures.roof", {"known": 60}, "dxf"),
}


@dataclass(frozen=True)
class MutatedFormat:
    """Honest files of one format, and our reading of a file as an export of what was read."""

    honest: list[bytes]
    again: Callable[[Path, Path], Path]
    ending: str


def run() -> None:
    """Mutate files of all formats, and store the counts."""
    chosen = os.environ.get("FORMATS", " ".join(READERS)).split()
    rows = []
    for name in chosen:
        package, meaning = READERS[name]
        if find_spec(package) is None:
            print(f"{name}: {package} is not installed", file=sys.stderr)
            continue
        rows.append({"format": name, "reader": package, **_compared(name, meaning)})
        print(rows[-1], flush=True)
    title = "Mutated files that ours and the field's reader both accept"
    save("reader_differences", title, rows, {"mutations": MUTATIONS, "seed": SEED})


def _compared(name: str, meaning: Callable[[Path], Any]) -> dict[str, Any]:
    rng, counts, began = random.Random(SEED), Counter[str](), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        form = _format(name, Path(folder))
        for _ in range(MUTATIONS):
            mutant = mutated(rng.choice(form.honest), rng)
            counts[_outcome(form, mutant, meaning, Path(folder))] += 1
    names = ("refused by ours", "refused by the field's", "same", "different")
    return {**{n: counts[n] for n in names}, "seconds": round(time.process_time() - began, 1)}


def _outcome(
    form: MutatedFormat, mutant: bytes, meaning: Callable[[Path], Any], folder: Path
) -> str:
    path = folder / f"mutant{form.ending}"
    path.write_bytes(mutant)
    try:
        export = form.again(path, folder)
    except IngeniumError:
        return "refused by ours"
    own = meaning(export)
    try:
        other = meaning(path)
    except Exception:  # noqa: BLE001 - whatever the reader raises, it does not read the file
        return "refused by the field's"
    if own == other:
        return "same"
    if keep := os.environ.get("KEEP"):
        (Path(keep) / f"{hash(mutant) & 0xFFFFFF:06x}{form.ending}").write_bytes(mutant)
    return "different"


def mutated(whole: bytes, rng: random.Random) -> bytes:
    """Change a file by one to three edits of bytes, words or lines."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        whole = rng.choice((_byte, _byte, _word, _line))(whole, rng)
    return whole


def _byte(whole: bytes, rng: random.Random) -> bytes:
    at, sign = rng.randrange(len(whole) + 1), rng.choice(SIGNS).encode()
    return whole[:at] + sign * rng.choice((0, 1, 1)) + whole[at + rng.choice((0, 1)) :]


def _word(whole: bytes, rng: random.Random) -> bytes:
    return _moved(whole, b" ", rng)


def _line(whole: bytes, rng: random.Random) -> bytes:
    return _moved(whole, b"\n", rng)


def _moved(whole: bytes, by: bytes, rng: random.Random) -> bytes:
    """Repeat, drop or swap parts, or join two of them by another sign."""
    parts = whole.split(by)
    i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
    kind = rng.randrange(4)
    if kind == 0:
        parts.insert(i, parts[j])
    elif kind == 1:
        del parts[i]
    elif kind == 2:
        parts[i], parts[j] = parts[j], parts[i]
    elif i + 1 < len(parts):
        parts[i : i + 2] = [parts[i] + rng.choice(SIGNS).encode() + parts[i + 1]]
    return by.join(parts)


def _format(name: str, folder: Path) -> MutatedFormat:
    if name in ("stl", "3mf"):
        return _mesh(name, folder)
    of, setup, form_name = PROBLEMS[name]
    spec = Spec(problem=of, setup=setup)
    problem = open_problem(spec)
    form = problem.formats[form_name]
    ending = f".{name}"

    def again(path: Path, place: Path) -> Path:
        own = place / "again"
        own.mkdir(exist_ok=True)
        made = form.write(form.read(path), own)
        return next(iter(made.values()))

    designs = problem.data().isel(design=slice(HONEST))
    place = folder / "honest"
    place.mkdir()
    files = dict.fromkeys(form.write(designs, place).values())
    return MutatedFormat([p.read_bytes() for p in files], again, ending)


def _mesh(name: str, folder: Path) -> MutatedFormat:
    import trimesh

    write = write_stl if name == "stl" else write_3mf
    honest = []
    for size in ((10.0, 20.0, 5.0), (3.0, 3.0, 40.0)):
        path = folder / f"honest.{name}"
        box = trimesh.creation.box(size)
        write(box.apply_scale(1e-3), path)
        honest.append(path.read_bytes())
        if name == "stl":
            honest.append(trimesh.creation.box(size).export(file_type="stl_ascii").encode())
    return MutatedFormat(honest, partial(_mesh_again, write, name), f".{name}")


def _mesh_again(write: Callable[..., None], name: str, path: Path, place: Path) -> Path:
    own = place / f"again.{name}"
    write(read_mesh(path), own)
    return own


if __name__ == "__main__":
    run()
