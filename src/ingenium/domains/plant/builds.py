"""Gate that picks the EPANET build that judges a network, and the one that cross-checks it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.plant import packages
from ingenium.domains.plant.epanet import Toolkit
from ingenium.domains.plant.network import read
from ingenium.domains.plant.scada import Works

AGREE = 0.01  # of each reading in its unit, over the gate's week without attack


@dataclass(frozen=True)
class Builds:
    """Water works in the build that judges, and in another one for the cross-check."""

    judge: Works
    other: Works | None
    note: str


def gate(path: Path, pressures: tuple[str, ...], hours: int) -> Builds:
    """Run the usual week of a network in each build; the faster one judges where both agree.

    Raises:
        InputError: if neither build opens the network and balances its usual week.
    """
    ran, said = [], []
    for toolkit in (Toolkit(packages.toolkit_23()), Toolkit(packages.toolkit_22())):
        try:
            works = Works(read(path, toolkit, pressures, hours), toolkit)
        except InputError as error:
            said.append(str(error))
            continue
        run = works.run(works.network.usual, None)
        if run is None:
            said.append(f"EPANET {toolkit.version} does not balance the usual week")
        else:
            ran.append((works, run.readings))
    if not ran:
        raise InputError("a network that EPANET runs for a week", f"{path}: {'; '.join(said)}")
    (first, own), (last, again) = ran[0], ran[-1]
    if first is last:
        return Builds(first, None, f"Without a second build: {'; '.join(said)}.")
    distance = float(np.abs(own - again).max())
    reported = f"Builds {first.toolkit.version} and {last.toolkit.version} differ by {distance:.2g}"
    if distance <= AGREE:
        return Builds(first, last, f"{reported} at most on the usual week.")
    return Builds(last, first, f"{reported} on the usual week, so the older one judges.")
