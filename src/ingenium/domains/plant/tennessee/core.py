"""The Tennessee Eastman plant: tep-studio's step in a compiled loop of Ricker's controllers.

Shapes: n copies, s doubles of a copy (the plant's handle, then the controllers).
"""

import ctypes
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import EngineError
from ingenium.core.packages import Extra
from ingenium.edge.c_export import FLAGS, shared_library

EXTRA = Extra("tennessee")
USE = "Ricker's controllers of the Tennessee Eastman plant are compiled"
LOOP = Path(__file__).with_name("loop.c")
FUNCTIONS = ("derivatives", "outputs", "set_inputs", "shutdown_code", "reset")
THREADS = 2  # copies that run at the same time; results are the same for any number
STEP_H = 0.0005  # h, step of the integration and of the controllers
PER_HOUR = round(1 / STEP_H)
FLAGS_OF_MODEL = (
    0x4 | 0x20 | 0x80
)  # costs; noise has its own random numbers; disturbances of any size
NOISE = (0.0012, 18.0, 22.0, 0.05, 0.2, 0.21, 0.3, 0.5, 0.01, 0.0017)  # of the first readings
WALKS = (0.485, 0.005, 45.0, 45.0, 35.0, 40.0, 1.0, 1.0, 0.0)  # means of disturbances
FIELDS = (
    ("y", 50), ("time", 1), ("seen", 41), ("truth", 41), ("target", 12), ("valve", 12),
    ("loops", 42), ("slow", 6), ("r1", 1), ("r4", 1), ("production", 1), ("pct_g", 1),
    ("ramped", 1), ("meter", 8), ("tripped", 1),
)  # fmt: skip


class Functions(ctypes.Structure):
    """Addresses of the plant's own functions, as the loop expects them."""

    _fields_: ClassVar = [(name, ctypes.c_void_p) for name in FUNCTIONS]


@dataclass(frozen=True, eq=False)
class EastmanCore:
    """The compiled loop, and where in a copy of the plant its noise and mean disturbances lie."""

    loop: Any
    functions: Functions
    doubles: int  # of a plant's handle
    noise: int
    means: tuple[int, ...]  # of disturbances, and of where each of them is now
    initial: Float64[np.ndarray, " 50"]
    version: str

    @property
    def size(self) -> int:
        """Number of doubles of a copy."""
        return self.doubles + sum(count for _, count in FIELDS)

    def part(self, x: Float64[np.ndarray, "n s"], name: str) -> Float64[np.ndarray, "n k"]:
        """Return a view of a field of copies, for reading or writing."""
        first = self.doubles
        for field, count in FIELDS:
            if field == name:
                return x[:, first : first + count]
            first += count
        raise KeyError(name)

    def begin(self, seed: float, flags: int = FLAGS_OF_MODEL) -> Float64[np.ndarray, "1 s"]:
        """Return a copy in its base case, with noise from a seed."""
        row, other = np.zeros((1, self.size)), np.zeros(self.doubles)
        self.loop.te_begin(
            ctypes.byref(self.functions), _at(row), self.doubles, self.noise, _at(other),
            ctypes.c_double(seed), ctypes.c_double(flags), _at(self.initial),
        )  # fmt: skip
        return row

    def run(
        self,
        x: Float64[np.ndarray, "n s"],
        steps: int,
        wanted: Float64[np.ndarray, "n 12"],
        rate: Float64[np.ndarray, " 12"],
        disturbance: Float64[np.ndarray, "n 28"],
    ) -> Float64[np.ndarray, "n s"]:
        """Advance copies by some steps; all values are NaN where the plant gave no number.

        `rate` is the largest change of the controllers' targets in a step.
        """
        later = np.array(x, order="C")
        rows = list(zip(later, wanted.copy(), disturbance.copy(), strict=True))
        if len(rows) == 1:
            self._one(later[0], rows[0][1], rows[0][2], steps, rate)
            return later
        with ThreadPoolExecutor(THREADS) as pool:  # the compiled loop lets other threads run
            list(pool.map(lambda own: self._one(own[0], own[1], own[2], steps, rate), rows))
        return later

    def _one(
        self,
        row: Float64[np.ndarray, " s"],
        wanted: Float64[np.ndarray, " 12"],
        disturbance: Float64[np.ndarray, " 28"],
        steps: int,
        rate: Float64[np.ndarray, " 12"],
    ) -> None:
        """Advance one copy in place."""
        other = np.zeros(self.doubles)
        failed = self.loop.te_run(
            ctypes.byref(self.functions), _at(row), self.doubles, self.noise, _at(other),
            steps, _at(wanted), _at(rate), _at(disturbance),
        )  # fmt: skip
        if failed:
            row[self.doubles :] = np.nan


def _at(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


@cache
def eastman() -> EastmanCore:
    """Open the plant and compile the loop, once in a process.

    Raises:
        MissingExtra: without tep-studio, with the line that installs it.
        MissingProgram: without a C compiler.
        EngineError: for an unknown version of the plant's compiled module.
    """
    EXTRA.package("tep_studio")
    module = EXTRA.package("tep_studio.simulation.native")
    ffi, lib = module.ffi, module.lib
    found = [int(ffi.cast("uintptr_t", ffi.addressof(lib, f"tep_{name}"))) for name in FUNCTIONS]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "loop.so"
        faster = tuple("-O2" if f == "-O1" else f for f in FLAGS)
        shared_library({"loop.c": LOOP.read_text()}, file, USE, faster)
        loop = ctypes.CDLL(str(file))
    loop.te_fields.restype = ctypes.c_long
    if loop.te_fields() != sum(count for _, count in FIELDS):
        raise EngineError("the compiled loop has another layout than its reader")
    doubles = (int(lib.tep_model_size()) + 8 * 101) // 8
    kernel = module.NativeTEPKernel()
    initial = kernel.reset()
    handle = np.frombuffer(kernel.snapshot().model_bytes, dtype=np.float64)
    noise, now, means = (
        _found(handle, NOISE, 1)[0],
        *_found(handle, WALKS, 2),
    )
    return EastmanCore(
        loop, Functions(*found), doubles, noise, (now, means), initial,
        EXTRA.release_of("tep-studio"),
    )  # fmt: skip


def _found(handle: np.ndarray, values: tuple[float, ...], times: int) -> list[int]:
    """Find the offsets of a row of known numbers in the plant's memory."""
    wide = np.lib.stride_tricks.sliding_window_view(handle, len(values))
    at = np.flatnonzero((wide == np.array(values)).all(1)).tolist()
    if len(at) != times:
        raise EngineError(
            f"tep-studio has another layout than version 0.2.0: a known table lies there "
            f'{len(at)} times. Write pip install "tep-studio==0.2.0".'
        )
    return at
