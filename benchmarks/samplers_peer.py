"""Designs a second of our solvers against diffusers' schedulers, on one network and its levels.

Both descend the same levels with the same network and the same initial noise, so that their results
must agree; they differ in the overhead around the network. Small batches of a small network show
that most, a network of the widest default family least. diffusers (Apache-2.0) is installed by `pip
install diffusers`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks.measuring import interleaved, ratio, report
from ingenium.core.errors import InputError
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.sampling.solvers import Ddim, Multistep, Solver, ladder

CONDITIONS = 3
ROUNDS = 7
AGREE = 1e-3  # largest difference of designs of unit variance, in single precision
SCHEDULERS: dict[str, Solver] = {
    "EDMEulerScheduler": Ddim(),
    "EDMDPMSolverMultistepScheduler": Multistep(),
}


@dataclass(frozen=True)
class PeerCase:
    """A network, its batch size, and its number of levels."""

    shape: tuple[int, ...]
    width: int
    designs: int
    steps: int
    repeats: int  # of a round


CASES = (
    PeerCase((6,), 128, 16, 20, 40),
    PeerCase((6,), 128, 512, 20, 20),
    PeerCase((4, 96), 96, 64, 20, 1),
    PeerCase((1, 32, 32), 32, 32, 20, 1),
)


def run() -> None:
    """Run each case with both schedulers, in turn."""
    torch.set_num_threads(1)
    rows = [_row(case, name) for case in CASES for name in SCHEDULERS]
    report("samplers_peer", "Solvers beside diffusers on one network", rows, {"agree": AGREE})


def _row(case: PeerCase, scheduler: str) -> dict[str, Any]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        settings = DiffusionSettings(width=case.width, solver=SCHEDULERS[scheduler])
        model = Diffusion(case.shape, CONDITIONS, settings).eval()
    rng = torch.Generator().manual_seed(0)
    cond = torch.randn(case.designs, CONDITIONS, generator=rng)
    noise = settings.most * torch.randn(case.designs, *case.shape, generator=rng)
    ours, theirs = _ours(model, case, cond, noise), _theirs(model, case, scheduler, cond, noise)
    with torch.no_grad():
        off = float((ours() - theirs()).abs().max())
        if not off <= AGREE:
            raise RuntimeError(f"{scheduler} ends {off:.3g} away from {settings.solver}")
        works = {"ours": _often(ours, case.repeats), "theirs": _often(theirs, case.repeats)}
        times = interleaved(works, ROUNDS)
    drawn = case.designs * case.repeats
    return {
        "designs of": " x ".join(map(str, case.shape)),
        "width": case.width,
        "at once": case.designs,
        "steps": case.steps,
        "scheduler": scheduler,
        "difference": off,
        "ours/s": drawn / times["ours"].spread()["cpu_s"]["median"],
        "theirs/s": drawn / times["theirs"].spread()["cpu_s"]["median"],
        "times": ratio(times["theirs"].cpu_s, times["ours"].cpu_s, 1.0),
    }


def _often(work: Callable[[], Tensor], repeats: int) -> Callable[[], None]:
    def repeated() -> None:
        for _ in range(repeats):
            work()

    return repeated


def _ours(model: Diffusion, case: PeerCase, cond: Tensor, noise: Tensor) -> Callable[[], Tensor]:
    own = model.settings
    levels, rng = ladder(case.steps, own.least, own.most), torch.Generator()
    denoise = model.denoiser(cond)
    return lambda: own.solver.solve(denoise, noise, levels, rng)


def _theirs(
    model: Diffusion, case: PeerCase, scheduler: str, cond: Tensor, noise: Tensor
) -> Callable[[], Tensor]:
    """Sample as pipelines of diffusers do: scale, call the network, step."""
    try:
        import diffusers
    except ImportError as error:
        raise InputError(
            "diffusers beside this package", "none", "pip install diffusers"
        ) from error
    own = model.settings
    kind = getattr(diffusers, scheduler)

    def walk() -> Tensor:
        levels = {"sigma_min": own.least, "sigma_max": own.most, "sigma_data": 1.0}
        scheduler = kind(**levels)
        scheduler.set_timesteps(case.steps)
        x = noise
        for t in scheduler.timesteps:
            inner = scheduler.scale_model_input(x, t)
            out = model.network(inner, cond, t.expand(len(x)), None)
            x = scheduler.step(out, t, x).prev_sample
        return x

    return walk
