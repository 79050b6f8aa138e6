"""HDF5 files of channels: paths with their units, and the coefficients that Sionna reads.

`a` and `tau` have the layout of `sionna.phy.channel.CIRDataset`: receivers, their antennas,
transmitters, their antennas, paths, time steps; the base station's array is the transmitter.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.formats.arrays import Derived, HdfArrays
from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.rays import PATHS, VARIABLES, Rays, steering

FILE, SPACING = "channels.h5", 0.5
AGREES = 1e-9  # of the largest coefficient, by which `a` may differ from the paths


def channel_file(
    frame: SiteFrame, antennas: int, speed_m_s: float, heading_rad: float
) -> HdfArrays:
    """Return the format of channels of a site, for a moving terminal."""

    def doppler_hz(arrays: Sequence[Tensor]) -> np.ndarray:
        rays = Rays.of(arrays)
        return rays.doppler_hz(frame.carrier_hz, speed_m_s, heading_rad).numpy()

    def gains(arrays: Sequence[Tensor]) -> np.ndarray:
        return coefficients(Rays.of(arrays), frame.carrier_hz, antennas)

    def delay(arrays: Sequence[Tensor]) -> np.ndarray:
        return Rays.of(arrays).delay.numpy()[:, None, None, :]

    return HdfArrays(
        VARIABLES,
        {"path": PATHS},
        FILE,
        about={
            "carrier_hz": frame.carrier_hz,
            "bs_m": frame.bs_m,
            "ue_height_m": frame.ue_height_m,
            "antennas": antennas,
            "spacing_wavelengths": SPACING,
        },
        derived=(
            Derived("doppler_hz", "Hz", doppler_hz, AGREES, each=True),
            Derived("a", "", gains, AGREES),
            Derived("tau", "s", delay),
        ),
        check=_whole_reflections,
        name="sionna-hdf5",
    )


def _whole_reflections(designs: xr.Dataset, path: Path) -> None:
    bounces = designs["bounces"].to_numpy()
    if (np.isfinite(bounces) & (bounces != np.rint(bounces))).any():
        raise InputError("whole numbers of reflections", f"others in {path}", "Round them.")


def coefficients(rays: Rays, carrier_hz: float, antennas: int) -> np.ndarray:
    """Return `a` of each path and antenna of the base station, for one antenna of the terminal."""
    gain = torch.polar(rays.amplitude(carrier_hz), rays.phase)
    at = steering(rays.direction(), antennas) * gain[:, None]
    return at.numpy()[:, None, None, None, :, :, None]
