"""The peak of a step, as PyTorch's profiler counts it, against the planner's."""

from dataclasses import dataclass

import pytest
import torch

from ingenium.generators.tokens.families import transformer
from ingenium.scale.calibration import peak_bytes
from ingenium.scale.chain import ChainPart
from ingenium.scale.layout import RankLayout
from ingenium.scale.step_time import rank_bytes

MODELS = (  # width, layers, context, symbols, designs, recompute
    (192, 4, 32, 821, 64, False),
    (96, 2, 24, 100, 64, False),
    (384, 2, 32, 200, 32, False),
    (192, 6, 48, 60, 32, False),
    (192, 4, 32, 821, 64, True),
)


@dataclass(frozen=True)
class Signs:
    """Tokens without a grammar."""

    symbols: int
    grammar: None = None


@pytest.mark.slow
@pytest.mark.parametrize(("width", "layers", "steps", "symbols", "n", "recompute"), MODELS)
def test_the_peak_is_within_a_tenth_of_the_prediction(
    width: int, layers: int, steps: int, symbols: int, n: int, recompute: bool
) -> None:
    family = transformer((steps,), 1, Signs(symbols), width=width, layers=layers)
    chain = family.chain()
    x = torch.full((n, steps), 3.0)
    module = ChainPart(chain.parts, recompute=recompute)
    optimiser = torch.optim.AdamW(module.parameters())

    def step() -> None:
        optimiser.zero_grad()
        chain.loss(module(chain.inputs(x, torch.zeros(n, 1), None))[0], x).backward()
        optimiser.step()

    step()
    optimiser.zero_grad()
    held = sum(p.nbytes for p in module.parameters())
    held += sum(t.nbytes for s in optimiser.state.values() for t in s.values())
    planned = rank_bytes(chain.size, RankLayout(recompute=recompute), float(n))
    averages = 4 * chain.size.averages * chain.size.parameters  # which no trainer stores here
    assert held + peak_bytes(step) == pytest.approx(planned.total - averages, rel=0.1)


def test_layers_that_are_computed_again_have_the_same_gradients() -> None:
    family = transformer((12,), 1, Signs(20), width=96, layers=2)
    chain, x = family.chain(), torch.full((4, 12), 3.0)
    found = []
    for recompute in (False, True):
        module = ChainPart(chain.parts, recompute=recompute)
        loss = chain.loss(module(chain.inputs(x, torch.zeros(4, 1), None))[0], x)
        found.append(torch.autograd.grad(loss, list(family.parameters())))
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)
