"""Checks of networks trained on the residual of an equation (PINN)."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.spec import load, parse
from ingenium.domains.equations.field.elements import second_engine
from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.moving import AllenCahn, Burgers
from ingenium.domains.equations.field.residual import ResidualNetworks, ResidualSettings
from ingenium.domains.equations.field.settings import EquationSettings
from ingenium.domains.equations.field.verifier import errors
from ingenium.drawing.style import INK, MUTED, OURS, SMALL, dress, panels
from ingenium_book.findings import Commands, Finding, Picture

SPEC = """
problem = "equations.field"
[setup]
equation = "{equation}"
points = 64
known = 12
{more}
[setup.residual]
{residual}
[generator]
family = "pinn"
"""
BURGERS, PHASES = "burgers", "allen_cahn"
PLANTED: Mapping[str, str] = {  # the text, and the cause that must be reported
    "rate = 1.0": "steps too long",
    "rate = 1e-6": "steps too short",
    "steps = 5": "too few steps",
    "width = 1": "too small a network",
    "points = 6": "too few points",
    'activation = "relu"': "no second derivative",
    "exact_start = false\nstart_weight = 1e-6": "a start that is not held",
    "coordinate_unit = 0.01": "coordinates out of scale",
    "until = 0.3": "times without points",
    "joined = false": "ends that do not meet",
    "causal = 0.0": "times learned out of order",
}
PARTING = (PHASES, "diffusion = 2e-3")  # where late values do not determine early ones
FEW = 400  # steps of a planted failure
SHARP = 5e-4  # diffusion of phases, whose fronts are a cell or two wide
SETTINGS = "steps = 700\nlayers = 2\npoints = 384"  # of all networks that have to converge
WITHIN, FIELDS = 0.2, 8
REQUESTS: Mapping[str, str] = {  # and additional settings
    "the Poisson equation on 32 points": "",
    "the heat equation on 64 points": "",
    "the wave equation on 64 points": "",
    "Burgers' equation on 64 points, diffusion 0.02": "",
    "the Allen-Cahn equation on 64 points, diffusion 0.002": "causal = 10.0",
}


def residuals(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.7: networks from words against scikit-fem, and failures reported with a cause."""
    made = []
    for words, more in REQUESTS.items():
        finding, fields = _worded(commands, words, f"{SETTINGS}\n{more}")
        yield finding
        made += [] if fields is None else [fields]
    reported = []
    for written, cause in PLANTED.items():
        steps = "" if "steps" in written else f"\nsteps = {FEW}"
        own = PARTING if "causal" in written else (BURGERS, "")
        reported.append(_failed(commands, *own, f"{written}{steps}")[1] == cause)
    missed = [w.split("\n")[0] for w, t in zip(PLANTED, reported, strict=True) if not t]
    yield Finding(
        f"of {len(reported)} planted failures {sum(reported)} are reported, with cause and repair"
        + (f": not {', '.join(missed)}" if missed else ""),
        sum(reported) >= 0.9 * len(reported),
    )
    yield _sharp(commands)
    if made:
        yield Picture(
            _alongside(made),
            "A field of each equation: at the start, by a network, and by scikit-fem",
        )


@dataclass(frozen=True)
class NetworkFields:
    """Fields of one equation by networks, and by scikit-fem."""

    equation: FieldEquation
    inputs: torch.Tensor
    found: torch.Tensor
    true: torch.Tensor


def _worded(commands: Commands, words: str, residual: str) -> tuple[Finding, NetworkFields | None]:
    """Fields of an equation requested in words, by networks."""
    path = commands.folder / "wish" / "spec.toml"
    requested = f"{FIELDS} fields of {words}, error at most {WITHIN:.0%}"
    commands("ask", requested, "--out", "wish", "--overwrite")
    text = path.read_text().replace('"default"', '"pinn"').replace('"accepted"', '"verified"')
    text = text.replace("[setup]", "[setup]\nknown = 12") + f"\n[setup.residual]\n{residual}\n"
    path.write_text(text)
    began = time.process_time()
    run = ("--spec", "wish/spec.toml", "-n", FIELDS, "--out", "field", "--overwrite")
    done = commands("propose", "equations.field", *run)
    spent = (time.process_time() - began) / FIELDS
    if done.code > 1:
        return Finding(f"{words}: networks that converge", False), None
    equation = parse(load(path).setup, EquationSettings, "wish").opened()
    with xr.open_dataset(commands.folder / "field" / "designs.nc") as retained:
        inputs, found = (torch.from_numpy(retained[n].values) for n in ("input", "solution"))
        own = float(retained["error"].median())
    true, seconds = _by_elements(equation, inputs)
    off = float(np.median(errors(found, true)[0]))
    said = Finding(
        f"{words}: networks are {own:.1%} off by the own solver and {off:.1%} by scikit-fem "
        f"(medians of {len(found)}); a field costs {spent:.2g} s, by scikit-fem {seconds:.2g} s",
        own < WITHIN and abs(off - own) < 0.1 * own,
    )
    return said, NetworkFields(equation, inputs, found, true)


