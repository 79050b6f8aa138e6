"""Forgeries common to every problem: an honest file, damaged.

Each damage changes the file or folder of one design in place; it raises `UnfitFileError` where
there is nothing of its kind to change. A problem's own forgeries are named by its test class.
"""

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from ingenium.core.reading.trial import sound

Damage = Callable[[Path], None]
Change = Callable[[np.ndarray], np.ndarray]  # numbers of a file; of a mesh (faces, 3, 3)

NUMBER = re.compile(rb"(?<![\w.])-?\d+\.\d+(?:[eE][-+]?\d+)?")  # with a point: no counts, no names
BINARY = (".npz", ".npy", ".nc", ".h5", ".hdf5", ".nir", ".parquet", ".3mf", ".fmu", ".png", ".stl")
HDF5 = (".nc", ".h5", ".hdf5", ".nir")
VERTEX = re.compile(rb'(?<=[xyz]=")[^"]+(?=")')
RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
STRANGE = {  # first bytes of files of other fields
    "a section's points": b"naca\n1.0 0.001\n0.5 0.06\n0.0 0.0\n0.5 -0.06\n1.0 -0.001\n",
    "a molecule's line": b"CCO molecule_000000\n",
    "a day's table": b"hour,load_p,load_q\n0.0,0.1,0.0\n0.25,0.1,0.0\n",
    "a beam's record": b'{"design": 0, "width_mm": 40.0, "height_mm": 80.0}\n',
    "a mesh of nothing": b"\0" * 84,
}


class UnfitFileError(Exception):
    """A file without anything that a damage changes."""


