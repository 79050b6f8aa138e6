"""Problem `printing.settings`: settings of laser powder bed fusion that survive disturbances."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from scipy.stats import qmc
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import Given, Input
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.core.units import Unit
from ingenium.domains.printing import calibration
from ingenium.domains.printing.alloys import alloy_of
from ingenium.domains.printing.formats import formats
from ingenium.domains.printing.verifier import IntegralByQuadpack, TrackVerifier
from ingenium.domains.printing.window import (
    Disturbances,
    PrinterRanges,
    Process,
    Thresholds,
    variables,
)
from ingenium.train.plan import Plan

SHARE, MOST, FINER_MOST = 0.05, 6, 4  # of the settings that an independent engine measures again
CANDIDATES, HELD_OUT_EVERY = 2, 5
FUSED, LEAST_TRACKS, LEAST_KNOWN = 0.6, 4, 20
FAMILY = "flow_matching"
TRACKS = Input(
    "tracks",
    "table",
    "measured single tracks of this machine and alloy, to which absorptivity is fitted",
    columns=(
        Variable("power_w", (), "W", "laser power", 5.0, 3000.0),
        Variable("speed_m_s", (), "m/s", "scan speed", 0.01, 20.0),
        Variable("beam_m", (), "m", "beam diameter at 1/e²", 1e-5, 2e-3),
        Variable("width_m", (), "m", "measured width", 1e-5, 5e-3),
        Variable("depth_m", (), "m", "measured depth", 1e-6, 5e-3),
    ),
    most=2000,
)


@dataclass(frozen=True)
class PrintingSettings:
    """Settings of the alloy, the machine and the disturbances.

    Raises:
        InputError: for too few known settings.
    """

    alloy: str = "316L"  # name of the metal
    plate_k: Annotated[float, Unit("K", 200.0, 1800.0)] = 353.0  # of the heated plate
    absorptivity: float | None = None  # None: of the tracks, or the median of measured papers
    machine: PrinterRanges = field(default_factory=PrinterRanges)
    disturbances: Disturbances = field(default_factory=Disturbances)
    known: int = 240  # settings to learn from

    def __post_init__(self) -> None:
        if not LEAST_KNOWN <= self.known <= 20_000:
            raise InputError(
                f"from {LEAST_KNOWN} to 20000 known settings", self.known, "Write known = 240."
            )
        if self.absorptivity is not None and not 0.02 <= self.absorptivity <= 1:
            raise InputError(
                "an absorptivity from 0.02 to 1", self.absorptivity, "Write absorptivity = 0.4."
            )


class PrintSettings(Problem):
    """Power, speed, beam, layer and hatch, whose tracks fuse without keyholes and beads."""

    name: ClassVar[str] = "printing.settings"
    summary: ClassVar[str] = (
        "power, speed, beam, layer and hatch that print dense metal under stated disturbances"
    )
    Settings: ClassVar[type] = PrintingSettings
    inputs: ClassVar[tuple[Input, ...]] = (TRACKS,)
    default_family: ClassVar[str] = FAMILY
    searches: ClassVar[SearchDefaults] = SearchDefaults("evolution", batch=32)
    judged: ClassVar[str] = (
        "The settings in the file: their melt pools as set and in the worst corner of the "
        "disturbances."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Flow, evaporation and the powder: pools are of conduction with latent heat, on a solid.",
        "Criteria of defects are coarse: the page of the field shows their precision on measured "
        "rows.",
        "Spatter, cracks, residual stress, and heat that builds up in a part.",
    )
    licence = "CC0-1.0"
    sizes: Mapping[str, int] = {}

    def __init__(self, settings: PrintingSettings, given: Given) -> None:
        """Open the problem.

        Raises:
            InputError: for an unknown alloy, a plate that is too hot, or too few tracks.
        """
        self.settings, self.given = settings, given
        alloy = alloy_of(settings.alloy).checked(settings.plate_k)
        absorptivity, errors = self._calibrated()
        self.process = Process(
            alloy, settings.plate_k, absorptivity, settings.machine, settings.disturbances
        )
        self.system = digest(asdict(self.process))
        self.variables = variables(settings.machine)
        self.thresholds = Thresholds(
            1.0, calibration.threshold("keyhole"), calibration.threshold("balling")
        )
        bounds = settings.machine.bounds
        self.conditions = (_rate(bounds),)
        self.limits = (
            Limit("overlap", at_most=self.thresholds.overlap),
            Limit("enthalpy", at_most=round(self.thresholds.enthalpy, 2)),
            Limit("slenderness", at_most=round(self.thresholds.slenderness, 2)),
            Limit("fused_share", at_least=FUSED),
            Limit("imbalance", at_most=1e-6),
        )
        self.validity = ("imbalance",)
        pairs = tuple((float(w), float(d)) for w, d in errors)
        self.exact = TrackVerifier(self.process, pairs)
        self.tiers = (self.exact,)
        finer = Second(TrackVerifier(self.process, pairs, across=12), SHARE, FINER_MOST)
        self.second = Second(IntegralByQuadpack(self.process), SHARE, MOST, finer=finer)
        self.formats = formats(self.variables)
        self.codec = Channels.between([(float(a), float(b)) for a, b in bounds], logs=(0, 1))
        self.notes = (self._about(absorptivity, len(pairs)),)

    def _calibrated(self) -> tuple[float, Float64[np.ndarray, "m 2"]]:
        """Absorptivity, and the errors of pools that were predicted with it."""
        stated = self.settings.absorptivity
        if "tracks" not in self.given:
            found = calibration.absorptivity_of(alloy_of(self.settings.alloy))
            return found if stated is None else stated, calibration.pairs(calibrated=False)
        table = self.given["tracks"]
        if len(table) < LEAST_TRACKS:
            raise InputError(
                f"at least {LEAST_TRACKS} measured tracks", len(table), "Leave the table out."
            )
        if stated is not None:
            raise InputError("tracks or an absorptivity", "both", "Leave absorptivity out.")
        return calibration.fitted_absorptivity(table, alloy_of(self.settings.alloy))

    def _about(self, absorptivity: float, errors: int) -> str:
        if "tracks" in self.given:
            return f"Absorptivity {absorptivity:.3g} was fitted to {errors} tracks of the user."
        whose = "the spec" if self.settings.absorptivity else "the median of measured papers"
        return (
            f"Absorptivity {absorptivity:.3g} is that of {whose}; errors of pools are those of "
            "other papers on MeltpoolNet: give tracks of your own machine to narrow them."
        )

    def allow(self, limits: Sequence[Limit]) -> None:
        """Refuse a build rate that no setting of the machine has.

        Raises:
            InputError: naming the limit.
        """
        most = self.conditions[0].upper
        for limit in limits:
            if limit.quantity == "build_rate" and (limit.at_least or 0.0) > most:
                raise InputError(
                    f"a build rate of at most {most:.3g} mm^3/s, the machine's fastest",
                    limit.label,
                    f"Write at_least = {0.2 * most:.2g}.",
                )

    @cached_property
    def window(self) -> Float64[np.ndarray, "m 5"]:
        """Settings inside the window as the cheap tier sees it.

        Raises:
            InputError: where there is none, with the nearest setting.
        """
        low, high = self.settings.machine.bounds.T
        count = 1 << int(np.ceil(np.log2(CANDIDATES * self.settings.known)))
        spread = qmc.Sobol(5, rng=np.random.default_rng(0)).random(count)
        tried = self.process.settle(low + (high - low) * spread, self.thresholds)
        overlap, _ = self.process.worst_overlap(tried)
        enthalpy = self.process.worst_enthalpy(tried[:, 0], tried[:, 1], tried[:, 2])
        over = np.maximum(overlap / self.thresholds.overlap, enthalpy / self.thresholds.enthalpy)
        left = np.flatnonzero(over <= 1)
        slim = self.process.worst_slenderness(*tried[left, :3].T)[1]
        inside = left[slim <= self.thresholds.slenderness]
        if len(inside) < LEAST_KNOWN:
            nearest = (
                inside[0]
                if len(inside)
                else left[slim.argmin()]
                if len(left)
                else int(over.argmin())
            )
            raise InputError(
                "ranges and disturbances that leave a window of settings",
                f"{len(inside)} of {count} tried; the nearest is {_reported(tried[nearest])}, with "
                f"an overlap of {overlap[nearest]:.2f} (at most 1) and an enthalpy of "
                f"{enthalpy[nearest]:.1f} (at most {self.thresholds.enthalpy:.1f})",
                "Widen [setup.machine] around it, or state smaller [setup.disturbances].",
            )
        return tried[inside[: self.settings.known]]

    def data(self) -> xr.Dataset:
        """Return settings inside the window, with their build rates."""
        arrays = tuple(torch.from_numpy(np.ascontiguousarray(a)) for a in self.window.T)
        index = np.arange(len(self.window))
        rate = 1e9 * self.window[:, 1] * self.window[:, 3] * self.window[:, 4]
        under: dict[str, Any] = {"rate": (DESIGN, rate)}
        under |= {"held_out": (DESIGN, index % HELD_OUT_EVERY == HELD_OUT_EVERY - 1)}
        return to_dataset(arrays, self.variables, under, index=index)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto the window that survives the disturbances."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            tried = np.stack([a.detach().to(torch.float64).numpy() for a in arrays], 1)
            found = self.process.settle(tried, self.thresholds)
            return tuple(torch.from_numpy(np.ascontiguousarray(a)) for a in found.T)

        return onto

    def budgets(self) -> Mapping[str, Plan]:
        """Return a training plan of seconds: five numbers need no more."""
        return {FAMILY: Plan(steps=400)}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the process map, the fastest settings, and measured pools where they are."""
        from ingenium.domains.printing import report

        return report.sections(self.process, self.thresholds, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Build rate of 0.8 m/s, 30 µm and 80 µm, multiplied by hand."""
        low, high = self.settings.machine.bounds.T
        numbers = np.clip(np.array([150.0, 0.8, 80e-6, 30e-6, 80e-6]), low, high)
        arrays = tuple(torch.tensor([x], dtype=torch.float64) for x in numbers)
        return ((to_dataset(arrays, self.variables, {}), {"build_rate": 1.92}, 1e-9),)


def _rate(bounds: Float64[np.ndarray, "5 2"]) -> Condition:
    """Build rate as a condition, from the slowest to the fastest that a machine can be set to."""
    slowest, fastest = (1e9 * float(bounds[[1, 3, 4], end].prod()) for end in (0, 1))
    return Condition(
        "rate",
        "build rate",
        None,
        slowest,
        fastest,
        "mm^3/s",
        middle=float(np.sqrt(slowest * fastest)),
        spread=0.25 * float(np.log(fastest / slowest)),
        log=True,
        measured="build_rate",
    )


def _reported(setting: Float64[np.ndarray, " 5"]) -> str:
    power, speed, beam, layer, hatch = setting
    return (
        f"{power:.0f} W, {1e3 * speed:.0f} mm/s, a beam of {1e6 * beam:.0f} µm, layers of "
        f"{1e6 * layer:.0f} µm, a hatch of {1e6 * hatch:.0f} µm"
    )
