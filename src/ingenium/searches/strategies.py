"""Table of strategies: names at the command line and their constructors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import get_args

import xarray as xr

from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Problem, Watch
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.generators import families, fitted, offer
from ingenium.generators.generator import Generator
from ingenium.generators.tokens.codec import kind_of
from ingenium.searches.acquisition import Worth
from ingenium.searches.annealing import Annealing
from ingenium.searches.bayesian import Bayesian, BayesianSettings
from ingenium.searches.cma_es import CmaEs
from ingenium.searches.cross_entropy import CrossEntropy
from ingenium.searches.evolution import Evolution, ManyObjectives
from ingenium.searches.fidelity import Fidelity
from ingenium.searches.fixed_strategies import DatasetBaseline, FixedGenerator
from ingenium.searches.latent_space import LatentSpace
from ingenium.searches.map_elites import ElitesSettings, MapElites, behaviours
from ingenium.searches.named import ALSO, LATENT, ONE, STRATEGIES, Named
from ingenium.searches.parzen import Parzen
from ingenium.searches.population import Population, PopulationSettings
from ingenium.searches.portfolio import Portfolio
from ingenium.searches.regimes import Regime, RegimesSettings, TwoRegimes
from ingenium.searches.space import Cube, Space
from ingenium.searches.strategy import Strategy
from ingenium.searches.tuned import RANKED, Tuned, TunedSettings

FEW = 3  # objectives up to which crowding spreads a front


@dataclass(frozen=True)
class Task:
    """Inputs of the constructor of a strategy."""

    problem: Problem
    spec: Spec  # resolved
    known: xr.Dataset  # designs for training
    seed: int
    watch: Watch
    cost_ratio: float | None = None  # cost ratio of the cheap to the exact tier
    options: tuple[str, ...] = ()  # of the strategy, as written after its name

    def generator(self, choice: GeneratorChoice) -> tuple[fitted.FittedFamily, Generator]:
        """Return a family fitted to the known designs, and its generator."""
        model = fitted.fit(self.problem, self.known, choice, watch=self.watch)
        return model, Generator(self.problem, model.family, self.spec, self.known)

    @property
    def space(self) -> Space:
        """Return its designs as points of a cube."""
        return Space.of(self.problem, self.spec, self.known)

    def latent(self) -> tuple[LatentSpace, str]:
        """Return the latent numbers of the spec's family, and the digest of that model."""
        model, generator = self.generator(self.spec.generator)
        return LatentSpace.of(self.problem, self.spec, self.known, generator.family), model.digest

    def over(self, make: Callable[[Cube, int], Strategy]) -> "StrategyStart":
        """Build a strategy over points, or over latent numbers where the options request it."""
        space, model = self.latent() if LATENT in self.options else (self.space, "")
        return StrategyStart(make(space, self.seed), model)


@dataclass(frozen=True)
class StrategyStart:
    """A strategy, and the digest of its initial model, if it has one."""

    strategy: Strategy
    model: str = ""


def _random(task: Task) -> StrategyStart:
    model, generator = task.generator(GeneratorChoice(family="random"))
    return StrategyStart(FixedGenerator(generator), model.digest)


def _generator(task: Task) -> StrategyStart:
    model, generator = task.generator(task.spec.generator)
    return StrategyStart(FixedGenerator(generator), model.digest)


def _tuned(task: Task, settings: TunedSettings) -> StrategyStart:
    model, generator = task.generator(task.spec.generator)
    own = model.name if model.name in families.NAMES else task.problem.default_family
    known = own if own in families.NAMES else "autoregressive"
    plan = offer.plan(task.problem, known)
    tuned = Tuned(generator, plan, task.seed, paced(settings, task.problem.searches.batch))
    return StrategyStart(tuned, model.digest)


def paced(settings: TunedSettings, batch: int) -> TunedSettings:
    """Adapt settings to small rounds of slow engines: learn from each, with weights by rank."""
    if batch >= settings.every:
        return settings
    return replace(settings, every=batch, sharp=RANKED.sharp)


def _evolution(task: Task) -> StrategyStart:
    """Build NSGA-II, or NSGA-III for many objectives."""
    many = len(task.spec.objectives) > FEW
    return task.over(ManyObjectives if many else Evolution)


def _elites(task: Task, settings: ElitesSettings) -> StrategyStart:
    names = tuple(name for name in task.options if name != LATENT)
    return task.over(
        lambda space, seed: MapElites(space, seed, names or behaviours(space), settings)
    )


