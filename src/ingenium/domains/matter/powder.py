"""Measured powder pattern, and its distance from that of a crystal.

Lines and scans become one profile over 2 theta of copper K-alpha. Root intensities are compared, so
that texture of a film, which makes some lines strong, counts for less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Float64

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import Input
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.recipe import Recipe
from ingenium.domains.matter import diffraction
from ingenium.domains.matter.potential import Crystal, snapped
from ingenium.domains.matter.results import PlaneWaveRun

PATTERN = Input(
    "pattern",
    "table",
    "a powder pattern, as lines or as a scan: 2 theta of copper K-alpha in degrees, intensity",
    columns=(
        Variable("two_theta", (), "degree", "angle of diffraction", 0.0, 180.0),
        Variable("intensity", (), "1", "counts, on any scale"),
    ),
)
MISFIT = Quantity(
    "pattern_misfit", "1", "1 less the cosine between root intensities and those given"
)
FIRST_DEG, LAST_DEG, STEP_DEG = 10.0, 60.0, 0.25
WIDTH_DEG = 0.25  # of a line, as a standard deviation
SCAN_DEG, BACKGROUND_DEG = 0.1, 3.0  # steps of a scan; window whose least intensity is background
STRETCH = np.linspace(0.96, 1.04, 41)  # of edges: the error of potentials and thermal expansion
GRID = np.arange(FIRST_DEG, LAST_DEG + STEP_DEG / 2, STEP_DEG)
Profile = Float64[np.ndarray, " b"]


@dataclass(frozen=True)
class ProfileCodec:
    """Codec of a profile as a condition: root intensities, scaled so that a line is about 1."""

    def encode(self, values: np.ndarray) -> Float64[np.ndarray, "n c"]:
        """Encode each profile, or each scan of angles and intensities, as a row."""
        if values.ndim == 3:
            scans = (
                pd.DataFrame(scan, columns=[c.name for c in PATTERN.columns]) for scan in values
            )
            values = np.stack([given(scan) for scan in scans])
        norm = np.linalg.norm(values, axis=1, keepdims=True)
        return np.asarray(np.sqrt(len(GRID)) * values / np.maximum(norm, 1e-12) / 3)


def given(frame: pd.DataFrame) -> Profile:
    """Build the profile of a table; subtracts the background of a scan.

    Raises:
        InputError: for fewer than two angles between `FIRST_DEG` and `LAST_DEG`, or no line there.
    """
    table = frame.groupby("two_theta", as_index=False).mean()  # in order, each angle once
    angle = table["two_theta"].to_numpy(np.float64)
    counts = table["intensity"].to_numpy(np.float64)
    inside = (angle >= FIRST_DEG) & (angle <= LAST_DEG)
    if inside.sum() < 2 or not counts[inside].max() > 0:
        raise InputError(
            f"intensities above 0 at two or more angles from {FIRST_DEG:g} to {LAST_DEG:g} degrees",
            f"{int(inside.sum())} angles there",
            "Give 2 theta of copper K-alpha in degrees.",
        )
    angle, counts = angle[inside], counts[inside]
    step = float(np.median(np.diff(angle)))
    if step <= SCAN_DEG:
        window = max(3, round(BACKGROUND_DEG / step))
        low = pd.Series(counts).rolling(window, center=True, min_periods=1)
        counts = counts - low.quantile(0.2).to_numpy()
    return _broadened(angle, np.maximum(counts, 0.0))


def misfit(one: Profile, other: Profile) -> float:
    """Distance of two profiles: 0 if they are equal, 1 if no line is shared."""
    norm = np.linalg.norm(one) * np.linalg.norm(other)
    return 1.0 if norm == 0 else float(1 - one @ other / norm)


def profile(crystal: Crystal) -> Profile:
    """Compute the profile of a crystal."""
    lines = diffraction.peaks(crystal)
    return _broadened(lines.two_theta_deg, lines.intensity)


def fitted(crystal: Crystal, wanted: Profile) -> Crystal:
    """Scale all edges of the crystal alike, until its lines fit best."""
    lines = diffraction.peaks(crystal)
    sines = np.sin(np.radians(lines.two_theta_deg / 2)) / STRETCH[:, None]
    angles = np.degrees(2 * np.arcsin(np.minimum(sines, 1.0)))
    found = [misfit(_broadened(row, lines.intensity), wanted) for row in angles]
    best = STRETCH[int(np.argmin(found))]
    return snapped(Crystal(crystal.sites, best * crystal.edges_m, crystal.free))


def known(crystals: Sequence[Crystal]) -> Float[np.ndarray, "n b"]:
    """Profiles of many crystals, computed once and cached."""
    under = [digest([PlaneWaveRun(c, 0.0).key for c in crystals]), STEP_DEG, WIDTH_DEG]
    recipe = Recipe(
        "powder_profiles", under, lambda _: {"profile": np.stack([profile(c) for c in crystals])}
    )
    return recipe.complete()["profile"]


def _broadened(angle: Float[np.ndarray, " p"], counts: Float[np.ndarray, " p"]) -> Profile:
    """Return root intensities on the grid, each line broadened to a Gaussian."""
    bells = np.exp(-0.5 * np.square((GRID[:, None] - angle) / WIDTH_DEG)) @ counts
    top = bells.max()
    return np.asarray(np.sqrt(bells / top) if top > 0 else bells, dtype=np.float64)
