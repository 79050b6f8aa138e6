"""A bracket as its printing path: the body read back is the one that the beads fill."""

import numpy as np
import pytest
import xarray as xr

from ingenium.core.designs import to_dataset
from ingenium.core.errors import EngineError, InputError
from ingenium.domains.structures.bracket.bracket import Bracket
from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.parts import paths
from ingenium.domains.structures.parts.paths import PathFiles


@pytest.fixture(scope="module")
def bracket() -> Bracket:
    return Bracket(BracketSettings(cells=(16, 12, 18), cell_mm=6.0, bead_mm=3.0))


@pytest.fixture(scope="module")
def plate(bracket: Bracket) -> xr.Dataset:
    """The first plate sampled for milling."""
    density = bracket.milled(slice(1)).unflatten(1, bracket.part.grid.cells)
    return to_dataset([density], bracket.variables, {})


@pytest.mark.slow
def test_the_file_is_the_path_and_its_beads_fill_the_part(bracket, plate, tmp_path):
    name, form = next(iter(bracket.formats.items()))
    assert name == "gcode"
    made = form.write(plate, tmp_path)
    back = form.read(tmp_path)["density"].to_numpy()
    mesh = bracket.printer.mesh(plate["density"].to_numpy()[0])
    whole = bracket.printer.read(mesh)
    assert back.sum() == pytest.approx(whole.sum(), rel=0.1)  # rings leave a little open
    assert np.abs(back[0] - whole).sum() < 0.1 * whole.sum()
    text = (made[0] / "part.gcode").read_text()
    (made[0] / "part.gcode").write_text(text[: len(text) // 2])
    half = form.read(made[0])["density"].to_numpy()
    assert half.sum() < 0.75 * back.sum()


def test_a_path_that_leaves_the_machine_is_not_written(bracket, plate, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "MARGIN_M", -0.02)
    form = PathFiles(bracket.printer, bracket.variables, 0.003)
    with pytest.raises(EngineError, match=r"leaves [1-9]"):
        form.write(plate, tmp_path)


def test_a_bead_wider_than_a_cell_and_a_folder_without_paths_are_refused(bracket, tmp_path):
    with pytest.raises(InputError, match="a bead of at most a cell"):
        BracketSettings(bead_mm=9.0)
    with pytest.raises(InputError, match="G-code"):
        bracket.formats["gcode"].read(tmp_path)