def forgeries(endings: tuple[str, ...]) -> Mapping[str, Damage]:
    """Damages by name for a format with these file endings."""
    numbers: dict[str, Change] = {
        "a thousand times as large": lambda x: 1000 * x,
        "a thousandth as large": lambda x: x / 1000,
        "a tenth larger": lambda x: 1.1 * x,
        "shifted": _shifted,
        "back to front": _mirrored,
        "of no size": lambda x: 0 * x,
        "flat": _flat,
        "with a NaN": partial(_with, np.nan),
        "with an infinity": partial(_with, np.inf),
    }
    return {
        **{name: partial(with_numbers, endings, change) for name, change in numbers.items()},
        "of complex numbers": partial(_arrays, lambda a: a * (1 + 1j)),
        "of texts": partial(_arrays, lambda a: a.astype(str)),
        "without its last axis": partial(_arrays, lambda a: a[..., 0]),
        "empty": partial(with_bytes, endings, lambda b: b""),
        "cut in half": partial(with_bytes, endings, lambda b: b[: len(b) // 2]),
        "with bits turned": partial(with_bytes, endings, _turned),
        "in furlongs": partial(_labelled, "furlong"),
        "with digits of another script": partial(_written, endings, _other_digits),
        "with underscores in its numbers": partial(_written, endings, _underscored),
        "with lines that few programs break": partial(_written, endings, _other_lines),
        "with carriage returns as its lines' ends": partial(
            _written, endings, lambda b: b.replace(b"\n", b"\r")
        ),
        "with no-break spaces between numbers": partial(_written, endings, _parted),
        "with a hidden end": partial(_written, endings, lambda b: b + b"\0\n"),
        **{k: partial(with_bytes, endings, partial(_same, v)) for k, v in STRANGE.items()},
        "with another beside it": partial(_alongside, endings),
    }


def doubled(path: Path, endings: tuple[str, ...]) -> None:
    """Repeat the records of a text file."""
    for file in _files(path, endings):
        if file.suffix not in (".smi", ".sdf", ".xyz", ".rsmi"):
            raise UnfitFileError
        file.write_bytes(2 * file.read_bytes())


def _same(content: bytes, before: bytes) -> bytes:
    return content


def _files(path: Path, endings: tuple[str, ...]) -> list[Path]:
    """Judged files of a design: its file, or those of a folder with these endings."""
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.suffix.lower() in endings)


def with_bytes(endings: tuple[str, ...], change: Callable[[bytes], bytes], path: Path) -> None:
    """Change the content of each judged file."""
    for file in _files(path, endings):
        before = file.read_bytes()
        file.write_bytes(change(before))


def _turned(content: bytes) -> bytes:
    """Invert the bits of each ninety-seventh byte, after a head that identifies the file."""
    out = bytearray(content)
    for i in range(min(200, len(out) // 2), len(out), 97):
        out[i] ^= 0xFF
    return bytes(out)


def _alongside(endings: tuple[str, ...], path: Path) -> None:
    if path.is_file():
        raise UnfitFileError
    file = _files(path, endings)[0]
    other = file.with_name(f"a_{file.name}")
    shutil.copy(file, other)
    with_numbers((file.suffix,), lambda x: 1.1 * x, other)


def with_numbers(endings: tuple[str, ...], change: Change, path: Path) -> None:
    """Change all numbers of the judged files together.

    Raises:
        UnfitFileError: where that changes no file, such as one with a single number.
    """
    changers: Mapping[str, Callable[[Path, Change], None]] = {
        ".stl": _stl,
        ".3mf": _3mf,
        ".npz": _npz,
        ".npy": _npy,
        ".nc": _netcdf,
        ".parquet": _parquet,
        **dict.fromkeys((".h5", ".hdf5", ".nir"), _hdf5),
    }
    found = _files(path, endings)
    before = [file.read_bytes() for file in found]
    for file in found:
        changers.get(file.suffix.lower(), _text)(file, change)
    if before == [file.read_bytes() for file in found]:
        raise UnfitFileError


def _written(endings: tuple[str, ...], change: Callable[[bytes], bytes], path: Path) -> None:
    """Rewrite numbers so that Python may read them and no program of the field does."""
    found = [file for file in _files(path, endings) if file.suffix.lower() not in BINARY]
    before = [file.read_bytes() for file in found]
    after = [change(content) for content in before]
    if before == after:
        raise UnfitFileError
    for file, content in zip(found, after, strict=True):
        file.write_bytes(content)


def _other_digits(content: bytes) -> bytes:
    """Write numbers with a point in Arabic-Indic digits."""
    table = {ord(str(d)): 0x660 + d for d in range(10)}
    return NUMBER.sub(lambda m: m[0].decode().translate(table).encode(), content)


def _underscored(content: bytes) -> bytes:
    """Rewrite `0.125` as `0.1_25`, which is a number to Python."""
    return NUMBER.sub(lambda m: re.sub(rb"(\.\d)(?=\d)", rb"\1_", m[0]), content)


def _parted(content: bytes) -> bytes:
    """Part numbers by a space that Python alone takes for one; in JSON it parts only names."""
    if content.lstrip()[:1] in (b"{", b"["):
        return content
    return re.sub(rb"(?<=\d) +(?=[-+]?\d)", "\xa0".encode(), content)


def _other_lines(content: bytes) -> bytes:
    """Join lines by a sign that ends a line to Python alone."""
    return content.replace(b"\n", "\u2028".encode())


def _labelled(unit: str, path: Path) -> None:
    """Relabel all arrays with a unit in another one."""
    if path.suffix.lower() not in HDF5:
        raise UnfitFileError
    with h5py.File(path, "r+") as file:
        reported = [array for array in _arrays_of(file) if "units" in array.attrs]
        for array in reported:
            array.attrs["units"] = unit
    if not reported:
        raise UnfitFileError
    sound(path.read_bytes())


def _shifted(x: np.ndarray) -> np.ndarray:
    """Shift by a twentieth of the range, along the first axis of a mesh."""
    moved = np.array(x, dtype=np.float64)
    part = moved[..., 0] if _is_mesh(moved) else moved
    part += 0.05 * (np.ptp(part) or 1.0)
    return moved


def _mirrored(x: np.ndarray) -> np.ndarray:
    """Reverse the order; a mesh along its first axis, faces still outward."""
    if not _is_mesh(x):
        return x[::-1].copy()
    turned = x[:, ::-1].copy()
    turned[..., 0] = turned[..., 0].max() + turned[..., 0].min() - turned[..., 0]
    return turned


def _flat(x: np.ndarray) -> np.ndarray:
    """Flatten a mesh to a thousandth of its height; other numbers become their mean."""
    if _is_mesh(x):
        return np.asarray(x * np.array([1.0, 1.0, 1e-3]))
    return np.full_like(np.asarray(x, dtype=np.float64), np.mean(x))


def _with(value: float, x: np.ndarray) -> np.ndarray:
    out = np.array(x, dtype=np.float64)
    out.flat[out.size // 2] = value
    return out


def _is_mesh(x: np.ndarray) -> bool:
    return x.ndim == 3 and x.shape[1:] == (3, 3)


def _text(file: Path, change: Change) -> None:
    content = file.read_bytes()
    found = NUMBER.findall(content)
    if not found:
        raise UnfitFileError
    new = iter(change(np.array(found, dtype=np.float64)))

    def one(match: re.Match[bytes]) -> bytes:
        digits = len(match[0].partition(b".")[2].partition(b"e")[0])
        exact = match[0].lower().count(b"e")
        value = next(new)
        written = f"{value:.{max(digits, 6)}e}" if exact else f"{value:.{digits}f}"
        return written.rjust(len(match[0])).encode()

    file.write_bytes(NUMBER.sub(one, content))


def _stl(file: Path, change: Change) -> None:
    content = file.read_bytes()
    records = np.frombuffer(content, RECORD, offset=84).copy()
    records["corners"] = change(records["corners"].astype(np.float64))
    file.write_bytes(content[:84] + records.tobytes())


def _3mf(file: Path, change: Change) -> None:
    """Change a 3MF file like `_stl`, so that both agree: each face with corners of its own."""
    with zipfile.ZipFile(file) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    (name,) = (n for n in parts if n.endswith(".model"))
    at = np.array(VERTEX.findall(parts[name]), dtype=np.float64).reshape(-1, 3)
    number = re.findall(rb'v[123]="(\d+)"', parts[name])
    corner = np.array(number, dtype=np.int64).reshape(-1, 3)
    faces = change(at[corner])
    place, own = np.unique(faces.reshape(-1, 3), axis=0, return_inverse=True)
    vertices = "".join(f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>' for x, y, z in place)
    rows = own.reshape(-1, 3)
    triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in rows)
    head, _, rest = parts[name].partition(b"<vertices>")
    tail = rest.partition(b"</triangles>")[2]
    body = f"<vertices>{vertices}</vertices><triangles>{triangles}</triangles>"
    parts[name] = head + body.encode() + tail
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, content in parts.items():
            archive.writestr(n, content)
    file.write_bytes(packed.getvalue())


def _npz(file: Path, change: Change) -> None:
    with np.load(file) as retained:
        arrays = dict(retained)
    _largest(arrays, lambda a: change(a.ravel()).reshape(a.shape))
    np.savez(file, **arrays)


def _npy(file: Path, change: Change) -> None:
    array = np.load(file)
    np.save(file, change(array.ravel()).reshape(array.shape))


def _arrays(change: Change, path: Path) -> None:
    """Change the largest array of a NumPy archive."""
    if path.suffix != ".npz":
        raise UnfitFileError
    with np.load(path) as retained:
        arrays = dict(retained)
    _largest(arrays, change)
    np.savez(path, **arrays)


def _largest(arrays: dict[str, np.ndarray], change: Change) -> None:
    name = max(arrays, key=lambda k: arrays[k].size)
    arrays[name] = change(arrays[name])


def _netcdf(file: Path, change: Change) -> None:
    with xr.open_dataset(file, engine="h5netcdf", decode_timedelta=False) as retained:
        whole = retained.load()
    for array in _floats(whole):
        array.to_numpy()[...] = change(array.to_numpy().ravel()).reshape(array.shape)
    whole.to_netcdf(file, engine="h5netcdf")
    sound(file.read_bytes())


def _floats(whole: xr.Dataset) -> Iterator[xr.DataArray]:
    arrays = (whole[name] for name in whole.data_vars)
    return (a for a in arrays if a.dtype.kind == "f" and a.size)


def _hdf5(file: Path, change: Change) -> None:
    with h5py.File(file, "r+") as retained:
        for array in _arrays_of(retained):
            if array.dtype.kind == "f" and array.size:
                array[...] = np.reshape(change(np.ravel(array[()])), array.shape)
    sound(file.read_bytes())


def _arrays_of(file: Any) -> list[Any]:
    """The arrays of all groups of an HDF5 file."""
    found: list[Any] = []
    file.visititems(lambda _, x: found.append(x) if isinstance(x, h5py.Dataset) else None)
    return found


def _parquet(file: Path, change: Change) -> None:
    import pyarrow
    from pyarrow import parquet

    table = parquet.read_table(file)
    for i, name in enumerate(table.column_names):
        values: Any = table.column(name)
        if pyarrow.types.is_floating(values.type) and name != "hour":
            new = pyarrow.array(change(values.to_numpy()))
            table = table.set_column(i, name, new)
    parquet.write_table(table, file)
