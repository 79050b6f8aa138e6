"""The known designs that come with the package, so that the usual bracket needs no making.

`designs.npz` holds densities in sixteen levels, two to a byte, packed by LZMA, their conditions,
and what was measured of them and of milled parts.
"""

import lzma
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from ingenium.core.folders import replacing
from ingenium.core.problem import Watch, silent
from ingenium.domains.structures.stock import Stock

FILE = Path(__file__).with_name("designs.npz")
PACKED = ".xz"


def complete(stock: Stock, count: int, watch: Watch = silent) -> dict[str, np.ndarray]:
    """The first rows of a stock: those that came with the package, or made in the cache.

    Raises:
        StorageError: if the cache cannot be written, or another process makes the same stock.
    """
    own = _stored(FILE).get(stock.folder.name, {})
    if own and min(len(rows) for rows in own.values()) >= count:
        return {name: rows[:count] for name, rows in own.items()}
    return stock.complete(watch)


@cache
def _stored(path: Path) -> Mapping[str, Mapping[str, np.ndarray]]:
    """Arrays by the stock and their name."""
    if not path.is_file():
        return {}
    found: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path, allow_pickle=False) as stored:
        for key in stored.files:
            stock, _, name = key.partition("/")
            if name.endswith(PACKED):
                name, rows = name.removesuffix(PACKED), _unpacked(stored[key])
            else:
                rows = stored[key]
            found.setdefault(stock, {})[name] = rows
    return found


def write(path: Path, stocks: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Write the arrays of stocks; levels of densities packed."""
    arrays = {}
    for stock, table in stocks.items():
        for name, rows in table.items():
            packed = rows.dtype == np.uint8
            arrays[f"{stock}/{name}{PACKED * packed}"] = _packed(rows) if packed else rows
    with replacing(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _packed(levels: np.ndarray) -> np.ndarray:
    """Two levels below 16 to a byte, compressed, after the number of rows."""
    flat = levels.ravel()
    flat = np.append(flat, np.zeros(len(flat) % 2, np.uint8))
    body = lzma.compress((flat[::2] << 4 | flat[1::2]).tobytes(), preset=9)
    head = np.array(levels.shape, dtype="<u4").tobytes()
    return np.frombuffer(head + body, dtype=np.uint8)


def _unpacked(data: np.ndarray) -> np.ndarray:
    raw = data.tobytes()
    rows, columns = np.frombuffer(raw[:8], dtype="<u4").tolist()
    body = np.frombuffer(lzma.decompress(raw[8:]), dtype=np.uint8)
    flat = np.stack([body >> 4, body & 15], 1).ravel()
    return flat[: rows * columns].reshape(rows, columns)
