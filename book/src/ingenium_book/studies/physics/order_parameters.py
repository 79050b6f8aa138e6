"""Row 35.5: order parameters and topological sectors that nobody named.

A variational autoencoder of one latent number learns Ising spins of 16 x 16 sites at temperatures
from 1.6 to 3.6 without being told any; on held-out spins the least correlation of that number with
the magnetisation, over temperatures, is the claim. Sectors: a chain of hybrid Monte Carlo changes
all of a configuration but the charge of U(1) (at coupling 7, where it freezes) or the turns of XY
rotors around the torus (at coupling 2, quenched from hot). A small convolutional network is asked
for numbers that are alike before and after the chain, spread over configurations and uncorrelated;
nobody tells it a charge or a turn. It sees angles of plaquettes or differences of neighbours, which
no gauge or common turn changes, and adds up what it makes of each place. Its numbers for held-out
configurations are grouped by single links, cut where the length of links jumps, and compared with
the true sectors by the adjusted Rand index. Beside both, principal components: of spins, of the
same plaquettes and differences place by place, and of their means over the lattice, which says how
much the adding up gives away. Single vortices, which come and go, are no sectors and are not
sought. Seeds draw configurations, first weights and batches.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score
from torch import Tensor, nn

from ingenium.core.seeds import one_thread
from ingenium.domains.physics.lattice.models import samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings
from ingenium.domains.physics.lattice.sites import XY, Ising, neighbours
from ingenium.domains.physics.lattice.u1 import U1
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators import families
from ingenium.generators.torus import wrapped
from ingenium.generators.vae import VAE, VAESettings

SIZE = 16
TEMPERATURES = np.linspace(1.6, 3.6, 21)
SETTLE, RETAINED = 15, 4  # sweeps before spins count, and configurations of a chain
FREEZING, QUENCHED = 7.0, 2.0  # couplings of U(1) and of XY
WIDTH, BATCH = 16, 128


@dataclass(frozen=True)
class OrderTrial:
    """How much a run draws and learns."""

    chains: int  # of spins at a temperature, half of them held out
    fields: int  # of U(1) and of XY, a third of them held out
    relaxing: int  # trajectories of a quench
    between: int  # trajectories between what must be alike
    steps: int  # of learning


Found = dict[str, np.ndarray]


def spins(seed: int, work: OrderTrial) -> Found:
    """Correlations of a latent number, and of the leading component, at each temperature."""
    law, rng = Ising(SIZE), torch.Generator().manual_seed(seed)
    at = torch.from_numpy(1 / TEMPERATURES).repeat_interleave(work.chains)
    spin, found = law.start(len(at), rng), []
    for i in range(SETTLE + RETAINED):
        spin = law.step("clusters", spin, at, rng)
        found += [spin] if i >= SETTLE else []
    every = torch.stack(found, 1).view(len(TEMPERATURES), work.chains, RETAINED, SIZE, SIZE)
    known, held = every.chunk(2, 1)
    x, own = known.float().reshape(-1, law.sites), held.float().reshape(-1, law.sites)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        family = VAE((law.sites,), 1, VAESettings(latent=1))
    plan = families.plan("vae", shape=(law.sites,), steps=work.steps)
    family.fit(x, torch.zeros(len(x), 1), plan)  # told nothing
    with torch.no_grad():
        latent = family.posterior(own, torch.zeros(len(own), 1))[0][:, 0].double().numpy()
    measured = law.measure(held.reshape(-1, SIZE, SIZE)).numpy()
    component = principal(x.double().numpy(), own.double().numpy(), 1)[:, 0]
    rows = len(TEMPERATURES)
    out = {}
    for name, z in (("latent", latent), ("component", component)):
        pairs = zip(z.reshape(rows, -1), measured[:, 1].reshape(rows, -1), strict=True)
        out[name] = np.array([abs(np.corrcoef(*pair)[0, 1]) for pair in pairs])
        out[f"{name}_energy"] = np.array(abs(np.corrcoef(np.abs(z), measured[:, 0])[0, 1]))
    return out


def charges(seed: int, work: OrderTrial) -> Found:
    """How well groups of what does not change in a chain are the charges of U(1)."""
    law, rng = U1(SIZE), torch.Generator().manual_seed(seed)
    at = torch.full((work.fields,), FREEZING, dtype=torch.float64)
    (link,) = samplers(LatticeFieldSettings(), law)["flux_tree"].sample(at, rng)
    before = link
    for _ in range(work.between):
        link = law.step(law.chains[0], link, at, rng)
    first, second = (_parts(law.plaquettes(x)[:, None]) for x in (before, link))
    sector = law.measure(before)[:, 1:2].numpy()
    return sorted_out(first, second, sector, 1, seed, work)


def turns(seed: int, work: OrderTrial) -> Found:
    """The same of turns of rotors around the torus, in both directions."""
    law, rng = XY(SIZE), torch.Generator().manual_seed(seed)
    at = torch.full((work.fields,), QUENCHED, dtype=torch.float64)
    angle = law.start(work.fields, rng)
    for _ in range(work.relaxing):
        angle = law.step(law.chains[0], angle, at, rng)
    before = angle
    for _ in range(work.between):
        angle = law.step(law.chains[0], angle, at, rng)
    whole = law.measure(before)[:, 2] == 0  # without vortices, where turns are the same everywhere
    first, second = (wrapped(neighbours(x) - x[:, None])[whole] for x in (before, angle))
    around = [first[:, 0].sum(2).mean(1), first[:, 1].sum(1).mean(1)]
    sector = (torch.stack(around, 1) / (2 * np.pi)).round().numpy()
    found = sorted_out(_parts(first), _parts(second), sector, 2, seed, work)
    return found | {"whole": whole.double().mean().numpy()}


def sorted_out(
    before: Tensor, after: Tensor, sector: np.ndarray, many: int, seed: int, work: OrderTrial
) -> Found:
    """Adjusted Rand indices of groups against sectors, on the last third."""
    cut = 2 * len(before) // 3
    _, true = np.unique(sector[cut:], axis=0, return_inverse=True)
    net = unchanged(before[:cut], after[:cut], many, work.steps, seed)
    with torch.no_grad():
        slow = net(before[cut:]).double().numpy()
    ways = {"network": slow}
    for name, x in (("places", before.flatten(1)), ("means", before.mean((2, 3)))):
        ways[name] = principal(x[:cut].double().numpy(), x[cut:].double().numpy(), many)
    found = {
        name: np.array(adjusted_rand_score(true.ravel(), groups(z))) for name, z in ways.items()
    }
    return found | {"sectors": np.array(true.max() + 1), "groups": np.array(groups(slow).max())}


def unchanged(before: Tensor, after: Tensor, many: int, steps: int, seed: int) -> nn.Module:
    """A network of numbers that a chain leaves as they are.

    Source: Bardes, Ponce and LeCun, ICLR 2022, arXiv:2105.04906 (variance and covariance).
    """
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(before.shape[1], WIDTH, 3, padding=1, padding_mode="circular"),
            nn.SiLU(),
            nn.Conv2d(WIDTH, many, 1),
            _Added(),
            nn.BatchNorm1d(many, affine=False, momentum=0.05),
        )
    best = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(steps):
        rows = torch.randint(len(before), (BATCH,), generator=rng)
        z = net(torch.cat([before[rows], after[rows]]))
        distance = (z[:BATCH] - z[BATCH:]).square().mean()
        shared = (z.T @ z / len(z) - torch.eye(many)).square().sum()
        loss = distance + shared
        best.zero_grad()
        loss.backward()
        best.step()
    return net.eval()


class _Added(nn.Module):
    """The sum over all places."""

    def forward(self, x: Float[Tensor, "n m x y"]) -> Float[Tensor, "n m"]:
        return x.sum((2, 3))


def _parts(angle: Float64[Tensor, "n d x y"]) -> Float[Tensor, "n w x y"]:
    """Cosines and sines."""
    return torch.cat([torch.cos(angle), torch.sin(angle)], 1).float()


def principal(
    known: Float64[np.ndarray, "m v"], own: Float64[np.ndarray, "n v"], many: int
) -> Float64[np.ndarray, "n k"]:
    """Leading principal components of known rows, as numbers of others."""
    middle = known.mean(0)
    axes = np.linalg.svd(known - middle, full_matrices=False)[2][:many]
    found: Float64[np.ndarray, "n k"] = (own - middle) @ axes.T
    return found


def groups(z: Float64[np.ndarray, "n k"]) -> Int[np.ndarray, " n"]:
    """Groups by single links, cut where the length of links grows by the largest factor."""
    tree = linkage(z, "single")
    length = tree[len(tree) // 2 :, 2]
    at = int(np.argmax(length[1:] / np.maximum(length[:-1], 1e-12)))
    found: Int[np.ndarray, " n"] = fcluster(tree, np.sqrt(length[at] * length[at + 1]), "distance")
    return found


ARMS: Mapping[str, Callable[[int, OrderTrial], Found]] = {
    "spins": spins,
    "charges": charges,
    "turns": turns,
}


def run(of: Callable[[int, OrderTrial], Found], seed: int, work: OrderTrial) -> Found:
    """One of the three."""
    with one_thread():
        return of(seed, work)


def read(found: Readings) -> dict[str, ArrayLike]:
    """The least correlation over temperatures, and sectors that were found."""
    latent, component = (found("spins", name).min(1) for name in ("latent", "component"))
    values: dict[str, ArrayLike] = {
        "latent": latent,
        "component": component,
        "latent_gain": latent - component,
        "latent_energy": found("spins", "latent_energy"),
        "component_energy": found("spins", "component_energy"),
        "vortex_free": found("turns", "whole"),
    }
    for arm in ("charges", "turns"):
        names = ("network", "places", "means", "sectors", "groups")
        values |= {f"{arm}_{name}": found(arm, name) for name in names}
        values[f"{arm}_gain"] = found(arm, "network") - found(arm, "means")
    return values


measure = Trials(
    arms=ARMS,
    sizes=(OrderTrial(32, 600, 50, 20, 500), OrderTrial(8, 240, 30, 10, 150)),
    run=run,
    read=read,
)
