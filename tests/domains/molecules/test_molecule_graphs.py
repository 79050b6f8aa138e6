"""Molecules as graphs: exact there and back, and repaired if invalid."""

import numpy as np
import pytest
import torch

from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.graphs import KINDS, MOST_ATOMS, MoleculeGraphs
from ingenium.domains.molecules.known import LONGEST, known
from ingenium.domains.molecules.trained.model import codec
from ingenium.generators.families import build
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.zinc import zinc250k
from ingenium.train.plan import Plan


@pytest.mark.parametrize(("source", "share"), [("moses", 0.98), ("zinc250k", 0.9)])
def test_molecules_come_back_exactly(source: str, share: float) -> None:
    whole = moses("test") if source == "moses" else zinc250k()
    drawn = np.random.default_rng(4).choice(len(whole), 500, replace=False)
    texts = [canonical(parsed(str(s))) for s in whole[drawn]]
    graphs = MoleculeGraphs(KINDS[source], MOST_ATOMS[source])
    rows = [graphs.row(text) for text in texts]
    retained = [(t, r) for t, r in zip(texts, rows, strict=True) if r is not None]
    assert len(retained) > share * len(texts)
    assert all(graphs.text(row) == (text, True) for text, row in retained)


def test_any_graph_becomes_a_molecule() -> None:
    graphs = MoleculeGraphs(KINDS["zinc250k"], 9)
    rng = np.random.default_rng(0)
    for size in [*range(1, 10)] * 20:
        row = np.zeros(graphs.shape, int)
        row[:size] = rng.integers(1, graphs.kinds, size)
        edges = np.zeros((9, 9), int)
        edges[:size, :size] = rng.integers(1, 5, (size, size)) * (rng.random((size, size)) < 0.4)
        row[9:] = edges[np.triu_indices(9, 1)]
        text, _ = graphs.text(row)
        assert parsed(text) is not None


def test_a_ring_with_one_bond_too_many_loses_it() -> None:
    graphs = MoleculeGraphs(KINDS["moses"], 27)
    row = graphs.row("c1ccccc1F")
    upper = list(zip(*np.triu_indices(27, 1), strict=True))
    row[27 + upper.index((5, 6))] = 1
    row[6] = 1 + [k[0] for k in KINDS["moses"]].index("F")
    row[27 + upper.index((0, 6))] = 1  # a second bond of fluorine
    text, sound = graphs.text(row)
    assert not sound
    assert canonical(parsed(text)) == canonical(parsed("Fc1ccccc1"))


@pytest.mark.slow
def test_a_family_on_graphs_proposes_molecules() -> None:
    outer = codec("moses", LONGEST["moses"])
    x = outer.of_texts(known("moses", 100).smiles)
    family = build("graph_diffusion", outer.shape, 1, codec=outer)
    family.inner.steps = 3  # type: ignore[attr-defined]
    course = family.fit(x, torch.zeros(len(x), 1), Plan(steps=2, batch=8, check_every=1))
    assert course["written"][0] > 0.9
    rng = torch.Generator().manual_seed(0)
    texts = outer.to_texts(family.propose(torch.zeros(32, 1), rng))
    assert (
        np.mean([parsed(text) is not None for text in texts]) > 0.5
    )  # hardly trained ones are long
