"""Checks of networks that learn from what they leave of an equation (PINN)."""

import re
from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import KNOWN, OURS, dress, plane

SPEC = """
problem = "equations.field"
[setup]
known = 12
{setup}
[setup.residual]
{residual}
[generator]
family = "{family}"
[select]
keep = "verified"
"""
CASES: Mapping[str, str] = {
    "heat": "points = 64",
    "wave": "points = 64",
    "burgers": "points = 64",
    "allen_cahn": "points = 64\ndiffusion = 5e-3",
    "poisson": "points = 32",
}
PLANTED: Mapping[str, str] = {  # what is written, and the cause that has to be told
    "rate = 1.0": "steps too long",
    "rate = 1e-6": "steps too short",
    "steps = 5": "too few steps",
    "width = 1": "too small a network",
    "points = 6": "too few points",
    'activation = "relu"': "no second derivative",
    "held_start = false\nstart_weight = 1e-6": "a start that is not held",
    "coordinate_unit = 0.01": "coordinates out of scale",
    "until = 0.3": "times without points",
    "joined = false": "ends that do not meet",
}
STIFF: Mapping[str, str] = {
    "fronts of Burgers' equation": 'equation = "burgers"\npoints = 64',
    "sharper ones": 'equation = "burgers"\npoints = 128\ndiffusion = 0.006',
    "phases that part": 'equation = "allen_cahn"\npoints = 64\ndiffusion = 5e-3',
}
PLAIN = "coordinate_unit = 0.05\ncausal = 0"
CLOSE, FEW = 0.2, 400  # error of a network's field; steps of a planted failure


def residuals(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.7: fields from residuals beside the solver, and ten failures with their cause."""
    errors: list[tuple[float, float]] = []
    for name, setup in CASES.items():
        own, solver = (
            _error(commands, f'equation = "{name}"\n{setup}', family=f)[0]
            for f in ("pinn", "coarse_4")
        )
        errors.append((own, solver))
        yield Finding(
            f"{name}: fields of networks are {own:.2g} off, of the solver made four times coarser "
            f"{solver:.2g}",
            own < CLOSE,
        )
    told = []
    for written, cause in PLANTED.items():
        steps = "" if "steps" in written else f"\nsteps = {FEW}"
        text = _error(commands, 'equation = "burgers"\npoints = 64', f"{written}{steps}")[1]
        told.append(f"from {cause}" in text)
    missed = [w.split("\n")[0] for w, t in zip(PLANTED, told, strict=True) if not t]
    yield Finding(
        f"of {len(told)} planted failures {sum(told)} are told with their cause and what to write"
        + (f": not {', '.join(missed)}" if missed else ""),
        sum(told) >= 0.9 * len(told),
    )
    figure, axes = plane(4.6, 2.6)
    at, both = np.arange(len(CASES)), np.array(errors)
    axes.plot(at, both[:, 0], "o", color=OURS, label="networks")
    axes.plot(at, both[:, 1], "s", color=KNOWN, label="solver, four times coarser")
    axes.set_yscale("log")
    axes.set_xticks(at, [n.replace("_", "\n") for n in CASES])
    dress(axes, "", "error", grid=True)
    yield Picture(figure, "Error of networks that learn from residuals, beside a coarse solver")


def stiff(commands: Commands) -> Iterator[Finding]:
    """Row 32.17, its part on networks: without scaled coordinates and weights, and with them."""
    for name, setup in STIFF.items():
        plain, own = (_error(commands, setup, residual)[0] for residual in (PLAIN, ""))
        yield Finding(
            f"scaling and weights cut the error of networks from {plain:.2g} to {own:.2g}: {name}",
            own < plain,
        )


def _error(
    commands: Commands, setup: str, residual: str = "", *, family: str = "pinn"
) -> tuple[float, str]:
    """The middle error of two fields, or of the pilot that failed, and what was printed."""
    spec = SPEC.format(setup=setup, residual=residual, family=family)
    (commands.folder / "field.toml").write_text(spec)
    asked = ("--spec", "field.toml", "-n", 2, "--out", "field", "--overwrite")
    done = commands("propose", "equations.field", *asked)
    if done.code not in (0, 1):
        failed = re.search(r"([\d.e+]+|inf), from", done.text)
        return float(failed[1]) if failed else np.inf, " ".join(done.text.split())
    with xr.open_dataset(commands.folder / "field" / "designs.nc") as made:
        return float(np.median(made["error"].values)), done.text