def _bayesian(task: Task) -> StrategyStart:
    worth: list[Worth] = [w for w in get_args(Worth) if w in task.options]
    settings = BayesianSettings(worth=worth[0]) if worth else BayesianSettings()
    return task.over(lambda space, seed: Bayesian(space, settings))


def _population(task: Task) -> StrategyStart:
    how = PopulationSettings(searchers=1) if ONE in task.options else PopulationSettings()
    return task.over(lambda space, seed: Population(space, seed, how))


def _two_regimes(task: Task) -> StrategyStart:
    alone: list[Regime] = [one for one in get_args(Regime) if one in task.options]
    settings = RegimesSettings(regime=alone[0]) if alone else RegimesSettings()
    return task.over(lambda space, seed: TwoRegimes(space, settings))


def _fidelity(task: Task) -> StrategyStart:
    if task.cost_ratio is None:
        raise InputError(
            "the price of the cheap tier over the exact one",
            "none",
            "Write --cost-ratio 0.01, say; only a search with a cheap tier has this strategy.",
        )
    return StrategyStart(Fidelity(task.space, task.cost_ratio))


def _portfolio(task: Task) -> StrategyStart:
    """Build a portfolio of the named strategies, or of those that fit and need no engine model."""
    texts = kind_of(task.problem.codec) != "numbers"
    usual = ("dataset", "generator", "tuned") if texts else ("tuned", "evolution", "cma_es")
    names = task.options or usual
    bare = replace(task, options=())
    made = {name: make(name, bare) for name in names}
    model = next((m.model for m in made.values() if m.model), "")
    return StrategyStart(Portfolio({name: m.strategy for name, m in made.items()}), model)


MAKERS: Mapping[str, Callable[[Task], StrategyStart]] = MappingProxyType(
    {
        "random": _random,
        "dataset": lambda task: StrategyStart(
            DatasetBaseline(task.problem, task.known, task.seed, task.spec.conditions)
        ),
        "generator": _generator,
        "tuned": lambda task: _tuned(task, TunedSettings()),
        "reweighted": lambda task: _tuned(task, RANKED),
        "cross_entropy": lambda task: task.over(CrossEntropy),
        "annealing": lambda task: task.over(Annealing),
        "cma_es": lambda task: task.over(CmaEs),
        "parzen": lambda task: task.over(Parzen),
        "evolution": _evolution,
        "nsga3": lambda task: task.over(ManyObjectives),
        "population": _population,
        "map_elites": lambda task: _elites(task, ElitesSettings()),
        "cma_me": lambda task: _elites(task, ElitesSettings(emitter="cma")),
        "portfolio": _portfolio,
        "bayesian": _bayesian,
        "two_regimes": _two_regimes,
        "fidelity": _fidelity,
    }
)
NAMES = tuple(MAKERS)
OPTIONS: Mapping[str, str] = {  # options that may follow a name and a colon
    name: one.options for name, one in STRATEGIES.items() if one.options
}


def parted(written: str, own: Iterable[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Parse `name` or `name:option,option` into name and options of a strategy.

    The name is one of the strategies for all problems, or of `own`.

    Raises:
        InputError: for an unknown name, or options where there are none.

    Examples:
        >>> parted("cma_es:latent")
        ('cma_es', ('latent',))
    """
    name, _, rest = written.partition(":")
    options = tuple(word.strip() for word in rest.split(",") if word.strip())
    names = (*NAMES, *own)
    name = choose(name, names, "strategy", listed=len(names), also=ALSO)
    known = STRATEGIES.get(name, Named("one without a line in the help"))
    if not known.free and not set(known.fixed).issuperset(options):
        may = f"{name}, or {name}: and {known.options}"
        raise InputError(
            may if known.options else f"{name} without options",
            written,
            f"Write {name}, or see `ingenium search --help`.",
        )
    return name, options


def make(written: str, task: Task) -> StrategyStart:
    """Build the strategy of a name with options (`parted`).

    Raises:
        InputError: for an unknown name or option, or a problem whose designs it cannot search.
        MissingExtra: if its package is not installed.
    """
    makers = {**task.problem.searches.own(), **MAKERS}
    name, options = parted(written, task.problem.searches.own())
    made: StrategyStart = makers[name](replace(task, options=options))
    return made
