"""Printed columns: beams, closed forms, another engine, and paths that identify themselves."""

import math
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.toolpath.laying import ColumnNumbers, ColumnPrinter
from ingenium.domains.structures.toolpath.printed_column import PrintedColumn
from ingenium.domains.structures.toolpath.prism import SquareColumn
from ingenium.domains.structures.toolpath.settings import ColumnSettings
from ingenium.domains.structures.toolpath.verifier import hanging
from ingenium.kits.solids.printing.bearing import Standing

SMALL = ColumnSettings(
    height_m=0.6, bead_m=0.1, clear_m=0.15, hop_m=0.05, across_n=(6e4, 0.0), known=20
)
PIPE = ColumnNumbers((0.24, 0.24), 2.0, 1.0, 0.0, 0.0, 1, 0.0, 0.0)


def solid(settings: ColumnSettings, side_m: float) -> tuple[Standing, np.ndarray]:
    """A square column on its grid."""
    half = round(side_m / 2 / settings.cell_m)
    cells = (2 * half, 2 * half, round(settings.height_m / settings.cell_m))
    origin = (-side_m / 2, -side_m / 2, 0.0)
    part = Standing(
        *(cells, settings.cell_m, origin, settings.material, settings.strength),
        *(settings.head, settings.clear_m),
    )
    return part, np.ones(cells)


@pytest.mark.parametrize(
    ("across", "aside"),
    [
        ((0.0, 0.0), (0.05, -0.04)),
        ((8e4, -5e4), (0.0, 0.0)),
        ((8e4, -5e4), (0.05, 0.04)),
        ((8e4, -5e4), (-0.05, 0.04)),
    ],
)
def test_the_square_column_of_beams_is_that_of_finite_elements(
    across: tuple[float, float], aside: tuple[float, float]
) -> None:
    settings = ColumnSettings(height_m=1.2, across_n=across, aside_m=aside)
    part, share = solid(settings, 0.24)
    beam = SquareColumn(settings).factor(0.24)
    assert part.first_failure(share) == pytest.approx(beam, rel=0.05)


def test_a_square_column_under_its_middle_is_as_large_as_force_by_strength() -> None:
    settings = ColumnSettings(across_n=(0.0, 0.0), aside_m=(0.0, 0.0))
    assert SquareColumn(settings).volume_m3(2.0) == pytest.approx(2e6 / 30e6 * 3.0)


def test_a_pressed_pipe_fails_at_its_area_by_strength() -> None:
    settings = ColumnSettings(
        **{"height_m": 0.6, "bead_m": 0.06, "across_n": (0.0, 0.0), "aside_m": (0.0, 0.0)}
    )
    column = ColumnPrinter(settings).column(PIPE)
    area = math.pi * (0.24**2 - 0.18**2)
    assert column.path.material_m3 / 0.6 == pytest.approx(area, rel=5e-3)
    factor = column.standing.first_failure(column.laid)
    assert factor == pytest.approx(area * 30e6 / 1e6, rel=0.05)


def test_scikit_fem_finds_the_same_capacity_of_beads() -> None:
    problem = PrintedColumn(SMALL)
    rows = [[[0.24, 0.2]], [4.0], [0.9], [0.02], [10.0], [1.0], [0.3], [0.1]]
    arrays = tuple(torch.tensor(row, dtype=torch.float64) for row in rows)
    names = [q.name for q in problem.quantities]
    assert problem.second is not None
    own = problem.verifier.measure(*arrays)[0, names.index("coarse_capacity")]
    other = problem.second.verifier.measure(*arrays)[0, 0]
    assert float(other) == pytest.approx(float(own), rel=1e-4)


def test_what_hangs_is_told() -> None:
    share = np.zeros((10, 10, 4))
    share[2:5, 2:5, :2] = 1.0
    share[3:6, 2:5, 2] = 1.0  # one cell aside rests
    assert hanging(share) == 0
    share[7:9, 7:9, 2] = 1.0
    assert hanging(share) == pytest.approx(4 / 31)


