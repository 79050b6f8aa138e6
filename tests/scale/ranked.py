"""A small transformer on texts that ranks train together, and each rank's answers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.families import transformer
from ingenium.scale.divided import DividedModel
from ingenium.scale.exchange import CountedSums
from ingenium.scale.layout import RankLayout
from ingenium.scale.ranked_descent import RankedDescent
from ingenium.scale.ranks import Rank, Tell
from ingenium.train.plan import Plan
from ingenium.train.trainer import train

STEPS, SYMBOLS = 12, 20
ROWS, BATCH = 160, 128  # enough to be cut into pieces by length
TWO = (
    "data:2",
    "data:2,micro:2",
    "data:2,shard:1",
    "data:2,shard:2",
    "data:2,shard:2,micro:2",
    "data:2,shard:3",
    "data:2,shard:3,recompute",
    "data:2,offload",
    "data:2,shard:1,offload",
    "data:2,shard:3,offload",
    "tensor:2",
    "pipeline:2,micro:2",
)
WAIT_S = 90.0


@dataclass(frozen=True)
class Letters:
    """Tokens without a grammar."""

    symbols: int = SYMBOLS
    grammar: None = None


def family() -> TokenAutoregressive:
    """A family with the same initial weights wherever it is built."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return transformer((STEPS,), 2, Letters(), width=96, layers=4)


def texts() -> tuple[Tensor, Tensor]:
    """Rows of tokens, each up to an end, and two conditions."""
    rng = np.random.default_rng(0)
    x = rng.integers(3, SYMBOLS, (ROWS, STEPS))
    end = rng.integers(3, STEPS, ROWS)
    x[np.arange(ROWS), end] = 2
    x[np.arange(STEPS) > end[:, None]] = 0
    return torch.from_numpy(x).float(), torch.from_numpy(rng.normal(size=(ROWS, 2))).float()


def plan(**more: Any) -> Plan:
    """Few steps, each checked."""
    own = {"steps": 6, "batch": BATCH, "check_every": 1, "held_out": 0.1, "patience": 99}
    return Plan(**(own | more))


@dataclass(frozen=True)
class Layouts:
    """Trains under several layouts, one after the other."""

    layouts: tuple[str, ...]
    more: dict[str, Any] = field(default_factory=dict)

    def __call__(self, rank: Rank, tell: Tell) -> dict[str, Any]:
        """Losses, gradients, weights and bytes under each layout."""
        return {text: trained(text, self.more) for text in self.layouts}


def trained(text: str, more: dict[str, Any]) -> dict[str, Any]:
    """Results of this rank under a layout."""
    precision = more.get("precision", "fp32")
    torch.set_num_threads(1)
    model = DividedModel(family(), RankLayout.parse(text))
    descent = RankedDescent(model, precision=precision)
    x, cond = texts()
    own = {k: v for k, v in more.items() if k != "precision"}
    with CountedSums() as sums:
        gradients = _gradients(model, descent, x, cond)
    curve = train(model, x, cond, plan(**own), descent=descent)
    whole = descent.whole(model.state_dict())
    return {
        "curve": curve,
        "gradients": gradients,
        "weights": {k: v.numpy() for k, v in whole.items()},
        "bytes": descent.held(),
        "summed": sums.bytes,
    }


def _gradients(
    model: DividedModel, descent: RankedDescent, x: Tensor, cond: Tensor
) -> dict[str, np.ndarray]:
    rng = torch.Generator().manual_seed(1)
    descent.gradients(model.turns()[0], x[:BATCH], cond[:BATCH], rng)
    own = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return {k: v.numpy() for k, v in descent.whole(own).items()}
