"""GANs and their conditions."""

import torch

from ingenium.generators.gan import GAN, GANSettings


def test_conditions_that_are_heard_twice_as_loud_are_twice_as_large() -> None:
    torch.manual_seed(0)
    plain, loud = (GAN((3,), 2, GANSettings(width=8, heard=h)) for h in (1.0, 2.0))
    with torch.no_grad():
        for weight in plain.parameters():  # weights of conditions begin at 0
            weight.normal_(0, 0.3)
    loud.load_state_dict(plain.state_dict())
    x, cond = torch.randn(5, 3), torch.randn(5, 2)

    def seeded() -> torch.Generator:
        return torch.Generator().manual_seed(1)

    for reported in ("loss", "critic_loss", "held_out_loss"):
        a, b = (getattr(m, reported)(x, c, seeded()) for m, c in ((plain, 2 * cond), (loud, cond)))
        assert torch.equal(a, b), reported
    assert torch.equal(plain.propose(2 * cond, seeded()), loud.propose(cond, seeded()))
    assert not torch.equal(plain.propose(cond, seeded()), loud.propose(cond, seeded()))
