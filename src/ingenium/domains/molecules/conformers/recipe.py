"""Training recipe of the pretrained torsional diffusion.

Shapes: n conformers, h heavy atoms, m torsions.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ingenium.core.digest import content_digest
from ingenium.core.folders import replacing, write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.conformers.graph import Graph
from ingenium.domains.molecules.conformers.known_ensembles import (
    LEARNED,
    KnownEnsemble,
    admitted,
    ensembles,
)
from ingenium.domains.molecules.conformers.library import TorsionHistograms
from ingenium.domains.molecules.conformers.network import Torque
from ingenium.domains.molecules.conformers.requested_molecule import molecule
from ingenium.domains.molecules.conformers.torsions import Torsions
from ingenium.domains.molecules.conformers.torus import (
    NARROWEST,
    WIDEST,
    mean_square_score,
    score,
)

NAME = "moses.torsions"
LIBRARY = "moses.library.json"
WARM, SHOWN, STORE_EVERY = 50, 50, 100  # steps


@dataclass(frozen=True)
class TorsionRecipe:
    """Choice of molecules and length of training."""

    molecules: int = 184  # of the training split of MOSES
    steps: int = 1500
    each: int = 8  # molecules in a step
    rows: int = 8  # conformers of each, with independent noise
    learning_rate: float = 2e-3
    ema_decay: float = 0.997
    seed: int = 0


@dataclass(frozen=True)
class TrainingMolecule:
    """Training example: a molecule's graph, torsions and conformers."""

    graph: Graph
    torsions: Torsions
    position: Float[Tensor, "n h 3"]

    @classmethod
    def of(cls, one: KnownEnsemble) -> "TrainingMolecule":
        """Build the example from known conformers."""
        mol = molecule(one.smiles)
        whole = Torsions.of(mol)
        graph = Graph.of(mol, whole)
        position = torch.from_numpy(one.ensemble.position)[:, graph.heavy].to(torch.float32)
        return cls(graph, graph.torsions(whole), position)


def loss(network: Torque, one: TrainingMolecule, rows: int, rng: torch.Generator) -> Tensor:
    """Return the mean squared error of the score of noisy conformers, in units of its RMS."""
    chosen = one.position[torch.randint(len(one.position), (rows,), generator=rng)]
    place = torch.rand(rows, generator=rng)
    sigma = NARROWEST * (place * math.log(WIDEST / NARROWEST)).exp()
    wide = sigma[:, None].expand(-1, len(one.torsions.quartets))
    noise = wide * torch.randn(wide.shape, generator=rng)
    turned = one.torsions.turned(chosen, noise)
    truth = score(noise, wide) / mean_square_score(sigma).sqrt()[:, None]
    reported: Tensor = network(one.graph, network.surroundings(one.graph), turned, sigma)
    return (reported - truth).square().mean()


def train(
    recipe: TorsionRecipe,
    folder: Path,
    *,
    watch: Watch = silent,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> None:
    """Search conformers, learn their torsions, and write weights and histograms into a folder.

    A stopped search or training resumes.
    """
    smiles = admitted("moses", recipe.molecules, held_out=False)
    found = list(ensembles(smiles, LEARNED, watch))
    started = time.process_time()
    with one_thread():
        network, last = _trained(recipe, [TrainingMolecule.of(s) for s in found], folder, progress)
    about = {
        "recipe": asdict(recipe),
        "search": asdict(LEARNED),
        "conformers": sum(len(s.ensemble.position) for s in found),
        "loss": last,
        "cpu_seconds_of_training_since_the_last_start": round(time.process_time() - started),
    }
    library = TorsionHistograms.of((molecule(s.smiles), s.ensemble.position) for s in found)
    store(network, library, about, folder)


def store(network: Torque, library: TorsionHistograms, about: dict[str, Any], folder: Path) -> None:
    """Write weights in half precision, histograms, and metadata."""
    weights = save({k: v.half().contiguous() for k, v in network.state_dict().items()})
    write_atomic(folder / f"{NAME}.safetensors", weights)
    write_atomic(folder / LIBRARY, json.dumps(library.counts) + "\n")
    reported = {**about, "weights": content_digest(weights)}
    write_atomic(folder / f"{NAME}.json", json.dumps(reported, indent=1) + "\n")


def _trained(
    recipe: TorsionRecipe,
    known: list[TrainingMolecule],
    folder: Path,
    progress: Callable[[int, float], None],
) -> tuple[Torque, float]:
    """Network with averaged weights, and the mean loss of the last tenth."""
    curve, state = TorsionTraining.begun(recipe), folder / "torsions.checkpoint"
    if state.is_file():
        curve.restore(state)
    for step in range(len(curve.losses), recipe.steps):
        curve.step(known, recipe)
        last = curve.losses[-SHOWN:]
        progress(step + 1, sum(last) / len(last))
        if (step + 1) % STORE_EVERY == 0:
            curve.store(state)
    tail = curve.losses[-max(1, recipe.steps // 10) :]
    curve.network.load_state_dict(curve.mean.module.state_dict())
    return curve.network, sum(tail) / len(tail)


@dataclass
class TorsionTraining:
    """State of a running training."""

    network: Torque
    mean: AveragedModel
    adam: torch.optim.Adam
    rng: torch.Generator
    losses: list[float] = field(default_factory=list)

    @classmethod
    def begun(cls, recipe: TorsionRecipe) -> "TorsionTraining":
        """Start with initial weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = Torque()
        mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay))
        adam = torch.optim.Adam(network.parameters(), recipe.learning_rate)
        return cls(network, mean, adam, torch.Generator().manual_seed(recipe.seed))

    def step(self, known: list[TrainingMolecule], recipe: TorsionRecipe) -> None:
        """Take one step on some molecules."""
        done = len(self.losses)
        rate = 0.5 * (1 + math.cos(math.pi * done / recipe.steps)) * min(1.0, (done + 1) / WARM)
        self.adam.param_groups[0]["lr"] = recipe.learning_rate * rate
        rows = torch.randint(len(known), (recipe.each,), generator=self.rng).tolist()
        each = [loss(self.network, known[i], recipe.rows, self.rng) for i in rows]
        total = torch.stack(each).mean()
        self.adam.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.adam.step()
        self.mean.update_parameters(self.network)
        self.losses.append(float(total.detach()))

    def store(self, path: Path) -> None:
        """Write the state for resuming."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "mean", "adam")}
        with replacing(path) as staging:
            torch.save({**parts, "rng": self.rng.get_state(), "course": self.losses}, staging)

    def restore(self, path: Path) -> None:
        """Load a saved state."""
        stored = torch.load(path, weights_only=True)
        for name in ("network", "mean", "adam"):
            getattr(self, name).load_state_dict(stored[name])
        self.rng.set_state(stored["rng"])
        self.losses = stored["course"]
