"""The table of strategies: a name at the command line to a strategy for a problem and a spec."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import xarray as xr

from ingenium.core.digest import dataset_digest
from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Problem, Watch
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.generators import families, fitted
from ingenium.generators.generator import Generator
from ingenium.generators.tokens.codec import Tokens
from ingenium.search.bayesian import Bayesian
from ingenium.search.cma_es import CmaEs
from ingenium.search.cross_entropy import CrossEntropy
from ingenium.search.drawn import Drawn, Stock
from ingenium.search.evolution import Evolution
from ingenium.search.fidelity import Fidelity
from ingenium.search.portfolio import Portfolio
from ingenium.search.space import Space
from ingenium.search.strategy import Strategy
from ingenium.search.tuned import Tuned


@dataclass(frozen=True)
class Task:
    """What a strategy is made for."""

    problem: Problem
    spec: Spec  # resolved
    known: xr.Dataset  # designs that may be learned from
    seed: int
    watch: Watch
    price: float | None = None  # of the cheap tier over the exact one

    def generator(self, choice: GeneratorChoice) -> tuple[fitted.FittedFamily, Generator]:
        """A family fitted to the known designs, and what proposes with it."""
        data = dataset_digest(self.known)
        model = fitted.fit(self.problem, self.known, choice, data=data, watch=self.watch)
        return model, Generator(self.problem, model.family, self.spec, self.known)

    @property
    def space(self) -> Space:
        """Its designs as points of a cube."""
        return Space.of(self.problem, self.spec, self.known)


@dataclass(frozen=True)
class Made:
    """A strategy, and the digest of the model that it starts with, if any."""

    strategy: Strategy
    model: str = ""


def _random(task: Task) -> Made:
    model, generator = task.generator(GeneratorChoice(family="random"))
    return Made(Drawn(generator), model.digest)


def _generator(task: Task) -> Made:
    model, generator = task.generator(task.spec.generator)
    return Made(Drawn(generator), model.digest)


def _tuned(task: Task) -> Made:
    model, generator = task.generator(task.spec.generator)
    codec = task.problem.codec
    own = model.name if model.name in families.NAMES else task.problem.default_family
    known = own if own in families.NAMES else "autoregressive"
    plan = families.plan(known, shape=codec.shape, codec=codec)
    return Made(Tuned(generator, plan, task.seed), model.digest)


def _fidelity(task: Task) -> Made:
    if task.price is None:
        raise InputError(
            "the price of the cheap tier over the exact one",
            "none",
            "Write --price 0.01, say; only a search with a cheap tier has this strategy.",
        )
    return Made(Fidelity(task.space, task.price))


def _portfolio(task: Task) -> Made:
    """What fits the designs of the problem and needs no model of the engine."""
    texts = isinstance(task.problem.codec, Tokens)
    names = ("stock", "generator", "tuned") if texts else ("tuned", "evolution", "cma_es")
    made = {name: make(name, task) for name in names}
    model = next(m.model for m in made.values() if m.model)
    return Made(Portfolio({name: m.strategy for name, m in made.items()}), model)


MAKERS: Mapping[str, Callable[[Task], Made]] = MappingProxyType(
    {
        "random": _random,
        "stock": lambda task: Made(Stock(task.problem, task.known, task.seed)),
        "generator": _generator,
        "tuned": _tuned,
        "cross_entropy": lambda task: Made(CrossEntropy(task.space, task.seed)),
        "cma_es": lambda task: Made(CmaEs(task.space, task.seed)),
        "evolution": lambda task: Made(Evolution(task.space, task.seed)),
        "portfolio": _portfolio,
        "bayesian": lambda task: Made(Bayesian(task.space)),
        "fidelity": _fidelity,
    }
)
NAMES = tuple(MAKERS)


def make(name: str, task: Task) -> Made:
    """The strategy of a name.

    Raises:
        InputError: for an unknown name, or a problem whose designs it does not search.
        MissingExtra: if its package is not installed.
    """
    return MAKERS[choose(name, NAMES, "strategy")](task)
