"""Samplers of lattice fields, shown by their commands in seconds."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from ingenium.domains.physics.lattice import kaufman
from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import INK, OURS, dress, plane

SPINS = """
problem = "physics.lattice"
title = "Spins of 8 x 8 sites at couplings from hot to cold"
[setup]
model = "ising"
size = 8
train = true
steps = 800
[conditions]
coupling = COUPLING
[select]
keep = "verified"
"""
COUPLINGS, MANY, NEAR = (0.32, 0.38, 0.44, 0.48), 1000, 1e-3


def spins(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.6: free energy of spins that are drawn one by one, beside Kaufman's."""
    found = []
    for i, coupling in enumerate(COUPLINGS):
        spec = SPINS.replace("COUPLING", f"{coupling}")
        (commands.folder / f"{i}.toml").write_text(spec)
        asked = ("--spec", f"{i}.toml", "-n", MANY, "--seed", 1, "--out", f"run{i}")
        done = commands("propose", "physics.lattice", *asked)
        yield Finding(f"{MANY} proposals at coupling {coupling:g} are weighed", done.code == 0)
        with xr.open_dataset(commands.folder / f"run{i}" / "designs.nc") as made:
            own = (made["action"] + made["log_density"]).to_numpy()
        found.append(own)
    exact = np.array([-kaufman.log_z(8, c) for c in COUPLINGS]) / 64
    bound = np.array([own.mean() for own in found]) / 64
    weighted = -np.array([_log_mean(-own) for own in found]) / 64
    off = float(np.abs(weighted - exact).max())
    yield Finding(f"free energies by weights are within {off:.1e} a spin of Kaufman's", off <= NEAR)
    above = float((bound - exact).max())
    yield Finding(
        f"free energies by the density alone, which lie above, do so by at most {above:.1e}",
        bool((bound - exact > -3e-4).all()) and above <= NEAR,
    )
    weights = [np.exp(-own + 64 * e) for own, e in zip(found, exact, strict=True)]
    pull = max(abs(w.mean() - 1) / (w.std() / np.sqrt(MANY)) for w in weights)
    yield Finding(
        f"weights average to 1 within {pull:.1f} standard errors, as those of a normalised "
        "likelihood do",
        bool(pull < 4),
    )
    figure, axes = plane(4.4, 2.6)
    axes.plot(COUPLINGS, exact, color=INK, label="Kaufman")
    axes.plot(COUPLINGS, weighted, "o", color=OURS, label="proposed spins")
    dress(axes, "coupling", "free energy a spin (over temperature)", grid=True)
    yield Picture(figure, "Free energy of 8 x 8 spins, from proposals and exactly")


def _log_mean(x: np.ndarray) -> float:
    return float(np.log(np.exp(x - x.max()).mean()) + x.max())
