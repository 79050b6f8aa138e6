"""Families on tokens, against a Markov chain with known probabilities."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

import pytest
import torch
from jaxtyping import config
from safetensors.torch import load, save
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.families import NAMES, build, plan
from ingenium.generators.model import Family, HasDensity
from ingenium.generators.tokens import families, named
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import Grammar
from ingenium.generators.tokens.decoders import Recurrent, Transformer
from ingenium.generators.tokens.drawing import Drawing
from ingenium.generators.tokens.rewritten import rewritten
from ingenium.generators.tokens.vae import TokenVAE, TokenVAESettings
from ingenium.generators.tokens.vocabulary import END, PAD
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

STEPS, A, B = 5, 3, 4  # of a language of two letters
NEXT = {None: (0.7, 0.3, 0.0), A: (0.2, 0.5, 0.3), B: (0.6, 0.1, 0.3)}  # of A, B and the end
OWN = [n for n in named.LEARNED if n == "graph_diffusion" or n.startswith("selfies_")]  # tests
LEARNED = [n for n in named.LEARNED if n not in OWN]
STEPWISE = ["autoregressive", "lstm"]
BRIEF = Plan(steps=6, batch=32, check_every=3)


@dataclass(frozen=True)
class Alternating:
    """A grammar without repeated letters, and with at least two."""

    def start(self, n: int) -> Tensor:
        return torch.zeros(n, 2, dtype=torch.int64)  # last letter, letters so far

    def permits(self, state: Tensor, rows: Tensor, ids: Tensor, left: int) -> Tensor:
        last, letters = state[rows].T
        end = ids == END
        if left == 1:
            return end
        return torch.where(end, letters >= 2, ids != last)

    def follow(self, state: Tensor, ids: Tensor) -> Tensor:
        return torch.stack([ids, state[:, 1] + (ids > END)], 1)


@dataclass(frozen=True)
class Same:
    """A form equal to its tokens."""

    codec: "Letters"
    shape: tuple[int, ...] = (STEPS,)

    def written(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, torch.ones(len(x), dtype=torch.bool)

    def back(self, y: Tensor) -> Tensor:
        return y


@dataclass(frozen=True)
class Letters:
    """Tokens of the language."""

    grammar: Grammar | None = None
    symbols: int = B + 1

    @property
    def forms(self) -> dict[str, Same]:
        return {"fragments": Same(self)}


def chain(n: int, seed: int = 0) -> Tensor:
    """Samples of the chain, cut at the last step, which is the end."""
    rng = torch.Generator().manual_seed(seed)
    ids = torch.full((n, STEPS), PAD)
    over, last = torch.zeros(n, dtype=torch.bool), torch.zeros(n, dtype=torch.int64)
    table = torch.tensor([NEXT[None], NEXT[A], NEXT[B]])
    for step in range(STEPS - 1):
        pick = torch.multinomial(table[last], 1, generator=rng)[:, 0]
        ids[:, step] = torch.where(over, PAD, torch.tensor([A, B, END])[pick])
        over, last = over | (pick == 2), torch.where(pick < 2, pick + 1, last)
    ids[~over, -1] = END
    return ids.float()


def truth(row: tuple[int, ...]) -> float:
    """Log probability of one sequence of letters."""
    total, last = 0.0, None
    for letter in (*row, END)[: STEPS - 1]:
        total += math.log(NEXT[last][{A: 0, B: 1, END: 2}[letter]])
        last = letter
    return total


def whole() -> tuple[Tensor, Tensor]:
    """All sequences of the language and their log probabilities."""
    rows = [r for k in range(1, STEPS) for r in itertools.product((A, B), repeat=k)]
    ids = torch.full((len(rows), STEPS), PAD)
    for i, row in enumerate(rows):
        ids[i, : len(row) + 1] = torch.tensor([*row, END])
    return ids.float(), torch.tensor([truth(r) for r in rows])


def ones(n: int) -> Tensor:
    return torch.ones(n, 1)


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small(name: str, tokens: Letters) -> Family:
    """A family of few parameters, which also learns the small language."""
    if name == "vae":
        return families.vae((STEPS,), 1, tokens, width=32, latent=4)
    if name == "fragment_vae":
        vae = partial(families.vae, width=32, latent=4)
        return rewritten((STEPS,), 1, tokens, "fragments", vae)
    make = {
        "autoregressive": families.transformer,
        "lstm": families.recurrent,
        "masked_diffusion": families.masked_diffusion,
    }[name]
    return make((STEPS,), 1, tokens, width=32, layers=1)


@cache
def fitted(name: str, grammar: bool = False) -> Family:
    family = build(name, (STEPS,), 1, seed=1, codec=Letters(Alternating() if grammar else None))
    family.fit(chain(96), ones(96), BRIEF)
    return family


over = pytest.mark.parametrize("name", [n for n in NAMES if n in named.ADMITTED and n not in OWN])
learned = pytest.mark.parametrize("name", LEARNED)
stepwise = pytest.mark.parametrize("name", STEPWISE)


@over
def test_same_generator_same_designs(name: str) -> None:
    family, cond = fitted(name), torch.randn(16, 1, generator=rng())
    first = family.propose(cond, rng())
    assert first.shape == (16, STEPS)
    assert first.dtype == torch.float32
    assert torch.equal(first, first.round())
    assert torch.equal(first, family.propose(cond, rng()))
    if name in LEARNED:
        assert not torch.equal(first, family.propose(cond, rng(8)))


@learned
def test_rows_are_independent(name: str) -> None:
    family, cond = fitted(name), torch.randn(16, 1, generator=rng())
    other = cond.clone()
    other[5] = 30.0
    rest = torch.arange(16) != 5
    assert torch.equal(family.propose(cond, rng())[rest], family.propose(other, rng())[rest])


@dataclass(frozen=True)
class Ending:
    """A grammar under which some rows end after one letter, the others later."""

    early: tuple[int, ...] = ()

    def start(self, n: int) -> Tensor:
        state = torch.zeros(n, 2, dtype=torch.int64)  # whether early, letters so far
        state[list(self.early), 0] = 1
        return state

    def permits(self, state: Tensor, rows: Tensor, ids: Tensor, left: int) -> Tensor:
        early, letters = state[rows].T
        due = (early == 1) & (letters >= 1) | torch.full_like(rows, left == 1, dtype=torch.bool)
        return (ids == END) == due

    def follow(self, state: Tensor, ids: Tensor) -> Tensor:
        return torch.stack([state[:, 0], state[:, 1] + (ids > END)], 1)


@learned
def test_a_design_does_not_hang_on_when_others_end(name: str) -> None:
    """Finished rows are left out of the work, and use no random numbers."""
    retained, found = [3, 12], []
    for early in ((), (0, 1, 7), tuple(i for i in range(16) if i not in retained)):
        family = small(name, Letters(Ending(early)))
        family.load_state_dict(small_state(name))
        x = family.propose(ones(16), rng())
        assert ((x == END).int().argmax(1) == 1).sum() == len(early)
        found.append(x[retained])
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@cache
def small_state(name: str) -> dict[str, Tensor]:
    torch.manual_seed(3)
    return dict(small(name, Letters()).state_dict())


@learned
def test_what_is_proposed_has_one_end_and_pads_after_it(name: str) -> None:
    found = fitted(name).propose(ones(300), rng())
    ended = (found == END).cumsum(1)
    assert (ended[:, -1] == 1).all()
    assert ((found == PAD) == ((ended == 1) & (found != END))).all()
    assert (found != 1).all()


@learned
def test_state_survives_safetensors(name: str) -> None:
    family, fresh = fitted(name), build(name, (STEPS,), 1, seed=9, codec=Letters())
    fresh.load_state_dict(load(save({k: v.contiguous() for k, v in family.state_dict().items()})))
    assert torch.equal(family.propose(ones(16), rng()), fresh.propose(ones(16), rng()))


@stepwise
@pytest.mark.parametrize("grammar", [False, True])
def test_chances_of_all_sequences_sum_to_one(name: str, grammar: bool) -> None:
    family = fitted(name, grammar)
    assert isinstance(family, HasDensity)
    ids, _ = whole()
    empty = torch.tensor([[END, PAD, PAD, PAD, PAD]]).float()
    with torch.no_grad():
        chances = family.log_density(torch.cat([ids, empty]), ones(len(ids) + 1)).exp()
    assert float(chances.sum()) == pytest.approx(1, abs=1e-5)
    if grammar:
        twice = ((ids[:, 1:] == ids[:, :-1]) & (ids[:, 1:] > END)).any(1)
        short = (ids > END).sum(1) < 2
        assert (chances[:-1][twice | short] == 0).all()
        assert (chances[:-1][~(twice | short)] > 0).all()


@stepwise
def test_proposals_have_the_chances_of_the_density(name: str) -> None:
    """Steps from memory equal a read of whole sequences, and samples have their probabilities."""
    family, (ids, _) = fitted(name), whole()
    with torch.no_grad():
        chances = family.log_density(ids, ones(len(ids))).exp()  # type: ignore[attr-defined]
    n = 8000
    found = family.propose(ones(n), rng())
    times = (found[None] == ids[:, None]).all(-1).sum(1)
    off = (times - n * chances) / (n * chances * (1 - chances)).sqrt()
    assert float(off.abs().max()) < 4.5


@pytest.mark.parametrize("decoder", [Transformer(32, 2, 4), Recurrent(32, 2)])
def test_a_step_from_memory_is_the_same_as_reading_all(
    decoder: Transformer | Recurrent,
) -> None:
    read = torch.randn(6, 9, 32, generator=rng())
    memory, steps = decoder.begin(6, 9, read), []
    with torch.no_grad():
        for t in range(9):
            known, memory = decoder.follow(read[:, t], memory)
            steps.append(known)
        torch.testing.assert_close(torch.stack(steps, 1), decoder(read), atol=1e-5, rtol=1e-5)


@stepwise
def test_learns_the_chain(name: str) -> None:
    torch.manual_seed(0)
    family = small(name, Letters())
    own = Plan(steps=250, batch=128, learning_rate=1e-2, ema_decay=0.97, check_every=50)
    family.fit(chain(3000), ones(3000), own)
    ids, true = whole()
    with torch.no_grad():
        found = family.log_density(ids, ones(len(ids)))  # type: ignore[attr-defined]
    assert float((true.exp() * (true - found)).sum()) < 0.02  # divergence in nats


@pytest.mark.slow
def test_the_bound_of_a_vae_is_near_the_truth() -> None:
    torch.manual_seed(0)
    full = TokenVAESettings(latent=4, beta=1.0)
    family = TokenVAE((STEPS,), 1, Letters(), Recurrent(32, 1), width=32, settings=full)
    own = Plan(steps=300, batch=128, learning_rate=1e-2, ema_decay=0.97, check_every=50)
    family.fit(chain(3000), ones(3000), own)
    ids, true = whole()
    bound = family.log_density(ids, ones(len(ids)), draws=128)
    assert float(bound.exp().sum()) == pytest.approx(1.0, abs=0.02)  # weights are unbiased
    assert -0.01 < float((true.exp() * (true - bound)).sum()) < 0.1
    alone = family.log_density(ids[3:4], ones(1), draws=128)
    torch.testing.assert_close(alone, bound[3:4], atol=1e-4, rtol=0)


@pytest.mark.slow
def test_masked_diffusion_draws_the_chain_in_any_order() -> None:
    torch.manual_seed(0)
    family = small("masked_diffusion", Letters())
    own = Plan(steps=600, batch=128, learning_rate=1e-2, ema_decay=0.99, patience=100)
    family.fit(chain(8000), ones(8000), own)
    ids, true = whole()
    found = family.propose(ones(6000), rng())
    share = (found[None] == ids[:, None]).all(-1).float().mean(1)
    assert float((share - true.exp()).abs().sum()) / 2 < 0.08  # total variation


@pytest.mark.slow
def test_latent_numbers_of_a_vae_carry_the_sequence() -> None:
    """Without a penalty a sequence is reproduced from its own latent numbers."""
    torch.manual_seed(0)
    free = TokenVAESettings(latent=8, beta=0.0)
    sure = Drawing(temperature=0.1)
    family = TokenVAE(
        (STEPS,), 1, Letters(), Recurrent(48, 1), width=48, settings=free, drawing=sure
    )
    own = Plan(steps=400, batch=128, learning_rate=1e-2, ema_decay=0.9, check_every=50)
    family.fit(chain(2000), ones(2000), own)
    ids, _ = whole()
    again = family.write(family.latent_of(ids), ones(len(ids)), rng())
    assert float((again == ids).all(1).float().mean()) > 0.8


@learned
def test_a_grammar_is_never_broken(name: str) -> None:
    found = fitted(name, True).propose(ones(2000), rng())
    twice = (found[:, 1:] == found[:, :-1]) & (found[:, 1:] > END)
    assert not twice.any()
    assert int((found > END).sum(1).min()) >= 2


@stepwise
def test_conditions_are_followed_and_guided(name: str) -> None:
    """Two languages, separated by the condition; guidance away from their mixture sharpens."""
    x = torch.full((600, STEPS), PAD)
    first = torch.arange(600) % 2 == 0
    mixed = torch.rand(600, generator=rng()) < 0.15
    x[:, 0] = torch.where(first ^ mixed, A, B)
    x[:, 1] = END
    cond = torch.where(first, 1.0, -1.0)[:, None]
    torch.manual_seed(0)
    family = small(name, Letters())
    own = Plan(steps=150, batch=128, learning_rate=1e-2, ema_decay=0.95, check_every=50)
    family.fit(x.float(), cond, own)
    share = [
        float((family.propose(ones(4000), rng(), Steer(weight=w))[:, 0] == A).float().mean())
        for w in (1.0, 3.0)
    ]
    assert share[0] == pytest.approx(0.85, abs=0.04)
    assert share[1] > 0.95


@pytest.fixture
def annotations_off() -> Iterator[None]:
    """Disable checked annotations, as for users."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@learned
@pytest.mark.usefixtures("annotations_off")
def test_what_is_no_sequence_is_refused(name: str) -> None:
    family, x = build(name, (STEPS,), 1, codec=Letters()), chain(8)
    half, endless, unknown, early = x.clone(), x.clone(), x.clone(), x.clone()
    half[0, 0], endless[0], unknown[0, 0] = 3.5, A, 9
    early[0] = torch.tensor([A, PAD, B, END, PAD])
    for bad in (half, endless, unknown, early, x[:, :3], x * torch.nan):
        with pytest.raises(ValueError, match="expected"):
            family.fit(bad, ones(8), BRIEF)
    with pytest.raises(InputError, match="gradient"):
        family.propose(ones(2), rng(), Steer(energy=lambda x: x.sum(1)))


def test_families_of_numbers_and_of_tokens_are_kept_apart() -> None:
    with pytest.raises(InputError, match="family on tokens"):
        build("diffusion", (STEPS,), 1, codec=Letters())
    with pytest.raises(InputError, match="texts for lstm"):
        build("lstm", (STEPS,), 1)
    assert isinstance(build("autoregressive", (STEPS,), 1, codec=Letters()), TokenAutoregressive)
    assert plan("lstm", codec=Letters()) == named.PLANS["lstm"]
