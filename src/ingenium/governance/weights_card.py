"""The card of a file of weights alone, from the file and its JSON.

Source: see `cards`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ingenium import __version__
from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.generators.fitted import state_digest
from ingenium.governance.cards import Card, table

ENDING = ".safetensors"


def weights_card(path: Path) -> Card:
    """Write the card of a generator from its weights, `NAME.safetensors`, and from `NAME.json`.

    Raises:
        InputError: if one of the two is missing, or the JSON describes no model.
        CorruptError: if the weights are not those that the JSON names, or no weights at all.
    """
    about = _about(path)
    state = _state(path)
    checked = _checked(path, about, state)
    family = str(about.get("family") or "generator")
    head = {
        "license": "other",
        "license_name": str(about.get("licence") or "none stated for the weights"),
        "library_name": "ingenium",
        "tags": ["ingenium", *([family] if about.get("family") else [])],
    }
    reported = [(k, f"`{json.dumps(v, ensure_ascii=False)}`") for k, v in about.items()]
    parts = {
        f"# {family}, weights in {path.name}": (
            "A generator that proposes designs. Written by ingenium "
            f"{__version__} from a file of weights and its JSON, without a run."
        ),
        "## What it is": table(("", ""), *_stored(path, state), ("Checked", checked)),
        "## How it was made": table(("Entry", f"In {path.with_suffix('.json').name}"), *reported),
        "## Measured": (
            "Nothing of what it proposes stands in these files. A proposal that was not verified "
            "is not for use. `ingenium propose` measures it; `ingenium card model RUN` then says "
            "how many of its designs hold their limits."
        ),
        "## Not known from these files": (
            "- The licence of what it learned from, and of the weights, unless it stands above.\n"
            "- For which problem, where no entry names it.\n"
            "- What its training took of energy, unless it stands above."
        ),
    }
    return Card(head, "\n\n".join(f"{k}\n\n{v.strip()}" for k, v in parts.items()))


def _about(path: Path) -> dict[str, Any]:
    alongside = path.with_suffix(".json")
    if not path.is_file():
        raise InputError(
            "a run, or a file of weights", f"no file at {path}", "Write NAME.safetensors."
        )
    if not alongside.is_file():
        raise InputError(
            f"the JSON that ingenium writes with weights, {alongside.name}",
            f"{path} alone",
            "Copy it from the folder `model` of the run as well.",
        )
    try:
        found = json.loads(alongside.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorruptError(
            str(alongside), f"is no JSON ({error})", "Copy it from the run again."
        ) from error
    if not isinstance(found, dict) or not set(found) & {"family", "digest", "weights", "recipe"}:
        raise InputError(
            "entries of a model (family, digest, recipe or weights)",
            f"{alongside}, which has none of them",
            "Copy model.json from the folder of the run.",
        )
    return found


def _state(path: Path) -> dict[str, Tensor]:
    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError) as error:
        found = f"holds no weights ({error})"
        raise CorruptError(str(path), found, "Copy it from the run again.") from error


def _checked(path: Path, about: Mapping[str, Any], state: Mapping[str, Tensor]) -> str:
    """Compare weights with their JSON; describe the comparison.

    Raises:
        CorruptError: if the weights differ from those that the JSON names.
    """
    named: dict[str, Callable[[], str]] = {
        "digest": lambda: state_digest(state),
        "weights": lambda: file_digest(path),
    }
    for entry, made in named.items():
        if about.get(entry):
            if made() != about[entry]:
                found = f"holds other weights than `{entry}` in {path.with_suffix('.json').name}"
                raise CorruptError(str(path), f"{found} says", "Copy both from one run.")
            return f"these are the weights that `{entry}` names"
    return "no digest is stored with them: they cannot be verified"


def _stored(path: Path, state: Mapping[str, Tensor]) -> list[tuple[str, str]]:
    types = sorted({str(t.dtype).removeprefix("torch.") for t in state.values()})
    return [
        ("File", f"`{file_digest(path)}`"),
        ("Size", f"{path.stat().st_size / 1e6:.3g} MB"),
        ("Numbers", f"{sum(t.numel() for t in state.values()):,} in {len(state)} tensors"),
        ("Types", ", ".join(types)),
    ]
