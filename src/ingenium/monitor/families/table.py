"""The table of families: name at the command line, constructor, window and budget."""

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
    VariationalAutoencoder,
    WindowAutoencoder,
    WindowTransformer,
)
from ingenium.train.plan import Plan

BUDGET = Plan(steps=800, batch=128, learning_rate=2e-3, ema_decay=0.99)


@dataclass(frozen=True)
class DetectorOffer:
    """One family, with the number of rows in its window."""

    make: Callable[[int, int], Detector]
    window: int
    plan: Plan = field(default=BUDGET)


FAMILIES: Mapping[str, DetectorOffer] = MappingProxyType(
    {
        "pca": DetectorOffer(PCA, 1),
        "dpca": DetectorOffer(PCA, 6),
        "cva": DetectorOffer(CVA, 12),
        "cusum": DetectorOffer(CUSUM, 24),
        "forecast": DetectorOffer(ForecastResidual, 6),
        "isolation_forest": DetectorOffer(IsolationForest, 1),
        "autoencoder": DetectorOffer(WindowAutoencoder, 6),
        "vae": DetectorOffer(VariationalAutoencoder, 6),
        "lstm": DetectorOffer(LSTM, 24),
        "transformer": DetectorOffer(WindowTransformer, 24),
    }
)


def build(name: str, k: int, *, window: int | None, seed: int) -> Detector:
    """Build a family by name, with initial weights fixed by `seed`.

    Raises:
        InputError: if there is none of the name.
    """
    entry = FAMILIES[choose(name, FAMILIES, "family of monitors")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return entry.make(k, window or entry.window)


def plan(name: str, *, steps: int | None, seed: int) -> Plan:
    """Return its training budget; `steps` overrides the default."""
    own = replace(FAMILIES[name].plan, seed=seed)
    return own if steps is None else replace(own, steps=steps)
