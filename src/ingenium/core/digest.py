"""Content addresses: the same content has the same digest, wherever and however it is stored.

All digests are `sha256:` and 64 hexadecimal digits. The hashed content depends on neither the
platform, the order of keys or variables, the byte order, nor the bits inside a NaN.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ingenium.core.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

PREFIX = "sha256:"


def canonical(value: object) -> str:
    """Return the canonical JSON of a value: sorted keys, no spaces, ASCII, floats by `repr`.

    Not-a-number and the infinities are written `NaN`, `Infinity` and `-Infinity`, as Python's
    `json` reads them. `1` and `1.0` differ; a tuple and an array are lists, a dataclass is a
    mapping of its fields.

    Raises:
        InputError: for a type without an obvious JSON form, or a key that is not text.
    """
    plain = _plain(value, "value")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(value: object) -> str:
    """Digest of the canonical JSON of a value."""
    return content_digest(canonical(value))


def content_digest(content: str | bytes) -> str:
    """Digest of bytes, or of text in UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    return PREFIX + hashlib.sha256(data).hexdigest()


def path_digest(path: Path) -> str:
    """Digest of a file, or of a folder's files with their names."""
    return folder_digest(path) if path.is_dir() else file_digest(path)


def file_digest(path: Path) -> str:
    """Digest of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return PREFIX + hashlib.file_digest(file, "sha256").hexdigest()


def array_digest(array: npt.ArrayLike) -> str:
    """Digest of an array: its type, shape and values.

    Text has one digest whether it is stored as `object` or as fixed-width unicode.

    Raises:
        InputError: for an array of Python objects that are not all text.
    """
    values = np.asarray(array)
    if values.dtype.kind in "OTU":
        return digest(["text", list(values.shape), _texts(values)])
    if values.dtype.kind not in "biufcmMS" or values.dtype.char in "gG":  # g has idle bytes
        raise InputError("an array of numbers, times or text", f"one of {values.dtype}")
    if values.dtype.kind in "fc" and bool(np.isnan(values).any()):
        values = np.where(np.isnan(values), np.array(np.nan, values.dtype), values)
    values = values.astype(values.dtype.newbyteorder("<"), order="C", copy=False)
    running = hashlib.sha256(canonical([values.dtype.str, list(values.shape)]).encode() + b"\n")
    if values.size:
        running.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return PREFIX + running.hexdigest()


def dataset_digest(data: "xr.Dataset", *, attrs: bool = False) -> str:
    """Digest of all variables and coordinates by name, in whatever order they come.

    Args:
        data: rows of a dimension count in their order, variables do not.
        attrs: count the attributes (units, names, history) of the data and of each variable too.
    """
    variables = {}
    for name, variable in data.variables.items():
        content: list[object] = [list(variable.dims), array_digest(variable.values)]
        if attrs:
            content.append(dict(variable.attrs))
        variables[str(name)] = content
    return digest([variables, dict(data.attrs) if attrs else {}])


def folder_digest(folder: Path, *, but: Collection[str] = ()) -> str:
    """Digest of all files below a folder by relative path; the folder's own name is not counted.

    Args:
        folder: its empty folders, links to folders, permissions and times are not counted.
        but: shell patterns of names (of files or of folders on the way) that are left out.

    Raises:
        InputError: if there is no such folder.
    """
    if not folder.is_dir():
        raise InputError("a folder", str(folder))
    content = {}
    for inside in _files(str(folder), ""):
        if not any(fnmatch(part, pattern) for part in inside.split("/") for pattern in but):
            content[inside] = file_digest(folder / inside)
    return digest(content)


def _files(folder: str, under: str) -> Iterator[str]:
    """Paths of all files below a folder, relative to it; links to folders are not followed."""
    with os.scandir(folder) as entries:  # a system call a folder, where paths take one a file
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{under}{entry.name}/")
            elif entry.is_file():
                yield under + entry.name


def _plain(value: object, where: str) -> Any:
    """Convert a value to JSON's own types, or raise an error that names the place."""
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist(), where)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise InputError("keys that are text", f"{key!r} in {where}")
        return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
    raise InputError(
        "numbers, text, lists and mappings",
        f"{type(value).__name__} at {where}",
        "Turn it into one of these first.",
    )


def _texts(values: npt.NDArray[Any]) -> list[str]:
    texts = values.ravel().tolist()
    for text in texts:
        if not isinstance(text, str):
            raise InputError("an array of numbers, times or text", f"one that holds {text!r}")
    return texts
