"""Row 20.12: sixteen of 128 piezo patches, chosen by a generator and by the rules of the field.

Thin orthotropic plates, clamped at one edge, the others drawn, with up to four masses; modes by
scikit-fem's Bogner-Fox-Schmit elements, 128 patches that tile the plate and hear the mean
curvature under them. Information: of the first 12 modal coordinates under white noise, in nats
(half of log det of 1 plus the Fisher information in parts of what was known before), independent
noise of 1 % of the loudest patch's signal. The generator learns from 400 other plates, whose
choices no exchange betters, and fills a set sensor by sensor; the best of 64 proposals by exact
information counts, on 20 plates for each seed. Bound: the concave relaxation with the certificate
of its gradient, which no 16 patches exceed. Beside: greedy with its guarantee of 1 - 1/e,
exchange, effective independence, pivoted QR, rounded relaxation, and the best of as many random
choices. Networks and their fit were chosen on 320 plates of another draw. Budget: 5 seeds, 400
solved and 5 x 20 held-out plates; quick: fewer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.digest import array_digest
from ingenium.core.seeds import block_rng, one_thread
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.train.plan import Plan
from ingenium_book.studies.structures.plates import placement
from ingenium_book.studies.structures.plates.placement import Chosen, Rows, information
from ingenium_book.studies.structures.plates.plate import Plate, drawn, modes
from ingenium_book.studies.structures.plates.proposer import COUNT, Proposer, heard

RETAINED, MODES, NOISE = (
    16,
    12,
    0.01,
)  # sensors, modes, noise in parts of the loudest patch's signal
STARTS, NEAR = 6, 0.05  # exchanges from which a plate's solutions come; nats off its best
OTHERS = (0.1, 0.001, 1e-5)  # noise, beside
FEWER = 6  # modes, beside
# Of a square held at one edge: Barton, J. Appl. Mech. 18:129, 1951, in Leissa, Vibration of Plates,
# NASA SP-160, 1969, section 4.3; by a series that bounds them from above.
LEISSA = (3.494, 8.547, 21.44, 27.46, 31.17)
OURS = "generator"


@dataclass(frozen=True)
class Plates:
    """Plates to learn from and to place on, steps of the fit, proposals for a plate."""

    solved: int
    held_out: int
    steps: int
    proposals: int


@cache
def learned(count: int) -> tuple[list[Rows], Float[Tensor, "n 128"], Float[Tensor, "n c"]]:
    """Plates to learn from, the same each time, and their choices."""
    rng = np.random.default_rng(0)
    plates = [placement.rows_of(modes(drawn(rng), MODES), NOISE) for _ in range(count)]
    return plates, *solved(plates, rng)


def solved(
    plates: list[Rows], rng: np.random.Generator
) -> tuple[Float[Tensor, "n 128"], Float[Tensor, "n c"]]:
    """Choices that no exchange betters and that come near the best of their plate; their plates."""
    chosen, reported = [], []
    cond = heard(torch.from_numpy(np.stack(plates)))
    for rows, own in zip(plates, cond, strict=True):
        starts = [
            placement.greedy(rows, RETAINED),
            *placement.at_random(rows, RETAINED, STARTS - 1, rng),
        ]
        ends = [placement.exchanged(rows, start) for start in starts]
        worth = [information(rows, end) for end in ends]
        for end, value in zip(ends, worth, strict=True):
            if value >= max(worth) - NEAR:
                chosen.append(torch.zeros(COUNT).index_fill(0, torch.from_numpy(end), 1.0))
                reported.append(own)
    return torch.stack(chosen), torch.stack(reported)


def run(arm: None, seed: int, size: Plates) -> Mapping[str, ArrayLike]:
    """Fit to the solved plates and choose on plates of its own; means over them."""
    _, chosen, reported = learned(size.solved)
    rng = np.random.default_rng(1000 + seed)
    plan = Plan(seed=seed, steps=size.steps, batch=32, learning_rate=3e-3, ema_decay=0.99)
    with one_thread():
        torch.manual_seed(seed)
        proposer = Proposer(MODES, RETAINED)
        proposer.fit(chosen, reported, plan)
        rows = [
            _on_plate(proposer, drawn(rng), size.proposals, block_rng(seed, i, "patches"), rng)
            for i in range(size.held_out)
        ]
    mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    ours = np.array([row["kept"] for row in rows])
    rivals = {name: np.array([row[f"{name}.kept"] for row in rows]) for name in ("greedy", "drawn")}
    return mean | {
        "over_greedy": float(100 * (ours / rivals["greedy"] - 1).mean()),
        "over_random": float(100 * (ours / rivals["drawn"] - 1).mean()),
        "plates_over_greedy": float(100 * (ours > rivals["greedy"]).mean()),
        "least_of_greedy": min(1 - row["greedy.gap"] / 100 for row in rows),
    }


def _on_plate(
    proposer: Proposer, plate: Plate, n: int, draw: torch.Generator, rng: np.random.Generator
) -> Mapping[str, float]:
    """What each rule keeps of the information on one plate (%), and its distance to the bound."""
    found = modes(plate, MODES)
    rows = placement.rows_of(found, NOISE)
    cond = heard(torch.from_numpy(rows[None])).expand(n, -1)
    proposed = [np.flatnonzero(x) for x in proposer.propose(cond, draw).numpy()]
    loose = placement.relaxed(rows, RETAINED)
    greedy, tight = placement.greedy(rows, RETAINED), loose.chosen(RETAINED)
    random = placement.at_random(rows, RETAINED, n, rng)
    ours, drawn_best = _best(rows, proposed), _best(rows, random)
    rules = {
        "": ours,
        "one_proposal.": proposed[0],
        "exchanged.": placement.exchanged(rows, ours),
        "greedy.": greedy,
        "greedy_exchanged.": placement.exchanged(rows, greedy),
        "effective_independence.": placement.effective_independence(rows, RETAINED),
        "pivoted.": placement.pivoted(rows, RETAINED),
        "relaxed.": tight,
        "relaxed_exchanged.": placement.exchanged(rows, tight),
        "drawn.": drawn_best,
        "drawn_exchanged.": placement.exchanged(rows, drawn_best),
        "one_drawn.": random[0],
    }
    scores = {"most_kept": 100 * loose.bound / information(rows)}
    for name, choice in rules.items():
        reported = information(rows, choice)
        scores[f"{name}kept"] = 100 * reported / information(rows)
        scores[f"{name}gap"] = 100 * (1 - reported / loose.bound)
    for noise in OTHERS:
        other = placement.rows_of(found, noise)
        scores[f"noise_{noise:g}.kept"] = _retained(other, placement.greedy(other, RETAINED))
    few = rows[:, :FEWER]
    return scores | {f"modes_{FEWER}.kept": _retained(few, placement.greedy(few, RETAINED))}


def _best(rows: Rows, choices: list[Chosen]) -> Chosen:
    return max(choices, key=lambda choice: information(rows, choice))


def _retained(rows: Rows, chosen: Chosen) -> float:
    return 100 * information(rows, chosen) / information(rows)


@cache
def frequencies() -> Mapping[str, float]:
    """Largest distance (%) of the elements' frequencies to the closed form and to Leissa's."""
    width = 0.5
    ours = modes(Plate(("supported",) * 4, width=width), MODES).frequency
    waves = [(i**2 + (j / width) ** 2) * np.pi**2 for i in range(1, 10) for j in range(1, 10)]
    held = modes(Plate(("clamped", "free", "free", "free")), MODES).frequency
    return {
        "closed_form": float(100 * np.abs(ours / np.sort(waves)[:MODES] - 1).max()),
        "leissa": float(100 * np.abs(held[: len(LEISSA)] / np.array(LEISSA) - 1).max()),
    }


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Shares and distances in per cent."""
    names = found.pieces[OURS][0]
    values: dict[str, ArrayLike | Value] = {name: found(OURS, name) for name in names}
    return values | {name: exact(value) for name, value in frequencies().items()}


measure = Trials(
    arms={OURS: None},
    sizes=(Plates(400, 20, 500, 64), Plates(40, 4, 60, 16)),
    run=run,
    read=read,
    data=lambda size: array_digest(np.stack(learned(size.solved)[0])),
)
