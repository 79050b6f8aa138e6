"""Loaders of Sionna and its ray tracer, which are optional packages."""

import ctypes.util
import os
from pathlib import Path
from typing import Any

from ingenium.core.errors import EngineError
from ingenium.core.packages import Extra

EXTRA = Extra("radio")
LIBRARIES = ("libLLVM.so", "libLLVM-19.so", "libLLVM-18.so", "libLLVM-17.so", "libLLVM-15.so")
FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")


def ray_tracer() -> Any:
    """Load `sionna.rt`, which needs the machine's LLVM.

    Raises:
        MissingExtra: with the line that installs Sionna.
        EngineError: where no LLVM is found, with what to install.
    """
    if "DRJIT_LIBLLVM_PATH" not in os.environ and not _llvm():
        raise EngineError(
            "expected an LLVM library for Sionna's ray tracer, got none; write "
            "`apt-get install libllvm19`, or name the file in DRJIT_LIBLLVM_PATH"
        )
    return EXTRA.package("sionna.rt")


def link_level() -> Any:
    """Load `sionna.phy.fec`, for codes and their decoders."""
    return EXTRA.package("sionna.phy.fec.ldpc")


def _llvm() -> bool:
    if ctypes.util.find_library("LLVM"):
        return True
    return any((Path(f) / name).exists() for f in FOLDERS for name in LIBRARIES)
