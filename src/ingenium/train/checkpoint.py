"""The resumable state of a fit on disk: tensors in safetensors, the rest in JSON, no pickle.

A folder holds `state.json` and one `tensors-<digest>.safetensors`. The JSON names the file of the
tensors and its SHA-256, and is replaced last, so that at any moment the folder holds one whole
state: the one before or the one after.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

FORMAT = 1
INDEX = "state.json"


class CheckpointError(ValueError):
    """A checkpoint is damaged or belongs to another fit."""


@dataclass(frozen=True)
class Checkpoint:
    """What a resumed fit needs: tensors by name and plain numbers."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


def write(folder: Path, state: Checkpoint) -> None:
    """Replace the state in `folder`; a stop at any moment leaves the old or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    payload = save({k: v.detach().cpu().contiguous().clone() for k, v in state.tensors.items()})
    digest = hashlib.sha256(payload).hexdigest()
    name = f"tensors-{digest[:16]}.safetensors"
    _replace(folder / name, payload)
    index = {"format": FORMAT, "tensors": name, "sha256": digest, "facts": state.facts}
    _replace(folder / INDEX, json.dumps(index, allow_nan=False).encode())
    for old in folder.glob("tensors-*.safetensors*"):
        if old.name != name:
            old.unlink()


def read(folder: Path) -> Checkpoint | None:
    """The state in `folder`, or None where there is none.

    Raises:
        CheckpointError: the folder holds a damaged state.
    """
    path = folder / INDEX
    if not path.exists():
        return None
    try:
        index = json.loads(path.read_bytes())
        if index["format"] != FORMAT:
            raise CheckpointError(_message(folder, f"format {FORMAT}", f"format {index['format']}"))
        payload = (folder / Path(index["tensors"]).name).read_bytes()
        if hashlib.sha256(payload).hexdigest() != index["sha256"]:
            raise CheckpointError(_message(folder, "tensors of the noted SHA-256", "others"))
        return Checkpoint(load(payload), dict(index["facts"]))
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise CheckpointError(_message(folder, f"a readable {INDEX}", repr(error))) from error
    except (OSError, SafetensorError) as error:
        raise CheckpointError(_message(folder, "readable tensors", str(error))) from error


def _replace(path: Path, payload: bytes) -> None:
    """Write a file so that a reader finds the old one or the whole new one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _message(folder: Path, expected: str, came: str) -> str:
    return (
        f"checkpoint {folder}: expected {expected}, came {came}; "
        "delete the folder to fit from the beginning"
    )
