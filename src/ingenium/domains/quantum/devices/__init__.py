"""Calibrations of real devices, by the name used in a spec."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from ingenium.core.errors import choose
from ingenium.kits.circuits.noise import DeviceNoise

NONE = "none"
DEVICES = ("heavyhex",)


@cache
def calibration(name: str) -> dict[str, Any]:
    """Return the calibration of a device: errors of a line of its qubits, their source and date.

    Raises:
        InputError: for a device that is not known.
    """
    choose(name, DEVICES, "device")
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def noise_of(name: str) -> DeviceNoise | None:
    """Return the errors of a device; None for "none".

    Raises:
        InputError: for a device that is not known.
    """
    choose(name, (NONE, *DEVICES), "noise")
    return None if name == NONE else DeviceNoise.of(calibration(name))
