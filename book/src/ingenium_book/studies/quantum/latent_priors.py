"""Rows 23.9 and 23.10: circuits and classical models of equal size as priors of molecules.

One autoencoder of ZINC250k, the same for all, writes Kekulé SMILES without a grammar from eight
latent numbers. On those of 3,800 known molecules six priors of 254 to 288 parameters are trained
for 280 steps of 128 rows: a QVAE, a Born machine and a matrix product of 8 qubits, a QGAN of 6, a
VAE and a GAN; each step takes as many rows and one slope of the circuit. RDKit reads 1,000
proposals of each model: the share that is valid, and distinct among these. Circuits propose again
with the noise of ibm_torino, under which they were not trained.

After each epoch 1,000 proposed latent numbers are compared with those of the known molecules,
which so few parameters cannot hold, by the energy distance. The target is 0.02, some ten times the
noise of as many draws; a model that never gets there counts the epochs of the budget. QVAE and VAE
have the same bound on the likelihood of held-out latent numbers, whose gap is told as well. Beside
them: independent normal numbers, which nothing trained, and latent numbers of known molecules.

Budget: a model a family and seed; quick: two epochs, 100 proposals.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.digest import dataset_digest
from ingenium.core.seeds import one_thread
from ingenium.domains.quantum.autoencoder.model import autoencoder
from ingenium.domains.quantum.devices import noise_of
from ingenium.domains.quantum.molecules import priors
from ingenium.domains.quantum.molecules.problem import QuantumMolecules, QuantumMoleculeSettings
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.generators.model import Family
from ingenium.kits.chemistry.parsing import canonical, parsed

FAMILIES = ("qvae", "qgan", "born", "mps", "vae", "gan")
ORDER = ("qvae", "vae", "gan", "qgan")  # as printed
LAST = 3  # epochs whose mean distance is told
TARGET = 0.02  # energy distance
COMPARED = 1_000  # latent numbers of each epoch
NORMAL, KNOWN = "normal numbers", "known molecules"


@dataclass(frozen=True)
class PriorWork:
    """How much is trained, and proposed."""

    steps: int
    proposed: int


@dataclass(frozen=True, eq=False)
class LatentRows:
    """Standardised latent numbers of learned molecules."""

    own: Float[Tensor, "n m"]
    centre: Float[Tensor, " m"]
    spread: Float[Tensor, " m"]
    data: str

    @cached_property
    def within(self) -> float:
        """Mean distance of two molecules."""
        n = len(self.own)
        return float(torch.cdist(self.own, self.own).sum() / (n * (n - 1)))

    def distance(self, made: Float[Tensor, "k m"]) -> float:
        """Energy distance of proposed latent numbers, without bias.

        Source: Székely and Rizzo, J. Statistical Planning and Inference 143:1249, 2013.
        """
        k = len(made)
        own = float(torch.cdist(made, made).sum() / (k * (k - 1)))
        return 2 * float(torch.cdist(made, self.own).mean()) - own - self.within

    def valid(self, latent: Float[Tensor, "n m"], seed: int) -> dict[str, float]:
        """Shares of valid texts that a decoder writes of latent numbers, and of distinct ones."""
        rng = torch.Generator().manual_seed(seed)
        problem, writer = _problem(), autoencoder()
        rows = self.centre + self.spread * latent
        ids = [writer.write(r, torch.zeros(len(r), 1), rng) for r in rows.split(500)]
        mols = [m for t in problem.codec.to_texts(torch.cat(ids)) if (m := parsed(t)) is not None]
        distinct = len({canonical(m) for m in mols})
        return {"valid": len(mols) / len(rows), "unique": distinct / max(len(mols), 1)}


@cache
def _problem() -> QuantumMolecules:
    return QuantumMolecules(QuantumMoleculeSettings())


@cache
def latent_rows() -> LatentRows:
    """Of the known molecules of the problem."""
    known = _problem().data()
    with one_thread():
        x = _problem().encode(known).to(torch.float32)
        latent = torch.cat([autoencoder().latent_of(part) for part in x.split(256)])
    gap = torch.from_numpy(known["held_out"].to_numpy())
    centre, spread = latent[~gap].mean(0), latent[~gap].std(0)
    both = (latent - centre) / spread
    return LatentRows(both[~gap], centre, spread, dataset_digest(known))


def run(name: str, seed: int, size: PriorWork) -> dict[str, ArrayLike]:
    """Fit a prior, follow it, and read what it proposes."""
    rows = latent_rows()
    rng = torch.Generator().manual_seed(seed)
    none = torch.zeros(size.proposed, 1)
    if name in (NORMAL, KNOWN):
        normal = torch.randn(size.proposed, priors.LATENT, generator=rng)
        picked = rows.own[torch.randperm(len(rows.own), generator=rng)[: size.proposed]]
        latent = normal if name == NORMAL else picked
        return {**rows.valid(latent, seed), "distance": [rows.distance(latent)]}
    family, course, far = _fitted(name, seed, size.steps)
    found: dict[str, ArrayLike] = {
        **rows.valid(family.propose(none, rng), seed),
        "distance": far,
        "bound": np.array(course["held_out"]),
        "parameters": float(priors.parameters(family)),
    }
    if name in priors.CIRCUITS:
        noisy = priors.inner(noise_of("heavyhex"))[name]((priors.LATENT,), 1)
        noisy.load_state_dict(family.state_dict())
        reported = rows.valid(noisy.propose(none, rng), seed)
        found |= {f"{k}, with noise": v for k, v in reported.items()}
    return found


def _fitted(name: str, seed: int, steps: int) -> tuple[Family, dict[str, list[float]], list[float]]:
    """A prior, the course of its losses, and its energy distance after each epoch."""
    rows, far = latent_rows(), list[float]()
    plan = priors.plans()[name]
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        family = priors.inner(None)[name]((priors.LATENT,), 1)

        def follow(step: int, all_steps: int, loss: float) -> None:
            if step % plan.check_every == 0:
                rng = torch.Generator().manual_seed(step)
                made = family.propose(torch.zeros(COMPARED, 1), rng)
                far.append(rows.distance(made))

        own = replace(plan, seed=seed, steps=steps, progress=follow)
        course = family.fit(rows.own, torch.zeros(len(rows.own), 1), own)
    return family, course, far


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Shares, distances and epochs of each prior, and what the rows claim."""
    table: dict[str, ArrayLike | Value] = {}
    epochs = {name: _epochs(found(name, "distance")) for name in FAMILIES}
    for arm in found.pieces:
        for name in found.pieces[arm][0]:
            if name not in ("distance", "bound", "parameters"):
                table[f"{arm}: {name}"] = found(arm, name)
        table[f"{arm}: energy distance"] = found(arm, "distance")[:, -LAST:].mean(1)
        if arm in FAMILIES:
            table[f"{arm}: parameters"] = exact(float(found(arm, "parameters")[0]))
            table[f"{arm}: epochs to the target"] = epochs[arm]
    sizes = [float(found(arm, "parameters")[0]) for arm in FAMILIES]
    gaps = [
        found(better, "valid") - found(worse, "valid")
        for better, worse in itertools.pairwise(ORDER)
    ]
    table |= {
        "epochs": epochs["qvae"] / epochs["vae"],
        "bound": (found("qvae", "bound") - found("vae", "bound") * priors.LATENT).min(1),
        "size": exact(max(sizes) / min(sizes)),
    }
    names = [f"{a} over {b}" for a, b in itertools.pairwise(ORDER)]
    return table | dict(zip(names, gaps, strict=True))


def _epochs(far: Float[np.ndarray, "s e"]) -> Float[np.ndarray, " s"]:
    """The first epoch within the target, or all of them."""
    near = far <= TARGET
    first: Float[np.ndarray, " s"] = np.where(near.any(1), near.argmax(1) + 1, far.shape[1])
    return first.astype(np.float64)


def notes(found: Readings) -> tuple[str, ...]:
    """How far the table is the chapter's."""
    return (
        "The chapter's models have 50 and 120 million parameters or run on a quantum computer, and "
        "write molecules themselves; here one decoder writes them for all priors, so that what it "
        "makes valid says little of the prior.",
        "Circuits are trained without noise; the noise is that of ibm_torino where they propose.",
    )


ARMS: Mapping[str, str] = {name: name for name in (*FAMILIES, NORMAL, KNOWN)}
measure = Trials(
    arms=ARMS,
    sizes=(PriorWork(priors.STEPS, 1_000), PriorWork(56, 100)),
    run=run,
    read=read,
    data=lambda size: latent_rows().data,
    notes=notes,
)
