"""Forces by pw.x on the atoms of a box, at any positions; each answer is cached.

Shapes: a atoms.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import EngineError
from ingenium.domains.matter import cached_runs, espresso
from ingenium.domains.matter.espresso import NoAnswer
from ingenium_book.checks.matter.force_field import AtomBox, Places

CUTOFF_RY = 40.0
FOLDER, DIGITS = "pw_forces", 5  # of the cache; digits of positions in angstrom
PROTOCOL = 1  # of meshes and smearing


def by_pw(box: AtomBox, places: Sequence[Places]) -> list[Float[Tensor, "a 3"]]:
    """Forces of several configurations, eV/angstrom, one after another.

    Raises:
        EngineError: if pw.x is missing or fails; earlier answers stay cached.
        InputError: for an element without a pseudopotential.
    """
    return [torch.from_numpy(_one(box, at.numpy())) for at in places]


def _one(box: AtomBox, places: Float[np.ndarray, "a 3"]) -> Float[np.ndarray, "a 3"]:
    cell, at = (np.round(x, DIGITS) + 0.0 for x in (box.cell, places))
    requested = {
        "elements": list(box.elements),
        "cell": cell.tolist(),
        "places": at.tolist(),
        "cutoff_ry": CUTOFF_RY,
        "pseudopotentials": [espresso.pseudopotential(e) for e in box.kinds],
        "program": espresso.find().version,
        "protocol": PROTOCOL,
    }
    path = cached_runs.path(FOLDER, cached_runs.key(requested))
    answer = cached_runs.read(path)
    if answer is None:
        text = espresso.typed_box(box.elements, cell, at, CUTOFF_RY)
        found = espresso.forces(text, len(box.elements))
        if isinstance(found, NoAnswer):
            raise EngineError(found.reason)
        answer = {"forces": found.tolist()}
        cached_runs.write(path, requested, answer)
    return np.array(answer["forces"], dtype=np.float64)
