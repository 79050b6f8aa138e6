"""How the torsional diffusion that comes with the package is trained.

Shapes: n conformers, h heavy atoms, m torsions.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from ingenium.core.digest import content_digest
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.conformers.asked import molecule
from ingenium.domains.molecules.conformers.graph import Graph
from ingenium.domains.molecules.conformers.library import Library
from ingenium.domains.molecules.conformers.network import Torque
from ingenium.domains.molecules.conformers.stock import LEARNED, Searched, admitted, ensembles
from ingenium.domains.molecules.conformers.torsions import Torsions
from ingenium.domains.molecules.conformers.torus import (
    NARROWEST,
    WIDEST,
    mean_square_score,
    score,
)

NAME = "moses.torsions"
LIBRARY = "moses.library.json"


@dataclass(frozen=True)
class Recipe:
    """Which molecules, and how long."""

    molecules: int = 184  # of the training split of MOSES
    steps: int = 1500
    each: int = 8  # molecules in a step
    rows: int = 8  # conformers of each, every one with noise of its own
    learning_rate: float = 2e-3
    ema_decay: float = 0.997
    seed: int = 0


@dataclass(frozen=True)
class Learned:
    """A molecule as the network learns it."""

    graph: Graph
    torsions: Torsions
    position: Float[Tensor, "n h 3"]

    @classmethod
    def of(cls, one: Searched) -> "Learned":
        """From its known conformers."""
        mol = molecule(one.smiles)
        whole = Torsions.of(mol)
        graph = Graph.of(mol, whole)
        position = torch.from_numpy(one.ensemble.position)[:, graph.heavy].to(torch.float32)
        return cls(graph, graph.torsions(whole), position)


def loss(network: Torque, one: Learned, rows: int, rng: torch.Generator) -> Tensor:
    """Mean squared error of the score of noisy conformers, in units of its root mean square."""
    chosen = one.position[torch.randint(len(one.position), (rows,), generator=rng)]
    place = torch.rand(rows, generator=rng)
    sigma = NARROWEST * (place * math.log(WIDEST / NARROWEST)).exp()
    wide = sigma[:, None].expand(-1, len(one.torsions.quartets))
    noise = wide * torch.randn(wide.shape, generator=rng)
    turned = one.torsions.turned(chosen, noise)
    truth = score(noise, wide) / mean_square_score(sigma).sqrt()[:, None]
    told: Tensor = network(one.graph, network.surroundings(one.graph), turned, sigma)
    return (told - truth).square().mean()


def train(
    recipe: Recipe,
    folder: Path,
    *,
    watch: Watch = silent,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> None:
    """Search conformers, learn their torsions, and write weights and histograms into a folder.

    A stopped search or training goes on where it was.
    """
    smiles = admitted("moses", recipe.molecules, held_out=False)
    found = list(ensembles(smiles, LEARNED, watch))
    started = time.process_time()
    with one_thread():
        network, last = _trained(recipe, [Learned.of(s) for s in found], folder, progress)
    about = {
        "recipe": asdict(recipe),
        "search": asdict(LEARNED),
        "conformers": sum(len(s.ensemble.position) for s in found),
        "loss": last,
        "cpu_seconds_of_training_since_the_last_start": round(time.process_time() - started),
    }
    library = Library.of((molecule(s.smiles), s.ensemble.position) for s in found)
    keep(network, library, about, folder)


def keep(network: Torque, library: Library, about: dict[str, Any], folder: Path) -> None:
    """Write weights in half precision, histograms, and what they are."""
    weights = save({k: v.half().contiguous() for k, v in network.state_dict().items()})
    write_atomic(folder / f"{NAME}.safetensors", weights)
    write_atomic(folder / LIBRARY, json.dumps(library.counts) + "\n")
    told = {**about, "weights": content_digest(weights)}
    write_atomic(folder / f"{NAME}.json", json.dumps(told, indent=1) + "\n")


def _trained(
    recipe: Recipe,
    known: list[Learned],
    folder: Path,
    progress: Callable[[int, float], None],
) -> tuple[Torque, float]:
    """The network with averaged weights, and the mean loss of the last tenth."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = Torque()
    mean = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.ema_decay)
    )
    adam = torch.optim.Adam(network.parameters(), recipe.learning_rate)
    rng = torch.Generator().manual_seed(recipe.seed)
    state = folder / "torsions.checkpoint"
    first, course = 0, list[float]()
    if state.is_file():
        stored = torch.load(state, weights_only=True)
        network.load_state_dict(stored["network"])
        mean.load_state_dict(stored["mean"])
        adam.load_state_dict(stored["adam"])
        rng.set_state(stored["rng"])
        first, course = stored["step"], stored["course"]
    for step in range(first, recipe.steps):
        rate = 0.5 * (1 + math.cos(math.pi * step / recipe.steps)) * min(1.0, (step + 1) / 50)
        adam.param_groups[0]["lr"] = recipe.learning_rate * rate
        rows = torch.randint(len(known), (recipe.each,), generator=rng).tolist()
        total = torch.stack([loss(network, known[i], recipe.rows, rng) for i in rows]).mean()
        adam.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        mean.update_parameters(network)
        course.append(float(total.detach()))
        progress(step + 1, sum(course[-50:]) / len(course[-50:]))
        if (step + 1) % 100 == 0:
            folder.mkdir(parents=True, exist_ok=True)
            torch.save(
                {
                    "network": network.state_dict(),
                    "mean": mean.state_dict(),
                    "adam": adam.state_dict(),
                    "rng": rng.get_state(),
                    "step": step + 1,
                    "course": course,
                },
                state,
            )
    tail = course[-max(1, recipe.steps // 10) :]
    network.load_state_dict(mean.module.state_dict())
    return network, sum(tail) / len(tail)
