"""Posteriors a second of `radio.estimate` against NUTS and sbi, and their calibration.

All infer from the same pilots of held-out terminals of munich under the same prior. Particles are
the problem's own method; NUTS is Pyro's, in the same normal numbers, with two chains, and so
expensive that it runs on one terminal; sbi (Apache-2.0, `pip install sbi`) fits a neural posterior,
its default flow, to simulated pairs of the six quantities and the power of pilots over delay and
direction, and then answers immediately. Rates mean little without calibration: the table has
coverage, and the radius of ellipses of the place over that of Cramér and Rao. Seconds are CPU
seconds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measuring import report
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.domains import open_problem
from ingenium.domains.radio.estimate import TerminalEstimate
from ingenium.domains.radio.pilots import Fading
from ingenium.evaluate.measured import Interval
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.infer import calibration
from ingenium.infer.calibration import Ranks
from ingenium.infer.methods.annealed import Annealed
from ingenium.infer.methods.method import InferenceTask, Method
from ingenium.infer.methods.nuts import NoUTurn
from ingenium.infer.prior import Prior
from ingenium.infer.question import Arrays, InferenceQuestion
from ingenium.infer.spec import load
from ingenium.infer.weights import below, ellipse_level, moments
from ingenium.runs.loop import training

SPEC = Path(__file__).parents[1] / "examples" / "radio" / "pilots.toml"
TRUTHS, BY_CHAINS, DRAWS, CHAIN_DRAWS = 20, 1, 400, 100
PAIRS = 5000  # simulated pairs for the training of a flow


@dataclass(frozen=True)
class ReportedTrials:
    """Posterior samples of the quantities."""

    values: np.ndarray  # (samples, quantities)
    weight: np.ndarray
    effective: float


Telling = Callable[[torch.Tensor, torch.Generator], ReportedTrials]


def run() -> None:
    """Run each method on the same terminals."""
    torch.set_num_threads(1)
    requested = load(SPEC)
    problem = open_problem(requested.spec)
    assert isinstance(problem, TerminalEstimate)
    question = problem.question()
    known, spec = training(problem), resolve(requested.spec, problem)
    made = fitted.fit(problem, known, spec.generator, watch=silent)
    generator = Generator(problem, made.family, spec, known)
    prior = Prior.of(generator, requested.prior_samples, 0, question.nearby)
    rng = torch.Generator().manual_seed(0)
    truths = calibration.held_out(problem.data(), prior, TRUTHS, rng)
    works: dict[str, tuple[Callable[[], Telling], int]] = {
        "particles": (lambda: _ours(Annealed(), prior, question, DRAWS, rng), TRUTHS),
        "NUTS (Pyro)": (lambda: _ours(NoUTurn(2), prior, question, CHAIN_DRAWS, rng), BY_CHAINS),
        "neural posterior (sbi)": (lambda: _neural(prior, question, rng), TRUTHS),
    }
    rows = [_row(name, *work, question, truths) for name, work in works.items()]
    report("radio_posteriors", "Posteriors of terminals a second", rows, {"pairs": PAIRS})


def _ours(
    method: Method, prior: Prior, question: InferenceQuestion, samples: int, rng: torch.Generator
) -> Telling:
    task = InferenceTask(prior, question.likelihood, question.measure, samples)
    answer = method.prepared(task, rng)

    def telling(readings: torch.Tensor, rng: torch.Generator) -> ReportedTrials:
        found = answer(readings, rng)
        return ReportedTrials(question.measure(found.arrays).numpy(), found.weight, found.effective)

    return telling


def _neural(prior: Prior, question: InferenceQuestion, rng: torch.Generator) -> Telling:
    """A flow of sbi, fitted to simulated pairs."""
    from sbi.inference import NPE

    fading = question.likelihood
    assert isinstance(fading, Fading)
    arrays = calibration.of_prior(prior, PAIRS, rng)
    reported = question.measure(arrays)
    centre, spread = reported.mean(0), reported.std(0)
    seen = fading.summary(fading.simulate(arrays, rng)).float()
    torch.manual_seed(0)
    trainer = NPE(show_progress_bars=False)
    trainer.append_simulations(((reported - centre) / spread).float(), seen).train()
    posterior = trainer.build_posterior()

    def telling(readings: torch.Tensor, rng: torch.Generator) -> ReportedTrials:
        own = fading.summary(readings[None]).float()
        drawn = posterior.sample((DRAWS,), x=own, show_progress_bars=False)
        values = (drawn.double() * spread + centre).numpy()
        return ReportedTrials(values, np.full(DRAWS, 1 / DRAWS), float(DRAWS))

    return telling


def _row(
    name: str,
    prepared: Callable[[], Telling],
    count: int,
    question: InferenceQuestion,
    truths: Arrays,
) -> dict[str, Any]:
    """Cost and quality of one method."""
    started = time.process_time()
    telling = prepared()
    ready = time.process_time()
    rng = torch.Generator().manual_seed(1)
    readings = question.likelihood.simulate(truths, rng)  # all receive the same
    found = [telling(y, rng) for y in readings[:count]]
    spent = time.process_time() - ready
    ranks = _ranks(question, readings[:count], tuple(a[:count] for a in truths), found)
    worth = sum(own.effective for own in found)
    judged = {
        "in 50 %": ranks.coverage(0.5),
        "in 90 %": ranks.coverage(0.9),
        "in ellipses of 90 %": ranks.ellipse(0.9),
    }
    return {
        "by": name,
        "terminals": count,
        "preparation_s": round(ready - started, 1),
        "posteriors_per_s": float(f"{count / spent:.3g}"),
        "effective_per_s": float(f"{worth / spent:.3g}"),
        **{key: _short(own) if count > 1 else "" for key, own in judged.items()},
        "radius over the bound": float(f"{ranks.size().value:.3g}"),
    }


def _ranks(
    question: InferenceQuestion, readings: torch.Tensor, truths: Arrays, found: list[ReportedTrials]
) -> Ranks:
    """Ranks of the truths; the place is first among the quantities."""
    assert question.bound is not None
    true = question.measure(truths).numpy()
    least = torch.linalg.det(question.bound(readings, truths)[:, 0]).numpy()
    both = list(zip(found, true, strict=True))
    levels = [below(own.values, own.weight, x) for own, x in both]
    inside = [ellipse_level(own.values[:, :2], own.weight, x[:2]) for own, x in both]
    wide = [np.linalg.det(moments(own.values[:, :2], own.weight)[1]) for own in found]
    sizes = (np.array(wide) / least) ** 0.25
    return Ranks(np.array(levels), np.array(inside)[:, None], sizes[:, None])


def _short(found: Interval) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
