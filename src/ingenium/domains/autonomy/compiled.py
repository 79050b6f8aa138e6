"""Exported control laws as policies: compiled with the local C compiler and run."""

import ctypes
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.edge.c_export import shared_library

USE = "exported controllers are compiled, run and judged"


@dataclass(frozen=True, eq=False)
class CompiledLaws:
    """Policies whose actions come from compiled functions, one function for each copy in turn."""

    library: Any
    names: tuple[str, ...]
    outputs: int
    actions: int

    @classmethod
    def of(cls, texts: Mapping[str, str], outputs: int, actions: int) -> "CompiledLaws":
        """Compile sources by the prefix of their functions, and load them."""
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "laws.so"
            shared_library({"laws.c": "".join(texts.values())}, file, USE)
            library = ctypes.CDLL(str(file))
        return cls(library, tuple(texts), outputs, actions)

    @property
    def name(self) -> str:
        """Name of the policy."""
        return ", ".join(self.names[:3]) + (" and more" if len(self.names) > 3 else "")

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return the initial memory that the source defines."""
        own = [np.full((n, self.outputs), np.nan), np.zeros((n, self.actions))]
        return np.concatenate(own, 1)

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n m"]:
        """Call the function of each copy."""
        action = np.empty((len(seen), self.actions))
        own = [np.ascontiguousarray(a, dtype=np.float64) for a in (memory, seen, wanted)]
        rows = _rows(*own, action)
        for function, *at in zip(self._functions("act", len(seen)), *rows, strict=True):
            function(*at)
        return action

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n m"],
    ) -> Float64[np.ndarray, "n k"]:
        """Call the update function of each copy."""
        later = np.array(memory, dtype=np.float64, order="C")
        own = [np.ascontiguousarray(a, dtype=np.float64) for a in (seen, wanted, applied)]
        rows = _rows(later, *own)
        for function, *at in zip(self._functions("learn", len(seen)), *rows, strict=True):
            function(*at)
        return later

    def _functions(self, what: str, n: int) -> Sequence[Any]:
        own = self._loaded[what]
        return own if len(own) == n else (own * n)[:n]

    @cached_property
    def _loaded(self) -> Mapping[str, list[Any]]:
        """Load the functions of all laws."""
        return {
            what: [_taking(getattr(self.library, f"{name}_{what}")) for name in self.names]
            for what in ("act", "learn")
        }


def _taking(function: Any) -> Any:
    """Declare a function of four addresses."""
    function.argtypes, function.restype = (ctypes.c_void_p,) * 4, None
    return function


def _rows(*arrays: np.ndarray) -> list[list[int]]:
    """Addresses of the rows of arrays, which callers must keep alive."""
    found = []
    for array in arrays:
        base, stride = array.ctypes.data, array.strides[0]
        found.append([base + i * stride for i in range(len(array))])
    return found
