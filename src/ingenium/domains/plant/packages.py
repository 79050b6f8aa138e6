"""Loaders of the EPANET builds in optional packages."""

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

from ingenium.core.packages import Extra

EXTRA = Extra("plant")
SYSTEMS = {
    "linux": ("linux-x64", "libepanet22.so"),
    "win32": ("windows-x64", "epanet22.dll"),
    "darwin": ("darwin-x64", "libepanet22.dylib"),
}


def toolkit_22() -> Path:
    """Load EPANET 2.2, which wntr ships.

    Raises:
        MissingExtra: with the line that installs it.
    """
    folder, file = SYSTEMS.get(sys.platform, SYSTEMS["linux"])
    if sys.platform == "darwin" and platform.machine() == "arm64":
        folder, file = "darwin-arm", "libepanet2.dylib"
    return _found("wntr").parent / "epanet" / "libepanet" / folder / file


def toolkit_23() -> Path:
    """Load EPANET 2.3, which epanet-plus compiles into a module.

    Raises:
        MissingExtra: with the line that installs it.
    """
    return _found("epanet")


def _found(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        EXTRA.package(module)  # says what to install
        raise AssertionError
    return Path(os.fspath(spec.origin))
