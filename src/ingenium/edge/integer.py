"""The same graph in integers, with the exact result of each operator.

A signal holds 16-bit numbers with a fixed number of binary places; what a dense layer reads is a
code of 8 bits with a zero point. Sums of products have 32 bits, and are rescaled by a
multiplication with 30 bits, a rounding and a shift. There are no floating-point numbers, so that
NumPy, ONNX Runtime and C on any processor give the same numbers.

Shapes: n rows, w numbers of a signal, o outputs, i inputs.
Source: Jacob et al., CVPR 2018, arXiv:1712.05877 (zero points, multiplier and shift).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

MOST = 32767  # of a signal; the range is symmetric
CODES = (-128, 127)
ENTRIES = 2048  # of a table of a function
EXACT = 1024  # products of a code and a weight whose sum single precision holds exactly
SPARE = 8  # bits that a root is taken with beyond the number

Signals = Mapping[str, Int[np.ndarray, "n w"]]


@dataclass(frozen=True)
class Rows:
    """The row of a table of 8-bit numbers."""

    out: str
    x: str
    table: Int[np.ndarray, "r w"]


@dataclass(frozen=True)
class ByteCode:
    """A signal as 8-bit numbers around a zero point."""

    out: str
    x: str
    factor: int
    shift: int
    zero: int


@dataclass(frozen=True)
class Dense:
    """A matrix of 8- or 4-bit numbers on a code."""

    out: str
    x: str
    weight: Int[np.ndarray, "o i"]
    bias: Int[np.ndarray, " o"]
    factor: Int[np.ndarray, " o"]
    shift: Int[np.ndarray, " o"]
    bits: int = 8


@dataclass(frozen=True)
class Sum:
    """A sum of two signals at common places, shifted to the places of the result."""

    out: str
    x: str
    y: str
    up: tuple[int, int]
    down: int


@dataclass(frozen=True)
class Product:
    """An elementwise product of two signals."""

    out: str
    x: str
    y: str
    down: int


@dataclass(frozen=True)
class Lookup:
    """A function of each number, from a table."""

    out: str
    x: str
    down: int  # negative: shifted up
    table: Int[np.ndarray, " e"]


@dataclass(frozen=True)
class Norm:
    """A normalisation: subtract the mean, divide by the standard deviation."""

    out: str
    x: str
    down: int  # of n times a number less the sum of all
    factor: int  # root of n, in the places of the result, times 2 ** (SPARE / 2 + 20)


@dataclass(frozen=True)
class Slice:
    """A slice of the numbers."""

    out: str
    x: str
    start: int
    stop: int


@dataclass(frozen=True)
class Joined:
    """A concatenation of signals, each shifted to the places of the result."""

    out: str
    xs: tuple[str, ...]
    downs: tuple[int, ...]


Operator = Rows | ByteCode | Dense | Sum | Product | Lookup | Norm | Slice | Joined


def read(op: Operator) -> tuple[str, ...]:
    """The signals that an operator reads."""
    if isinstance(op, Joined):
        return op.xs
    return (op.x, op.y) if isinstance(op, Sum | Product) else (op.x,)


@dataclass(frozen=True)
class IntegerGraph:
    """Operators in order, and the places of every input and output signal."""

    name: str
    widths: Mapping[str, int]
    places: Mapping[str, int]  # binary ones, of 16-bit signals
    inputs: tuple[str, ...]
    indices: Mapping[str, int]
    outputs: tuple[str, ...]
    ties: Mapping[str, str]
    operators: tuple[Operator, ...]

    def run(self, given: Signals) -> dict[str, np.ndarray]:
        """Compute all signals of rows exactly: the reference for files and boards."""
        found = {k: np.asarray(v, np.int64) for k, v in given.items()}
        for op in self.operators:
            found[op.out] = _run(op, found)
        return found

    @property
    def products(self) -> int:
        """Multiplications by weights in a call."""
        return sum(op.weight.size for op in self.operators if isinstance(op, Dense))

    @property
    def weight_bytes(self) -> int:
        """Packed bytes of matrices and tables."""
        return sum(_bytes(op) for op in self.operators)

    @property
    def stored_bytes(self) -> int:
        """Packed bytes in flash, where functions share their tables."""
        tables = [op.table.tobytes() for op in self.operators if isinstance(op, Lookup)]
        return self.weight_bytes - 2 * ENTRIES * (len(tables) - len(set(tables)))


def _bytes(op: Operator) -> int:
    if isinstance(op, Dense):
        return op.weight.size * op.bits // 8 + len(op.bias) * 9  # bias, factor, shift
    if isinstance(op, Rows):
        return op.table.size
    return 2 * ENTRIES if isinstance(op, Lookup) else 0


def rounded(x: Any, down: Any) -> np.ndarray:
    """Shift down with rounding to the nearest, halves up; shift up where `down` is negative."""
    x, down = np.asarray(x, np.int64), np.asarray(down, np.int64)
    half = np.where(down > 0, np.int64(1) << np.maximum(down - 1, 0), 0)
    found: np.ndarray = np.where(
        down > 0, (x + half) >> np.maximum(down, 0), x << np.maximum(-down, 0)
    )
    return found


def held(x: np.ndarray) -> np.ndarray:
    """Clip to the range of a signal."""
    found: np.ndarray = np.clip(x, -MOST, MOST)
    return found


def _run(op: Operator, at: Mapping[str, np.ndarray]) -> np.ndarray:
    found: np.ndarray
    if isinstance(op, Rows):
        found = op.table.astype(np.int64)[at[op.x].reshape(-1)]
    elif isinstance(op, ByteCode):
        found = np.clip(rounded(at[op.x] * op.factor, op.shift) + op.zero, *CODES)
    elif isinstance(op, Dense):
        kind = np.float32 if op.weight.shape[1] <= EXACT else np.float64
        exact = at[op.x].astype(kind) @ op.weight.T.astype(kind)
        found = held(rounded((exact.astype(np.int64) + op.bias) * op.factor, op.shift))
    elif isinstance(op, Sum):
        found = held(rounded((at[op.x] << op.up[0]) + (at[op.y] << op.up[1]), op.down))
    elif isinstance(op, Product):
        found = held(rounded(at[op.x] * at[op.y], op.down))
    elif isinstance(op, Lookup):
        place = rounded(at[op.x], op.down) + ENTRIES // 2
        found = op.table.astype(np.int64)[np.clip(place, 0, ENTRIES - 1)]
    elif isinstance(op, Norm):
        found = _norm(op, at[op.x])
    elif isinstance(op, Slice):
        found = at[op.x][:, op.start : op.stop]
    else:
        both = zip(op.xs, op.downs, strict=True)
        found = np.concatenate([held(rounded(at[x], down)) for x, down in both], 1)
    return found


def _norm(op: Norm, x: np.ndarray) -> np.ndarray:
    off = rounded(x.shape[1] * x - x.sum(1, keepdims=True), op.down)
    total = (off * off).sum(1, keepdims=True) << SPARE
    root = np.maximum(np.floor(np.sqrt(total.astype(np.float64))).astype(np.int64), 1)
    return held(rounded(off * (op.factor // root), 20))
