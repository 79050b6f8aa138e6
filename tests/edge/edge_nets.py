"""Small networks as in families, with inputs to calibrate and to run them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ingenium.edge.graph import NetworkGraph
from ingenium.edge.integer import IntegerGraph
from ingenium.edge.parts import Recorder, part_of, whole
from ingenium.edge.quantise import Scheme, quantised
from ingenium.generators import families
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.families import recurrent
from ingenium.generators.tokens.vocabulary import Vocabulary

STEPS = 12


def writer(width: int = 24, layers: int = 2) -> torch.nn.Module:
    """A memory that generates letters, with varied weights."""
    codec = TokenCodec(Vocabulary(tuple("abcdef")), STEPS, STEPS)
    torch.manual_seed(0)
    family = recurrent((STEPS,), 2, codec, width=width, layers=layers)
    with torch.no_grad():
        for weight in family.parameters():
            weight.mul_(3.0)
    return family


def rows(name: str, d: int = 5) -> torch.nn.Module:
    """A family of vectors, whose last layer starts with nonzero weights."""
    family = families.build(name, (d,), 2, seed=1)
    assert isinstance(family, torch.nn.Module)
    with torch.no_grad():
        for weight in family.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)))
    return family


@dataclass(frozen=True)
class Case:
    """A graph, its inputs, and the same in integers."""

    graph: NetworkGraph
    seen: dict[str, Tensor]
    made: IntegerGraph

    @property
    def given(self) -> dict[str, np.ndarray]:
        """Inputs as integers."""
        return {k: whole(v, self.made.places.get(k)) for k, v in self.seen.items()}


def case(family: torch.nn.Module, name: str, scheme: Scheme, count: int = 40) -> Case:
    """A graph of a family, calibrated on its own proposals."""
    found = part_of(family, "toy")
    recorders = {k: Recorder(g) for k, g in found.graphs(family).items()}
    seated = found.seated(family, recorders)
    cond = torch.linspace(-1, 1, 2 * count).reshape(count, 2)
    seated.propose(cond, torch.Generator().manual_seed(0))  # type: ignore[operator]
    recorder = recorders[name]
    return Case(recorder.graph, recorder.seen(), quantised(recorder.graph, recorder.seen(), scheme))
