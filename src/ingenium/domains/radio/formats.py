"""Channels as HDF5: paths with their units, and the coefficients that Sionna reads.

`a` and `tau` have the layout of `sionna.phy.channel.CIRDataset`: receivers, their antennas,
transmitters, their antennas, paths, time steps; the base station's array is the transmitter.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, real_numbers, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.files import content, refusing
from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.rays import PATHS, VARIABLES, Rays, steering

FILE = "channels.h5"
MOST = 200_000  # channels of a file
AGREES = 1e-9  # of the largest coefficient, by which `a` may differ from the paths beside it
DOPPLER, SPACING = "doppler_hz", 0.5


@dataclass(frozen=True, eq=False)
class ChannelFile:
    """One HDF5 file for all channels."""

    frame: SiteFrame
    antennas: int
    speed_m_s: float
    heading_rad: float
    name: ClassVar[str] = "sionna-hdf5"
    endings: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `channels.h5`."""
        import h5py

        path, buffer = folder / FILE, BytesIO()
        arrays = [torch.as_tensor(designs[v.name].to_numpy()) for v in VARIABLES]
        rays = Rays.of(arrays)
        with h5py.File(buffer, "w") as file:
            file.attrs["carrier_hz"] = self.frame.carrier_hz
            file.attrs["bs_m"] = self.frame.bs_m
            file.attrs["ue_height_m"] = self.frame.ue_height_m
            file.attrs["antennas"] = self.antennas
            file.attrs["spacing_wavelengths"] = SPACING
            file["design"] = designs[DESIGN].to_numpy().astype(np.int64)
            for v in VARIABLES:
                file[v.name] = designs[v.name].to_numpy().astype(np.float64)
                file[v.name].attrs["units"] = v.unit
            shift = rays.doppler_hz(self.frame.carrier_hz, self.speed_m_s, self.heading_rad)
            file[DOPPLER] = shift.numpy()
            file[DOPPLER].attrs["units"] = "Hz"
            file["a"] = coefficients(rays, self.frame.carrier_hz, self.antennas)
            file["tau"] = rays.delay.numpy()[:, None, None, :]
            file["tau"].attrs["units"] = "s"
        write_atomic(path, buffer.getvalue())
        return dict.fromkeys(designs[DESIGN].to_numpy().tolist(), path)

    def read(self, path: Path) -> xr.Dataset:
        """Channels of a file, or of the one in a folder.

        Raises:
            InputError: for what is no such file, another carrier or another site, a unit that is
                none of ours, or coefficients that are not those of the paths beside them.
        """
        import h5py

        own = path / FILE if path.is_dir() else path
        what = "channels as HDF5 with paths, `a` and `tau`"
        data = content(own, what)
        with refusing(what, own), h5py.File(BytesIO(data), "r") as file:
            return self._read(file, own)

    def _read(self, file: Any, path: Path) -> xr.Dataset:
        wanted = ["design", "a", "tau", *(v.name for v in VARIABLES), DOPPLER]
        absent = [name for name in wanted if name not in file]
        if absent:
            raise InputError(f"HDF5 with {', '.join(wanted[:5])} and so on", f"no {absent[0]}")
        self._same(file, path)
        index = file["design"][()]
        n = len(index)
        if index.dtype.kind not in "iu" or len(set(index.tolist())) != n or not 0 < n <= MOST:
            raise InputError(
                f"1 to {MOST} channels, each with a number of its own", f"{n} in {path}"
            )
        arrays = []
        for v in VARIABLES:
            shape = (n, PATHS) if v.dims else (n,)
            found = file[v.name]
            unit = found.attrs.get("units", "none")
            if found.shape != shape or unit != v.unit:
                came = f"{found.shape} in {unit}"
                raise InputError(f"{v.name} of shape {shape} in {v.unit}", f"{came}, in {path}")
            arrays.append(torch.from_numpy(real_numbers(found[()])))
        self._check_told(file, Rays.of(arrays), path)
        return to_dataset(arrays, VARIABLES, {}, index=index)

    def _check_told(self, file: Any, rays: Rays, path: Path) -> None:
        """Refuse what a file tells of its paths for other programs, if it is not theirs."""
        a = coefficients(rays, self.frame.carrier_hz, self.antennas)
        came = file["a"][()]
        if came.shape != a.shape or not np.abs(came - a).max() <= AGREES * np.abs(a).max():
            raise InputError(
                "coefficients `a` that are those of the paths", f"others in {path}", "Write both."
            )
        shift = rays.doppler_hz(self.frame.carrier_hz, self.speed_m_s, self.heading_rad).numpy()
        came = real_numbers(file[DOPPLER][()])
        if came.shape != shift.shape or not np.allclose(came, shift, rtol=AGREES, atol=AGREES):
            raise InputError(
                f"{DOPPLER} of a terminal of {self.speed_m_s:g} m/s",
                f"others in {path}",
                "Use the setup of the file.",
            )
        for name, unit in (("tau", "s"), (DOPPLER, "Hz")):
            if file[name].attrs.get("units") != unit:
                raise InputError(f"{name} in {unit}", f"{file[name].attrs.get('units')} in {path}")
        delay = rays.delay.numpy()[:, None, None, :]
        if not np.array_equal(real_numbers(file["tau"][()]), delay):
            raise InputError("`tau` that holds the delays of the paths", f"others in {path}")

    def _same(self, file: Any, path: Path) -> None:
        for name, own in (
            ("carrier_hz", self.frame.carrier_hz),
            ("bs_m", self.frame.bs_m),
            ("ue_height_m", self.frame.ue_height_m),
            ("antennas", self.antennas),
            ("spacing_wavelengths", SPACING),
        ):
            came = file.attrs.get(name)
            if came is None or not np.allclose(came, own, rtol=1e-9, atol=0):
                raise InputError(
                    f"channels with {name} = {own}",
                    f"{came} in {path}",
                    "Use the setup of the file.",
                )


def coefficients(rays: Rays, carrier_hz: float, antennas: int) -> np.ndarray:
    """`a` of each path and antenna of the base station, for one antenna of the terminal."""
    gain = torch.polar(rays.amplitude(carrier_hz), rays.phase)
    at = steering(rays.direction(), antennas) * gain[:, None]
    return at.numpy()[:, None, None, None, :, :, None]
