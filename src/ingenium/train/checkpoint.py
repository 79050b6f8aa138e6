"""The resumable state of a fit on disk: tensors in safetensors, the rest in JSON, no pickle.

A folder holds `state.json` and one `tensors-<digest>.safetensors`. The JSON names the file of the
tensors and its digest, and is replaced last, so that at any moment the folder holds one whole
state: the one before or the one after.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ingenium.core.digest import PREFIX, content_digest
from ingenium.core.errors import CorruptError
from ingenium.core.folders import write_atomic

FORMAT = 2
INDEX = "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """State of a fit to resume from: tensors by name, and plain numbers."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


def write(folder: Path, state: Checkpoint) -> None:
    """Replace the state in `folder`; a stop at any moment leaves the old or the new one.

    Raises:
        StorageError: if it cannot be written; the old state is still there.
    """
    payload = save({k: v.detach().cpu().contiguous().clone() for k, v in state.tensors.items()})
    digest = content_digest(payload)
    name = f"tensors-{digest.removeprefix(PREFIX)[:16]}.safetensors"
    write_atomic(folder / name, payload)
    index = {"format": FORMAT, "tensors": name, "digest": digest, "facts": state.facts}
    write_atomic(folder / INDEX, json.dumps(index, allow_nan=False))
    for old in folder.glob("tensors-*.safetensors"):
        if old.name != name:
            old.unlink()


def read(folder: Path) -> Checkpoint | None:
    """Read the state in `folder`; None where there is none.

    Raises:
        CorruptError: if the state is damaged.
    """
    path = folder / INDEX
    if not path.exists():
        return None
    try:
        index = json.loads(path.read_bytes())
        if index["format"] != FORMAT:
            raise _damage(folder, f"is of format {index['format']}, not {FORMAT}")
        payload = (folder / Path(index["tensors"]).name).read_bytes()
        if content_digest(payload) != index["digest"]:
            raise _damage(folder, "holds other tensors than were written")
        return Checkpoint(load(payload), dict(index["facts"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _damage(folder, f"has an unreadable {INDEX} ({error!r})") from error
    except (OSError, SafetensorError) as error:
        raise _damage(folder, f"has unreadable tensors ({error})") from error


def _damage(folder: Path, found: str) -> CorruptError:
    return CorruptError(
        f"the checkpoint {folder}", found, "Delete the folder to fit from the beginning."
    )