def _by_elements(equation: FieldEquation, inputs: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Solutions by scikit-fem, and seconds of each."""
    second = second_engine(equation)
    assert second is not None
    second.solve(inputs[0])  # one-time set-up
    began = time.process_time()
    found = torch.stack([second.solve(a) for a in inputs])
    return found, (time.process_time() - began) / len(inputs)


def _failed(commands: Commands, equation: str, more: str, residual: str) -> tuple[str, str]:
    """Error of a network where it fails, and the reported cause."""
    spec = SPEC.format(equation=equation, more=more, residual=residual)
    (commands.folder / "field.toml").write_text(spec)
    requested = ("--spec", "field.toml", "-n", 2, "--out", "field", "--overwrite")
    text = " ".join(commands("propose", "equations.field", *requested).text.split())
    reported = re.search(r"got (\S+), from ([^:]+):", text)
    return (reported[1], reported[2]) if reported else ("", "")


def _sharp(commands: Commands) -> Finding:
    """Answer of a network for fronts it cannot resolve, compared with the solvers."""
    off, cause = _failed(commands, PHASES, f"diffusion = {SHARP}", SETTINGS)
    own = AllenCahn(points=64, diffusion=SHARP)
    inputs = own.sample(FIELDS, torch.Generator().manual_seed(0))
    true = own.solved(inputs, own.judged_on)
    by_elements, seconds = _by_elements(own, inputs)
    began = time.process_time()
    coarse = own.coarse(inputs, 2)
    coarse_ms = 1e3 * (time.process_time() - began) / FIELDS
    distance = [float(errors(u, true)[0].median()) for u in (by_elements, coarse)]
    reported = f"{off} off, and told to fail from {cause}" if cause else "near"
    return Finding(
        f"where phases have sharp fronts (diffusion {SHARP:g}) a network is {reported}; scikit-fem "
        f"{distance[0]:.1g} off in {seconds:.2g} s a field, and the solver on half the points "
        f"{distance[1]:.1g} in {coarse_ms:.2g} ms",
        bool(cause) and max(distance) < float(off),
    )


def _alongside(made: Sequence[NetworkFields]) -> Figure:
    """Plot one field of each equation; in the plane along its middle."""
    figure, grid = panels(1, len(made), (2.3, 2.1))
    for axes, own in zip(grid[0], made, strict=True):
        x = np.arange(own.equation.points) / own.equation.points
        rows = [v[0] if own.equation.axes == 1 else v[0, len(v[0]) // 2]
                for v in (own.true, own.found, own.inputs)]  # fmt: skip
        lines = [*axes.plot(x, rows[0], color=INK, lw=1.6),
                 *axes.plot(x, rows[1], color=OURS, lw=1.4, ls="--")]  # fmt: skip
        if own.equation.axes == 1:
            lines += axes.plot(x, rows[2], color=MUTED, lw=1, zorder=1)
        dress(axes, "x", title=own.equation.name.replace("_", " and "))
    names = ("scikit-fem", "network", "start")
    figure.legend(lines, names[: len(lines)], loc="outside lower center", ncols=3, frameon=False,
                  fontsize=SMALL)  # fmt: skip
    return figure


STIFF: tuple[AllenCahn | Burgers, ...] = (
    AllenCahn(points=64, diffusion=2e-3),
    AllenCahn(points=64),
    Burgers(points=64),
)
UNSCALED, USUAL = 20.0, ResidualSettings()
ARMS: Mapping[str, tuple[float, float]] = {  # the unit of times, and the delay of late times
    "neither": (UNSCALED, 0.0),
    "scaling alone": (USUAL.coordinate_unit, 0.0),
    "weights alone": (UNSCALED, USUAL.causal),
    "both": (USUAL.coordinate_unit, USUAL.causal),
}


def tamed() -> Iterator[Finding]:
    """Row 32.17, its part on networks: coordinates of order 1, and weights in time."""
    own = ResidualSettings(steps=500, width=24, layers=2, points=384)
    for equation in STIFF:
        inputs = equation.sample(2, torch.Generator().manual_seed(0))
        true, size = equation.solved(inputs, equation.judged_on), float(inputs.std())
        off = {}
        for arm, (unit, causal) in ARMS.items():
            chosen = replace(own, coordinate_unit=unit, causal=causal)
            rng = torch.Generator().manual_seed(1)
            nets = ResidualNetworks.sampled(equation, chosen, inputs, size, rng)
            nets.train()
            off[arm] = float(errors(nets.solution().double(), true)[0].mean())
        reported = ", ".join(f"{e:.1%} with {arm}" for arm, e in off.items())
        yield Finding(
            f"networks of {equation.written} ({equation.diffusion:g} diffusion): off by {reported}",
            off["both"] < 0.7 * off["neither"],
        )
