"""Tokens and then numbers: a codec that is exact, a family that learns both together."""

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from ingenium.core.codecs import Channels
from ingenium.core.errors import InputError
from ingenium.core.text import codes
from ingenium.generators.admission import admit
from ingenium.generators.families import NAMES, build, plan
from ingenium.generators.tokens import named
from ingenium.generators.tokens.codec import TokenCodec, Tokens, TwoKinds, kind_of
from ingenium.generators.tokens.two_kinds import ExactLength, TwoKindCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.sampling.steer import Steer

WORDS = TokenCodec(Vocabulary(("a", "b")), 3, 2, ExactLength(2))
CODEC = TwoKindCodec(WORDS, Channels.between(((-4.0, 4.0),), own=((2,),)))
MEANS = {"aa": -2.0, "ab": 2.0}  # of both numbers; spread 0.4
SPREAD = 0.4


def designs(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """`ab` where the condition is 1, and in one of ten cases where it is 0."""
    rng = torch.Generator().manual_seed(seed)
    cond = (torch.rand(n, 1, generator=rng) < 0.5).float()
    last = (cond[:, 0] == 1) | (torch.rand(n, generator=rng) < 0.1)
    texts = ["ab" if x else "aa" for x in last.tolist()]
    mean = torch.tensor([MEANS[t] for t in texts])[:, None]
    numbers = mean + SPREAD * torch.randn(n, 2, generator=rng)
    return CODEC.encode((codes(texts, 2), numbers.double())).float(), cond


def test_codec_is_exact_and_of_two_kinds() -> None:
    x, _ = designs(50)
    assert x.shape == (50, 5)
    text, numbers = CODEC.decode(x.double())
    assert torch.equal(CODEC.words.encode((text,)), x[:, :3])
    assert torch.allclose(CODEC.encode((text, numbers)).float(), x, atol=1e-6)
    assert isinstance(CODEC, TwoKinds)
    assert not isinstance(CODEC, Tokens)
    assert [kind_of(c) for c in (CODEC, WORDS, CODEC.numbers)] == ["both", "tokens", "numbers"]
    with pytest.raises(InputError, match="plain numbers and tokens"):
        TwoKindCodec(WORDS, Channels.between(((0.0, 1.0),), (4,)))


def test_who_is_admitted() -> None:
    for name in NAMES:
        if name in named.TWO_KINDS_ADMITTED:
            admit(name, CODEC.shape, kind="both")
        else:
            with pytest.raises(InputError):
                admit(name, CODEC.shape, kind="both")
    for kind in ("numbers", "tokens"):
        with pytest.raises(InputError, match="tokens, then numbers"):
            admit("tokens_flow", (5,), kind=kind)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def family() -> object:
    made = build("tokens_flow", CODEC.shape, 1, codec=CODEC)
    reported: list[tuple[int, int]] = []
    budget = plan("tokens_flow", shape=CODEC.shape, steps=300, codec=CODEC)
    watched = replace(budget, progress=lambda i, n, loss: reported.append((i, n)))
    course = made.fit(*designs(800), watched)
    assert {k.split()[0] for k in course} == {"words", "numbers"}
    assert all(a[0] <= b[0] <= b[1] == 300 for a, b in pairwise(reported))
    return made


@pytest.mark.slow
def test_numbers_follow_tokens_and_tokens_conditions(family: object) -> None:
    cond = torch.tensor([[0.0], [1.0]]).repeat(200, 1)
    x = family.propose(cond, torch.Generator().manual_seed(1))  # type: ignore[attr-defined]
    _, numbers = CODEC.decode(x.double())
    words = CODEC.words.to_texts(x[:, :3])
    means = {w: numbers[[i for i, t in enumerate(words) if t == w]].mean() for w in MEANS}
    for word, mean in MEANS.items():
        assert float(means[word]) == pytest.approx(mean, abs=0.25)
    under = [Counter(words[i::2]) for i in (0, 1)]
    assert under[0]["ab"] / 200 == pytest.approx(0.1, abs=0.08)
    assert under[1]["ab"] / 200 > 0.9
    assert {len(t) for t in words} == {2}, "the grammar holds"
    again = family.propose(cond[:6], torch.Generator().manual_seed(1))  # type: ignore[attr-defined]
    assert torch.equal(
        again[:, :3], family.propose(cond[:6], torch.Generator().manual_seed(1))[:, :3]
    )  # type: ignore[attr-defined]


def test_density_is_that_of_tokens_times_that_of_numbers(family: object) -> None:
    """Mean log density of new designs is near minus the entropy of their distribution."""
    x, cond = designs(400, seed=5)
    found = float(family.log_density(x, cond).detach().mean())  # type: ignore[attr-defined]
    scaled = SPREAD / 4  # in the codec's units
    gauss = 2 * (0.5 * math.log(2 * math.pi * math.e) + math.log(scaled))
    choice = -0.5 * (0.1 * math.log(0.1) + 0.9 * math.log(0.9))
    assert found == pytest.approx(-gauss - choice, abs=0.4)


def test_weights_come_back(family: object) -> None:
    other = build("tokens_flow", CODEC.shape, 1, seed=7, codec=CODEC)
    other.load_state_dict(family.state_dict())  # type: ignore[attr-defined]
    x, cond = designs(20, seed=3)
    assert torch.equal(other.log_density(x, cond), family.log_density(x, cond))  # type: ignore[attr-defined]


def test_numbers_are_projected_and_tokens_stay() -> None:
    made = build("tokens_flow_matching", CODEC.shape, 1, codec=CODEC)
    seen: list[torch.Size] = []

    def project(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.shape)
        return torch.cat([x[:, :3], torch.full_like(x[:, 3:], 0.25)], 1)

    made.fit(*designs(100), plan("tokens_flow_matching", shape=CODEC.shape, steps=5, codec=CODEC))
    x = made.propose(torch.zeros(4, 1), torch.Generator().manual_seed(0), Steer(project=project))
    assert (x[:, 3:] == 0.25).all()
    assert set(seen) == {torch.Size([4, 5])}
    assert (x[:, 2] == 2).all(), "an end after two tokens"
