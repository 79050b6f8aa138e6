"""Recipe of the readers of sketches on the held-out icons, in about two minutes."""

import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch.nn import functional

from ingenium.core.folders import write_atomic
from ingenium.core.seeds import one_thread
from ingenium.domains.edge.doodle.data import KINDS, icons
from ingenium.domains.edge.doodle.raster import PEN, drawn
from ingenium.domains.edge.doodle.recognition import SQUARES, SketchNet
from ingenium.domains.edge.doodle.strokes import BOX, Stroke, strokes_of

STEPS, BATCH, RATE = 1200, 64, 2e-3


def make(folder: Path) -> None:
    """Train the readers of sketches, of subjects and of surroundings."""
    with one_thread():
        for kind in KINDS:
            net, right = train(kind)
            state = {k: v.half().contiguous() for k, v in net.state_dict().items()}
            write_atomic(folder / f"reader_{kind}.safetensors", save(state))
            print(f"{kind}: reads {100 * right:.1f} % of icons that it never saw")


def _moved(strokes: list[Stroke], rng: np.random.Generator) -> list[np.ndarray]:
    """Turn, shear, scale and move strokes at random."""
    turn, grow = rng.normal(0, 0.12), rng.uniform(0.8, 1.1, 2)
    map_ = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) * grow
    off = rng.uniform(-2, 2, 2) + BOX / 2
    jitter = rng.normal(0, 0.3)
    return [(s - BOX / 2) @ map_.T + off + rng.normal(0, abs(jitter), s.shape) for s in strokes]


def train(kind: str) -> tuple[SketchNet, float]:
    """Train a reader; also return its accuracy on the generator's training icons, unseen by it."""
    words, rng = KINDS[kind], np.random.default_rng(0)
    own = [(strokes_of(i.text), words.index(i.kind)) for i in icons(words) if i.held_out]
    chance = np.array([1 / sum(k == y for _, k in own) for _, y in own])
    torch.manual_seed(0)
    net = SketchNet(len(words))
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-2)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    for _ in range(STEPS):
        rows = rng.choice(len(own), BATCH, p=chance / chance.sum())
        pictures = [
            drawn(_moved(own[i][0], rng), SQUARES, width=PEN * rng.uniform(0.7, 1.4)) for i in rows
        ]
        x = torch.from_numpy(np.stack(pictures)).float()
        loss = functional.cross_entropy(net(x), torch.tensor([own[i][1] for i in rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
    net.eval()
    others = [(strokes_of(i.text), words.index(i.kind)) for i in icons(words) if not i.held_out]
    x = torch.from_numpy(np.stack([drawn(s, SQUARES) for s, _ in others])).float()
    with torch.no_grad():
        right = net(x).argmax(1) == torch.tensor([y for _, y in others])
    return net, float(right.double().mean())
