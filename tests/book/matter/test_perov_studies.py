"""Cells of Perov-5 in a user's folder, and the denoisers fitted to them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium_book.studies.matter import diffusion_kinds, perov, predicted, torus
from ingenium_book.studies.matter.torus import AtomCells, TorusDiffusion

HEAD = "data_{0}\n_cell_length_a   {1}\n_cell_angle_alpha   90\nloop_\n _atom_site_type_symbol\n"


def cif(names: list[str], edge: float, shift: float) -> str:
    """A CIF like the data set's: atoms in another order, the one of B moved along x."""
    points = perov.SITES + 0.25 * np.array([1.0, 0.0, 0.0])
    points[1, 0] += shift
    rows = [
        f"  {name}  {name}{k}  1  {x:.8f}  {y:.8f}  {z:.8f}  1"
        for k, (name, (x, y, z)) in enumerate(zip(names, points, strict=True))
    ]
    return HEAD.format("".join(names), edge) + "\n".join([rows[1], rows[0], *rows[2:]])


@pytest.fixture(autouse=True)
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of few cells; cached readings of another one are discarded."""
    pairs = [("Ba", "Ti"), ("Sr", "Sn"), ("Ti", "Ba"), ("K", "Nb")]
    rows = [
        cif([a, b, *anions], 4.0 + 0.1 * k, 0.01 * k)
        for k, (a, b) in enumerate(pairs)
        for anions in (["O", "O", "O"], ["O", "O", "N"], ["F", "F", "F"])
    ]
    for file in perov.FILES:
        pd.DataFrame({"cif": rows}).to_csv(tmp_path / file)
    monkeypatch.setenv(perov.PLACE, str(tmp_path))
    for retained in (perov.parts, perov.places):
        retained.cache_clear()
    yield
    for retained in (perov.parts, perov.places):
        retained.cache_clear()


def test_cells_are_read_and_told_back() -> None:
    learned, _ = perov.parts()
    assert learned.elements[4] == ("Sr", "Sn", "O", "O", "N")
    assert learned.edge_angstrom[4] == pytest.approx(4.1)
    assert learned.shift[4] == pytest.approx([0, 0.01, 0, 0, 0])
    rows = perov.numbers(learned, np.random.default_rng(0))
    back = perov.cells_of(rows.numpy())
    assert back.elements == learned.elements
    assert np.abs(back.edge_angstrom - learned.edge_angstrom).max() < 0.06
    assert np.abs(back.shift - learned.shift).max() < 0.02


def test_without_the_files_it_says_where_they_are_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(perov.PLACE)
    with pytest.raises(InputError, match="txie-93/cdvae"):
        perov.parts()


def test_charges_balance_or_do_not() -> None:
    assert perov.neutral(["Ba", "Ti", "O", "O", "O"])
    assert not perov.neutral(["Ba", "Sr", "O", "O", "O"])


def test_what_is_told_moves_with_nothing() -> None:
    """Shifts, wraps around the cell, lattice rotations and atom orders change nothing: to 1e-6."""
    torch.manual_seed(0)
    model = TorusDiffusion(6)
    rng = torch.Generator().manual_seed(0)
    kind = torch.randint(6, (8, 5), generator=rng)
    cells = AtomCells(kind, torch.rand(8, 5, 3, generator=rng), torch.randn(8, generator=rng))
    assert predicted.moved_by(model, cells) < 1e-6
    plain, _ = model.condition(
        cells.kind, cells.place.double(), cells.edge.double(), torch.ones(8).double()
    )
    pulled = cells.place.double() + 0.1 * torch.eye(5, 3).double()
    other, _ = model.condition(cells.kind, pulled, cells.edge.double(), torch.ones(8).double())
    assert (plain - other).abs().max() > 1e-4, "atoms that move against each other are seen"


@pytest.mark.parametrize("sigma", [0.02, 0.2, 0.5])
def test_a_wrapped_score_is_the_slope_of_its_density(sigma: float) -> None:
    off = torch.linspace(-0.9, 0.9, 19, dtype=torch.float64).requires_grad_()
    images = off[:, None] + torch.arange(-12, 13)
    density = torch.logsumexp(-0.5 * (images / sigma).square(), 1)
    (slope,) = torch.autograd.grad(density.sum(), off)
    found = torus.wrapped_score(off.detach(), torch.tensor(sigma, dtype=torch.float64))
    torch.testing.assert_close(found, slope, rtol=1e-6, atol=1e-6)


def test_a_reverse_equation_with_a_corrector_draws_from_a_known_law() -> None:
    """A standard normal law, whose denoiser is known, is sampled."""
    rng = torch.Generator().manual_seed(0)
    levels = (*torch.logspace(1, -2, 200).tolist(), 0.0)
    start = levels[0] * torch.randn(4000, 2, generator=rng)
    made = diffusion_kinds.PredictorCorrector().solve(
        lambda x, sigma: x / (1 + sigma**2), start, levels, rng
    )
    assert made.mean().item() == pytest.approx(0.0, abs=0.05)
    assert made.std().item() == pytest.approx(1.0, abs=0.06)


def test_the_three_kinds_have_as_many_parameters() -> None:
    sizes = [sum(p.numel() for p in m(15).parameters()) for m in diffusion_kinds.MAKERS.values()]
    assert max(sizes) < 1.03 * min(sizes)


@pytest.mark.slow
def test_both_studies_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on few cells for some steps; a coin is right on about half of the formulas."""
    monkeypatch.setattr(diffusion_kinds, "STEPS_SDE", 20)
    kinds = diffusion_kinds.run("latent", 0, diffusion_kinds.CellDraws(4, 6))
    known = diffusion_kinds.run("known", 0, diffusion_kinds.CellDraws(4, 6))
    assert np.isfinite(float(np.asarray(kinds["bound"])))
    assert known["sound"] == 1.0
    size = predicted.FormulaDraws(2, 12)
    tossed = predicted.run("coin", 0, size)
    assert 0.1 <= float(np.asarray(tossed["right"])) <= 0.9
    for arm in ("torus", "cdvae"):
        assert 0 <= float(np.asarray(predicted.run(arm, 0, size)["right"])) <= 1
