"""IfcOpenShell as an independent cross-check of the exported model.

It is under the LGPL-3, runs in an isolated environment and is never imported here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import MissingEnvironment
from ingenium.core.quantity import Quantity
from ingenium.domains.buildings.plan.formats import BuildingFolders
from ingenium.domains.buildings.plan.spaces import plans
from ingenium.trust.environments.environment import Environment
from ingenium.trust.environments.limits import Limits

ENVIRONMENT = Environment(
    Path(__file__).parents[1] / "environments" / "ifc", "buildings", Limits(wall_s=60.0)
)
COLUMNS = 6


@dataclass(frozen=True)
class ShellVerifier:
    """Clashes by the tree of solids, faults of the schema, and quantities of the model."""

    files: BuildingFolders
    name: ClassVar[str] = "IfcOpenShell"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("clashes", "1", "intersecting solids of the model, and faults of its schema"),
        Quantity("net_area", "m2", "of rooms, from the volumes of their solids", rounding=1e-6),
    )

    @property
    def version(self) -> str:
        """Version of IfcOpenShell, with the digest of its lock file."""
        return ENVIRONMENT.version

    def measure(self, *arrays: Float64[Tensor, "n ..."]) -> Float64[Tensor, "n 2"]:
        """Measure the model of each plan; NaN where the engine fails."""
        rows = []
        for plan in plans(arrays):
            if plan is None:
                rows.append(np.full(COLUMNS, np.nan))
                continue
            text = np.frombuffer(self.files.ifc(plan).encode("ascii"), np.uint8)
            sent = {"text": text, "ends": np.array([len(text)])}
            rows.append(ENVIRONMENT.ask("measure", sent, {})["rows"][0])
        found = np.array(rows, np.float64).reshape(len(rows), COLUMNS)
        return torch.from_numpy(np.stack([found[:, 0] + found[:, 1], found[:, 2]], 1))


def check_installed() -> None:
    """Check that the isolated environment is installed.

    Raises:
        MissingEnvironment: with the line that installs it.
    """
    if not ENVIRONMENT.made:
        raise MissingEnvironment(
            ENVIRONMENT.folder.name, ENVIRONMENT.install, ENVIRONMENT.lock.size
        )
