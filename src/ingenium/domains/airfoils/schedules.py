"""Schedules of the known sections, and numbers and files of bending sections."""

import math
import re
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import number, text
from ingenium.domains.airfoils.cst import Arrays, arrays_of, outline
from ingenium.domains.airfoils.files import MOST_BYTES, NAMED, dat, files_in, indices_of, numbers_in
from ingenium.domains.airfoils.network import SectionFlow, network
from ingenium.domains.airfoils.polar import followed
from ingenium.domains.airfoils.settings import MorphingSettings
from ingenium.domains.airfoils.tail import Tail
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier

TRIED = 5  # deflections to each side
NEAR = 0.01  # tolerance of the lift, after two steps
SPREAD_DEG = 4.0  # of deflections, as one standardised unit


def best_schedules(arrays: Arrays, settings: MorphingSettings) -> Float[Tensor, "n p"]:
    """Return the best of a few deflections (degrees) per section and point, net of energy cost."""
    tail, n, p = Tail(settings.hinge), len(arrays[0]), len(settings.points)
    net = network(settings.network, settings.amplification)
    lift = torch.tensor([x.lift for x in settings.points], dtype=torch.float64)
    speed = torch.tensor([x.reynolds for x in settings.points], dtype=torch.float64).repeat(n)

    def worth(flow: SectionFlow, slope: Tensor) -> Float[Tensor, "n p"]:
        off = (flow.lift.view(n, p) - lift).abs() > NEAR
        unsure = flow.confidence.view(n, p) < settings.least_confidence
        gain = (lift.abs() / flow.drag.view(n, p)).log()
        gain = gain - settings.energy_price * tail.energy(arrays, slope)
        return gain.masked_fill(off | unsure, -torch.inf)

    with torch.no_grad():
        still = NeuralFoilVerifier(settings).working(*arrays)
        best = torch.zeros(n, p, dtype=torch.float64)
        most = worth(still.flow, best)
        for way in (-1.0, 1.0):
            angle = still.angle_deg
            for k in range(1, TRIED + 1):
                bend = torch.full_like(best, way * settings.most_deg * k / TRIED)
                numbers = tail.cases((*arrays, bend), p)
                for _ in range(2):
                    flow, angle = followed(net, numbers, lift.repeat(n), speed, angle)
                value = worth(flow, torch.deg2rad(bend).tan())
                better = value > most
                best, most = torch.where(better, bend, best), torch.where(better, value, most)
    return best


def bending(points: int) -> Channels:
    """Return the channels that scale deflections for a model."""
    start = torch.zeros(points, dtype=torch.float64)
    return Channels(((points,),), (), start, torch.full_like(start, SPREAD_DEG))


class ScheduleDat:
    """Selig's format for the unbent section; the name line states the deflection at each point.

    Any program of the field reads the outline and shows the schedule as its title.
    """

    name = "dat"
    endings = (".dat",)

    def __init__(self, variables: tuple[Variable, ...], points: tuple[str, ...]) -> None:
        self.variables, self.points = variables, points

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one file for each design."""
        paths, arrays = {}, to_arrays(designs, self.variables)
        rows = zip(designs[DESIGN].to_numpy().tolist(), outline(arrays[:4]), arrays[4], strict=True)
        for index, points, bend in rows:
            said = (f"{p}={float(b):.4f}" for p, b in zip(self.points, bend, strict=True))
            title = f"ingenium {NAMED}{index:06d} deflection in degrees: {' '.join(said)}"
            paths[index] = folder / f"{NAMED}{index:06d}.dat"
            paths[index].write_text(dat(title, points), encoding="utf-8")
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read sections and schedules of a folder or a file.

        Raises:
            InputError: for a file without an outline or without a deflection for each point.
        """
        files = files_in(path)
        rows = torch.from_numpy(np.stack([numbers_in(f) for f in files]))
        bend = torch.tensor([self._bend(f) for f in files], dtype=torch.float64)
        return to_dataset((*arrays_of(rows), bend), self.variables, {}, index=indices_of(files))

    def _bend(self, path: Path) -> list[float]:
        title = text(path, "a .dat file of points", most=MOST_BYTES).partition("\n")[0]
        found = {k: _degrees(v) for k, v in re.findall(r"(\w+)=(\S+)", title)}
        missing = [p for p in self.points if not math.isfinite(found.get(p, math.nan))]
        if missing:
            raise InputError(
                f"a title with the deflection at {', '.join(self.points)}",
                f"no number for {', '.join(missing)} in {path}",
                f"Write {missing[0]}=2.5 in the first line.",
            )
        return [found[p] for p in self.points]


def _degrees(word: str) -> float:
    try:
        return number(word)
    except ValueError:
        return math.nan
