"""The isolated environment's side of the pipe: calls of an engine on arrays, one line of JSON each.

It runs with the environment's interpreter, on NumPy alone, and never imports ingenium. Arrays
travel as base64 of their bytes, so that every float64 arrives as it was.
"""

import base64
import importlib.util
import io
import json
import os
import sys
import traceback
from typing import Any

import numpy as np
import numpy.typing as npt

NUMBERS = "biufc"  # kinds of arrays that can travel


def packed(array: npt.NDArray[Any]) -> dict[str, Any]:
    """An array as JSON, its numbers in little-endian order."""
    if array.dtype.kind not in NUMBERS:
        raise TypeError(f"arrays of numbers can travel, not of {array.dtype}")
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    said = base64.b64encode(plain.tobytes()).decode()
    return {"type": plain.dtype.str, "shape": list(array.shape), "base64": said}


def unpacked(said: dict[str, Any]) -> npt.NDArray[Any]:
    """The array that was packed."""
    data = base64.b64decode(said["base64"])
    array = np.frombuffer(data, said["type"]).reshape(said["shape"])
    return array.astype(array.dtype.newbyteorder("="))


def main() -> None:
    """Answer calls of an engine, whose file is the argument, until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # output of an engine is not an answer
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # stored even if it dies
    spec = importlib.util.spec_from_file_location("engine", sys.argv[1])
    assert spec is not None
    assert spec.loader is not None
    engine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(engine)
    for line in sys.stdin:
        json.dump(_answer(engine, json.loads(line)), answers)
        answers.write("\n")
        answers.flush()


def _answer(engine: Any, requested: dict[str, Any]) -> dict[str, Any]:
    arrays = {name: unpacked(said) for name, said in requested["arrays"].items()}
    try:
        found = getattr(engine, requested["call"])(**arrays, **requested["values"])
        return {"arrays": {name: packed(np.asarray(value)) for name, value in found.items()}}
    except Exception:  # noqa: BLE001 - the host receives it, and turns it into failed verdicts
        return {"fault": traceback.format_exc()}


if __name__ == "__main__":
    main()