def test_a_path_without_hops_collides_and_is_rejected() -> None:
    low = PrintedColumn(ColumnSettings(height_m=0.6, bead_m=0.1, clear_m=0.15, hop_m=0.0, known=20))
    names = [q.name for q in low.quantities]
    rows = [[[0.24, 0.2]], [4.0], [1.0], [0.0], [0.0], [1.0], [0.3], [0.3]]
    arrays = tuple(torch.tensor(row, dtype=torch.float64) for row in rows)
    assert low.verifier.measure(*arrays)[0, names.index("collisions")] > 10


def test_a_file_of_another_setup_is_refused(tmp_path: Path) -> None:
    problem = PrintedColumn(SMALL)
    design = problem.data().isel(design=[0])
    (path,) = problem.formats["gcode"].write(design, tmp_path).values()
    taller = PrintedColumn(ColumnSettings(height_m=0.65, bead_m=0.1, clear_m=0.15, known=20))
    with pytest.raises(InputError, match="other ones from line"):
        taller.formats["gcode"].read(path)


def test_a_fifth_of_a_micrometre_is_rounding_and_more_is_not(tmp_path: Path) -> None:
    problem = PrintedColumn(SMALL)
    form = problem.formats["gcode"]
    design = problem.data().isel(design=[1])
    (path,) = form.write(design, tmp_path).values()
    text = path.read_text()
    first = next(line for line in text.splitlines() if line.startswith("G1"))
    x = first.split()[1]
    for away, held in ((1e-4, True), (1e-3, False)):
        path.write_text(text.replace(x, f"X{float(x[1:]) + away:.4f}", 1))
        if held:
            form.read(path)
        else:
            with pytest.raises(InputError, match="other ones"):
                form.read(path)


def test_wrong_settings_are_refused() -> None:
    for wrong in (
        *({"height_m": 3.01}, {"down_n": 0.0}, {"clear_m": 2.0}, {"hop_m": -1.0}, {"known": 2}),
    ):
        with pytest.raises(InputError):
            ColumnSettings(**wrong)


@pytest.mark.slow
def test_the_page_on_columns_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run on a column as high as five beads are wide."""
    page = (Path(__file__).parents[4] / "docs" / "how-to" / "printed_columns.md").read_text()
    (spec,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    small = spec.replace("height_m = 2.4", "height_m = 0.6").replace("0.06 ", "0.12 ")
    (tmp_path / "column.toml").write_text(small)
    (command,) = re.findall(r"^ingenium (propose .*)$", page, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, shlex.split(command.replace("-n 16", "-n 4")))
    assert done.exit_code in (0, 1), done.output
    found = xr.open_dataset(tmp_path / "out" / "columns" / "designs.nc")
    assert float(found["collisions"].sum()) == 0
    assert "solid square" in (tmp_path / "out" / "columns" / "report.html").read_text()


def test_numbers_of_a_column_come_back_to_the_last_bit(tmp_path: Path) -> None:
    problem = PrintedColumn(SMALL)
    design = problem.data().isel(design=[2])
    back = problem.formats["gcode"].read(
        problem.formats["gcode"].write(design, tmp_path)[int(design["design"][0])]
    )
    for v in problem.variables:
        assert np.array_equal(back[v.name].to_numpy(), design[v.name].to_numpy())


@pytest.mark.slow
def test_a_report_of_no_column_says_so() -> None:
    problem = PrintedColumn(SMALL)
    designs = problem.data().isel(design=[0])
    measured = {q.name: ("design", [np.nan]) for q in problem.quantities}
    verdicts = xr.Dataset({**measured, "verdict": ("design", [Verdict.FAILED])})
    (section,) = problem.sections(designs, verdicts)
    assert section.text.startswith("No column satisfies every limit")
