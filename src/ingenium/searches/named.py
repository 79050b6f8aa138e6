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
        "random": Named("chance, as known designs are spread"),
        "stock": Named("known designs, each once"),
        "generator": Named("the generator of the spec, as it is"),
        "tuned": Named("the generator, fitted again to what was good"),
        "reweighted": Named("the generator, fitted again with weights by rank"),
        "cross_entropy": _points("a normal law that moves to the best"),
        "annealing": _points("walks that cool"),
        "cma_es": _points("steps that follow the covariance of those that succeeded"),
        "parzen": _points("where good points lie denser than others (TPE, as in Optuna)"),
        "evolution": _points("parents and children, by dominance (NSGA-II)"),
        "nsga3": _points("the same along directions, for many objectives"),
        "population": Named(
            "searchers that look near their best point and far off it", (ONE, LATENT)
        ),
        "map_elites": Named("the best of each kind of design", (LATENT,), _KINDS),
        "cma_me": Named("the same, with steps of cma_es", (LATENT,), _KINDS),
        "portfolio": Named(
            "several, of which one has each round, mostly what does best", (), "their names"
        ),
        "bayesian": Named(
            "what Gaussian processes promise most; above 20 numbers in a trust region, by the "
            "acquisition if one is named, else by draws (Thompson sampling)",
            (*WORTHS, LATENT),
        ),
        "two_regimes": Named("to act on what is known, or to know more", (*REGIMES, LATENT)),
        "fidelity": Named("the cheap tier or the exact one, by what each reveals for its --price"),
    }
)


OF_DOMAINS: Mapping[str, str] = MappingProxyType(
    {
        "genetic": "molecules alone: graphs that are crossed and mutated, from known molecules",
        "reinforced": "molecules alone: a generator pulled towards reward, anchored to its prior",
    }
)


def listed() -> tuple[str, ...]:
    """Return a line for each strategy: its name, its options and its description."""
    every = tuple(
        f"{name}{':' + one.options if one.options else ''} - {one.words}"
        for name, one in STRATEGIES.items()
    )
    return every + tuple(f"{name} - {words}" for name, words in OF_DOMAINS.items())
