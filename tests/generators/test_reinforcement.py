"""Reinforcement ends at the density given by its prior, its worth and its rewards."""

from itertools import product

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.families import recurrent
from ingenium.generators.tokens.reinforcement import Reinforcement, ReinforcementSettings
from ingenium.generators.tokens.vocabulary import Vocabulary

LONGEST, ROWS = 5, 128
CODEC = TokenCodec(Vocabulary(("a", "b")), LONGEST + 1, LONGEST)
WORDS = ["".join(w) for n in range(LONGEST + 1) for w in product("ab", repeat=n)]
ALL = CODEC.of_texts(WORDS)


def prior() -> TokenAutoregressive:
    torch.manual_seed(0)
    return recurrent(CODEC.shape, 1, CODEC, width=24, layers=1)


def rewards(x: Float[Tensor, "n s"]) -> Float[Tensor, " n"]:
    """Share of places with an a."""
    return torch.tensor([w.count("a") / LONGEST for w in CODEC.to_texts(x)])


def chances(family: TokenAutoregressive) -> Float[Tensor, " n"]:
    with torch.no_grad():
        return family.log_density(ALL, torch.zeros(len(ALL), 1)).exp()


def reinforced(worth: float, steps: int, rate: float = 5e-3) -> Reinforcement:
    pull = Reinforcement(prior(), ReinforcementSettings(worth=worth, learning_rate=rate))
    rng, cond = torch.Generator().manual_seed(1), torch.zeros(ROWS, 1)
    for _ in range(steps):
        x = pull.agent.propose(cond, rng)
        pull.learn(x, cond, rewards(x))
    return pull


@pytest.mark.slow
def test_it_ends_at_the_tilted_prior() -> None:
    """All words are counted, so the truth is known: prior * exp(worth * reward), scaled."""
    pull = reinforced(3.0, 180)
    before = chances(pull.prior)
    assert float(before.sum()) == pytest.approx(1.0, abs=1e-5)
    truth = before * (3.0 * rewards(ALL)).exp()
    truth = truth / truth.sum()
    after = chances(pull.agent)
    gone = 0.5 * float((truth - before).abs().sum())
    missed = 0.5 * float((truth - after).abs().sum())
    assert gone > 0.2, "the truth should lie far from the prior"
    assert missed < 0.2 * gone
    reported, error = pull.divergence(torch.zeros(2000, 1), torch.Generator().manual_seed(2))
    exact = float((after * (after / before).log()).sum())
    assert abs(reported - exact) < 4 * error + 0.02


def test_the_worth_is_how_far_it_goes() -> None:
    start = float((chances(prior()) * rewards(ALL)).sum())
    found = []
    for worth in (0.1, 30.0):
        pull = reinforced(worth, 60)
        after = chances(pull.agent)
        away = float((after * (after / chances(pull.prior)).log()).sum())
        found.append((float((after * rewards(ALL)).sum()), away))
    (near, stayed), (far, left) = found
    assert abs(near - start) < 0.05
    assert stayed < 0.02
    assert far > 0.9
    assert left > 1.0


def test_the_prior_stays_as_it_was() -> None:
    pull = reinforced(10.0, 3)
    for name, value in prior().state_dict().items():
        assert torch.equal(value, pull.prior.state_dict()[name])


def test_rewards_without_an_answer_are_refused() -> None:
    pull = Reinforcement(prior())
    with pytest.raises(InputError, match="finite rewards"):
        pull.learn(ALL, torch.zeros(len(ALL), 1), torch.full((len(ALL),), torch.nan))
    with pytest.raises(InputError, match="worth"):
        ReinforcementSettings(worth=-1.0)
