"""The table of families: a name at the command line to what it makes, its window and budget."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import torch

from ingenium.core.errors import choose
from ingenium.monitor.families.charts import CUSUM, CVA, PCA, ForecastResidual
from ingenium.monitor.families.detector import Detector
from ingenium.monitor.families.forest import IsolationForest
from ingenium.monitor.families.networks import (
    LSTM,
    Autoencoder,
    Transformer,
    VariationalAutoencoder,
)
from ingenium.train.plan import Plan

BUDGET = Plan(steps=800, batch=128, learning_rate=2e-3, ema_decay=0.99)


@dataclass(frozen=True)
class Entry:
    """One family, with the rows that it looks at."""

    make: Callable[[int, int], Detector]
    window: int
    plan: Plan = field(default=BUDGET)


FAMILIES: Mapping[str, Entry] = MappingProxyType(
    {
        "pca": Entry(PCA, 1),
        "dpca": Entry(PCA, 6),
        "cva": Entry(CVA, 12),
        "cusum": Entry(CUSUM, 24),
        "forecast": Entry(ForecastResidual, 6),
        "isolation_forest": Entry(IsolationForest, 1),
        "autoencoder": Entry(Autoencoder, 6),
        "vae": Entry(VariationalAutoencoder, 6),
        "lstm": Entry(LSTM, 24),
        "transformer": Entry(Transformer, 24),
    }
)


def build(name: str, k: int, *, window: int | None, seed: int) -> Detector:
    """A family by its name, with first weights that `seed` fixes.

    Raises:
        InputError: if there is none of the name.
    """
    entry = FAMILIES[choose(name, FAMILIES, "family of monitors")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return entry.make(k, window or entry.window)


def plan(name: str, *, steps: int | None, seed: int) -> Plan:
    """Its budget; `steps` overrides its own."""
    own = replace(FAMILIES[name].plan, seed=seed)
    return own if steps is None else replace(own, steps=steps)
