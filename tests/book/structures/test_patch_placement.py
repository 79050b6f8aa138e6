"""Training data and report of row 20.12."""

import numpy as np
import torch

from ingenium_book.studies.structures import patch_placement
from ingenium_book.studies.structures.patch_placement import MODES, NOISE, RETAINED
from ingenium_book.studies.structures.plates import placement
from ingenium_book.studies.structures.plates.plate import drawn, modes
from ingenium_book.studies.structures.plates.proposer import Proposer


def test_solved_choices_are_of_the_asked_size_and_near_the_best() -> None:
    rng = np.random.default_rng(5)
    rows = placement.rows_of(modes(drawn(rng), MODES), NOISE)
    chosen, reported = patch_placement.solved([rows], rng)
    assert len(chosen) == len(reported) >= 1
    assert (chosen.sum(1) == RETAINED).all()
    greedy = placement.information(rows, placement.greedy(rows, RETAINED))
    for one in chosen.numpy():
        worth = placement.information(rows, np.flatnonzero(one))
        assert worth >= greedy - patch_placement.NEAR


def test_no_rule_passes_the_bound_and_an_unlearned_generator_is_no_better_than_chance() -> None:
    torch.manual_seed(0)
    found = patch_placement._on_plate(
        Proposer(MODES, RETAINED),
        drawn(np.random.default_rng(6)),
        8,
        torch.Generator().manual_seed(1),
        np.random.default_rng(2),
    )
    gaps = {k: v for k, v in found.items() if k.endswith("gap")}
    assert len(gaps) == 12
    assert min(gaps.values()) >= 0
    assert found["most_kept"] >= max(
        v
        for k, v in found.items()
        if k.endswith(".kept") and "_" in k and "noise" not in k and "modes" not in k
    )
    assert abs(found["kept"] - found["drawn.kept"]) < 6
    assert found["greedy_exchanged.kept"] >= found["greedy.kept"]


def test_frequencies_agree_with_closed_form_and_leissa() -> None:
    found = patch_placement.frequencies()
    assert found["closed_form"] < 0.2
    assert found["leissa"] < 2.0
