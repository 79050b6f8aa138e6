"""The no-U-turn sampler of Pyro, in the normal numbers that designs are generated from."""

import contextlib
import io
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.packages import Extra
from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.prior import Particles
from ingenium.infer.weights import Weighted

EXTRA = Extra("infer")
STARTS = 2000  # samples of the prior among which chains begin
FEWEST = 100  # steps that adapt the step size of a chain


@dataclass(frozen=True)
class NoUTurn:
    """Chains that begin at samples of the prior, chosen by their likelihood.

    Each chain stays in its initial row of the prior, so if several rows remain possible their
    shares are those of the starts.

    Source: Hoffman and Gelman, JMLR 15, 2014.
    """

    chains: int = 4

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Prepare starts for all readings.

        Raises:
            InputError: for a prior of single designs.
            MissingExtra: with the line that installs Pyro.
        """
        begin, prior = beginnings(task, STARTS, rng), task.prior

        def answer(readings: Float64[Tensor, " m"], rng: torch.Generator) -> Weighted:
            begun = begin(readings, self.chains, rng)
            each = -(-task.samples // self.chains)
            found = []
            for i in range(self.chains):
                own = begun.take(torch.tensor([i]))
                found.append(chain(_potential(task, readings, own), own.z[0], each, rng))
            rows = begun.rows.repeat_interleave(each)[: task.samples]
            z = torch.cat(found)[: task.samples]
            sampled = tuple(a.detach() for a in prior.designs(Particles(rows, z)))
            values = task.measure(sampled).numpy()
            worth, distance = settled(values, each)
            even = np.full(task.samples, 1 / task.samples)
            return Weighted(sampled, rows, even, float("nan"), worth, {"r_hat": distance})

        return answer


def beginnings(
    task: InferenceTask, starts: int, rng: torch.Generator
) -> Callable[[Float64[Tensor, " m"], int, torch.Generator], Particles]:
    """Return a function of readings that chooses initial states of chains by their likelihood.

    Raises:
        InputError: for a prior of single designs.
        MissingExtra: with the line that installs Pyro, which judges chains.
    """
    EXTRA.package("pyro.ops.stats")  # raised before anything is sampled
    task.prior.must_be_smooth()
    state = task.prior.start(starts, rng)
    arrays = task.prior.designs(state)

    def begin(readings: Float64[Tensor, " m"], chains: int, rng: torch.Generator) -> Particles:
        density = task.likelihood.log_density(readings[None], arrays)[0]
        share = torch.softmax(density, 0)
        return state.take(torch.multinomial(share, chains, True, generator=rng))

    return begin


def _potential(
    task: InferenceTask, readings: Float64[Tensor, " m"], start: Particles
) -> Callable[[Tensor], Tensor]:
    """Negative log density of normal numbers around a row, up to a constant."""

    def potential(z: Tensor) -> Tensor:
        arrays = task.prior.designs(Particles(start.rows, z[None]))
        density = task.likelihood.log_density(readings[None], arrays)[0, 0]
        return 0.5 * z.square().sum() - density

    return potential


def chain(
    potential: Callable[[Tensor], Tensor],
    start: Float64[Tensor, " d"],
    steps: int,
    rng: torch.Generator,
) -> Float64[Tensor, "s d"]:
    """Run one chain of Pyro under a potential (nats), with random numbers from our generator.

    Raises:
        MissingExtra: with the line that installs Pyro.
    """
    mcmc = EXTRA.package("pyro.infer.mcmc")
    seed = int(torch.randint(2**31, (1,), generator=rng))
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        kernel = mcmc.NUTS(potential_fn=lambda params: potential(params["z"]), max_tree_depth=7)
        trajectory = mcmc.MCMC(
            kernel,
            num_samples=steps,
            warmup_steps=max(FEWEST, steps // 2),
            initial_params={"z": start},
            disable_progbar=True,
        )
        with contextlib.redirect_stdout(io.StringIO()):
            trajectory.run()
    found: Tensor = trajectory.get_samples()["z"]
    return found


def settled(values: Float64[np.ndarray, "n q"], each: int) -> tuple[float, float]:
    """Effective samples and split R-hat of the worst quantity.

    Chains that never moved, or that met failed samples, are worth one sample.
    """
    stats = EXTRA.package("pyro.ops.stats")
    whole = len(values) // each * each
    chains = torch.from_numpy(values[:whole].reshape(-1, each, values.shape[1]))
    known = ~chains.isnan().all(1).all(0)
    alive = known & (chains.std((0, 1)) != 0)  # NaN is not 0
    if not alive.any() or each < 4:
        return 1.0, math.inf
    own = chains[..., alive]
    worth = float(stats.effective_sample_size(own, chain_dim=0, sample_dim=1).min())
    distance = float(stats.split_gelman_rubin(own, 0, 1).max())
    if math.isnan(worth + distance):
        return 1.0, math.inf
    return min(max(worth, 1.0), float(len(values))), distance
