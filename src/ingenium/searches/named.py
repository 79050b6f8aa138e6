"""Table of the strategies: name, options, and a short description.

It imports nothing, so that the help of the command line loads fast; `strategies` builds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LATENT = "latent"  # option of strategies over points: those of a family's latent numbers
ONE = "one"  # option of `population`: a single searcher
ALSO = {  # other names under which the field knows a strategy
    "random_search": "random",
    "simulated_annealing": "annealing",
    "cmaes": "cma_es",
    "genetic_algorithm": "evolution",
    "genetic": "evolution",
    "ga": "evolution",
    "tpe": "parzen",
    "optuna": "parzen",
    "nsga2": "evolution",
    "nsga_ii": "evolution",
    "nsga_iii": "nsga3",
    "particle_swarm": "population",
    "quality_diversity": "map_elites",
    "bayesian_optimisation": "bayesian",
    "bayesian_optimization": "bayesian",
    "bo": "bayesian",
    "gaussian_process": "bayesian",
    "turbo": "bayesian",
}
REGIMES = ("act", "seek")  # options of `two_regimes`: one of them alone
WORTHS = ("log_ei", "ei", "ucb")  # acquisitions of `bayesian`


@dataclass(frozen=True)
class Named:
    """Description of a strategy, and its options."""

    words: str
    fixed: tuple[str, ...] = ()  # options that are written literally
    free: str = ""  # description of other options

    @property
    def options(self) -> str:
        """Options that may follow the name and a colon; empty if there are none."""
        return ", ".join([self.free, *self.fixed] if self.free else self.fixed)


def _points(words: str) -> Named:
    return Named(words, (LATENT,))


_KINDS = "quantities and conditions that distinguish designs"
STRATEGIES: Mapping[str, Named] = MappingProxyType(
    {
        "random": Named("random samples from the values of known designs"),
        "dataset": Named("known designs in random order"),
        "generator": Named("the generator of the spec, without learning"),
        "tuned": Named("the generator, refitted to the best verified designs"),
        "reweighted": Named("the generator, refitted with weights by rank"),
        "cross_entropy": _points("a normal distribution that moves towards the best"),
        "annealing": _points("simulated annealing"),
        "cma_es": _points("covariance matrix adaptation"),
        "parzen": _points("tree-structured Parzen estimator (TPE, as in Optuna)"),
        "evolution": _points("genetic algorithm with Pareto dominance (NSGA-II)"),
        "nsga3": _points("the same with reference directions, for many objectives"),
        "population": Named("several searchers with narrow and wide moves", (ONE, LATENT)),
        "map_elites": Named(
            ("quality-diversity search: the best design of each niche"), (LATENT,), _KINDS
        ),
        "cma_me": Named("the same, with steps of cma_es", (LATENT,), _KINDS),
        "portfolio": Named(
            "several strategies; each round goes mostly to the most successful", (), "their names"
        ),
        "bayesian": Named(
            "Bayesian optimisation by Gaussian processes; above 20 numbers in a trust region, by "
            "the named acquisition, else by Thompson sampling",
            (*WORTHS, LATENT),
        ),
        "two_regimes": Named("exploitation of the best known, or exploration", (*REGIMES, LATENT)),
        "fidelity": Named(
            "multi-fidelity: the cheap or the exact tier, by information for its --cost-ratio"
        ),
    }
)


OF_DOMAINS: Mapping[str, str] = MappingProxyType(
    {
        "genetic": "molecules only: crossover and mutation of graphs, from known molecules",
        "reinforced": (
            "molecules only: reinforcement learning of a generator, anchored to its prior"
        ),
    }
)


def listed() -> tuple[str, ...]:
    """Return a line for each strategy: its name, its options and its description."""
    every = tuple(
        f"{name}{':' + one.options if one.options else ''} - {one.words}"
        for name, one in STRATEGIES.items()
    )
    return every + tuple(f"{name} - {words}" for name, words in OF_DOMAINS.items())
