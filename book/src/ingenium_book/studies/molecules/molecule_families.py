"""Row 23.10, classical arm: four families of equal size on the same molecules.

VAE, LSTM, transformer and masked diffusion of 0.7 million parameters each, equal within 5 %,
learn the Kekulé SMILES of 80,000 molecules of MOSES, in 400 frequent pairs of pieces and without
a grammar. 1,000 proposals of each model are read by RDKit: the share that is valid, distinct
among these, and new among those; and the Fréchet ChemNet distance of the valid ones to 3,000
held-out molecules, beside that of as many molecules that were learned. It falls with their
number, and compares families here and no published numbers. Budget: a model a seed, the VAE of
5,000 steps of 128 molecules, the LSTM of 3,500, the others of 1,500, in about as many CPU seconds
each (of the others than the VAE the kept result has three models); quick: 2 % of the steps.

The quantum arm is not tested; nor is the table's GAN, which has no gradient through tokens, and
in whose place stands masked diffusion. The table's models have 50 and 120 million parameters and
150 or 200 epochs; these have minutes of one core.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from numpy.typing import ArrayLike

from ingenium.core.digest import digest
from ingenium.domains.molecules.metrics.chemnet import features, frechet, gaussian
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.generators.tokens.families import masked_diffusion, recurrent, transformer, vae
from ingenium_book.studies.molecules.molecule_models import (
    Maker,
    alongside,
    as_pairs,
    drawn,
    held,
    plan_of,
    trained,
)


@dataclass(frozen=True)
class MoleculeArm:
    """A family of the comparison, and how long it is trained."""

    make: Maker
    steps: int
    rate: float


@dataclass(frozen=True)
class FamilyWork:
    """How much is learned, and how much is proposed."""

    known: int  # molecules of MOSES
    batch: int
    proposed: int  # of each model
    share: float = 1.0  # of the steps of training


ARMS: Mapping[str, MoleculeArm] = {
    "VAE": MoleculeArm(partial(vae, width=180, latent=32, beta=0.5), 5_000, 8e-3),
    "LSTM": MoleculeArm(partial(recurrent, width=184, layers=2), 3_500, 8e-3),
    "transformer": MoleculeArm(partial(transformer, width=128, layers=3), 1_500, 3e-3),
    "masked diffusion": MoleculeArm(
        partial(masked_diffusion, width=128, layers=3, heads=2), 1_500, 3e-3
    ),
}
COPY = "Fréchet ChemNet of learned molecules"  # that a perfect copy of the data would have


def run(arm: MoleculeArm, seed: int, size: FamilyWork) -> dict[str, ArrayLike]:
    """Train a family on the molecules, and judge what it proposes."""
    plan = plan_of(seed, max(2, round(size.share * arm.steps)), size.batch, arm.rate)
    model = trained(arm.make, as_pairs(size.known), plan)
    others = held(3 * size.proposed)
    own = gaussian(features(drawn("train", size.known)[: size.proposed]))
    return {
        **model.judged(size.proposed, seed, size.known, others),
        COPY: frechet(own, others),
    }


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Shares and distances of each family, and how far their sizes are apart."""
    sizes = [float(found(arm, "parameters")[0]) for arm in found.pieces]
    return alongside(found, COPY) | {
        "valid": found("VAE", "read").mean(1),
        "unique": found("VAE", "unique"),
        COPY: exact(float(found("VAE", COPY)[0])),
        "size": exact(max(sizes) / min(sizes)),
    }


measure = Trials(
    arms=ARMS,
    sizes=(FamilyWork(80_000, 128, 1_000), FamilyWork(3_000, 64, 100, 0.02)),
    run=run,
    read=read,
    data=lambda size: digest(list(drawn("train", size.known))),
)
