"""Roof trusses: tables, closed forms, equilibrium, a bound, and files that other tools open."""

import re
import shlex
from pathlib import Path

import meshio
import numpy as np
import pytest
import torch
import trimesh
import xarray as xr
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.resolving import resolve
from ingenium.core.shown import column, read
from ingenium.core.spec import Objective, Spec
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.roof.equilibrium import Equilibrium, ayrton_perry
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import KINDS, PANELS, layout
from ingenium.domains.structures.roof.rule import sized
from ingenium.domains.structures.roof.settings import RoofSettings
from ingenium.domains.structures.roof.stiffness import reduction
from ingenium.domains.structures.roof.truss import RoofTruss
from ingenium.runs.loop import training
from ingenium.runs.store import Store
from ingenium.searches.evolution import Evolution
from ingenium.searches.search import Search
from ingenium.searches.space import Space
from ingenium.searches.stopping import Stop

PROBLEM = RoofTruss(RoofSettings())
ROOF = PROBLEM.settings
PUBLISHED = {  # kg/m, cm², cm⁴, in three digits: EN 10210-2:2006, table B.2
    "SHS40x40x3": (3.41, 4.34, 9.78),
    "SHS60x60x4": (6.90, 8.79, 45.4),
    "SHS80x80x5": (11.6, 14.7, 137),
    "SHS100x100x5": (14.7, 18.7, 279),
    "SHS150x150x8": (35.1, 44.8, 1490),
    "SHS200x200x10": (58.8, 74.9, 4470),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_sections_are_those_of_the_table(name: str) -> None:
    i = SECTIONS.names.index(name)
    area, inertia = SECTIONS.area_m2[i], SECTIONS.inertia_m4[i]
    own = (7850 * area, 1e4 * area, 1e8 * inertia)
    assert tuple(float(f"{x:.3g}") for x in own) == PUBLISHED[name]


def test_no_section_buckles_in_its_walls() -> None:
    """All are class 3 or better in S355 (EN 1993-1-1, table 5.2), so the whole section bears."""
    flat = SECTIONS.width_m / SECTIONS.wall_m - 3
    assert flat.max() <= 42 * np.sqrt(235 / 355)
    assert (np.diff(SECTIONS.area_m2) > 0).all()
    assert len(set(SECTIONS.names)) == len(SECTIONS)


def test_buckling_curve_a_by_both_formulas() -> None:
    """Values are those of printed tables of the curve."""
    slender = np.array([0.2, 0.5, 1.0, 2.0])
    printed = (1.0, 0.9243, 0.6656, 0.2229)
    assert reduction(slender, 0.21) == pytest.approx(printed, abs=6e-5)
    assert ayrton_perry(slender**2, 0.21) == pytest.approx(printed, abs=6e-5)
    assert reduction(np.array([1.3]), 0.0) == pytest.approx(1 / 1.69)  # Euler's


def test_stiffness_and_equilibrium_agree_on_every_layout() -> None:
    profile = torch.arange(4.0, dtype=torch.float64).flip(0) * 5 + 8
    rows = [(k, n, 0.9 + 0.1 * n) for k in range(len(KINDS)) for n in PANELS]
    kind, panels, depth = torch.tensor(rows, dtype=torch.float64).T
    arrays = (kind, panels, depth, profile.expand(len(rows), 4))
    assert PROBLEM.second is not None
    other = PROBLEM.second.verifier
    own = PROBLEM.verifier.measure(*arrays)[:, [0, 2, 3, 4]]
    torch.testing.assert_close(own, other.measure(*arrays), rtol=1e-9, atol=0.0)


def test_chords_and_posts_bear_moment_and_force_of_a_beam() -> None:
    own, depth = layout(0, 8), np.array([2.0])
    force = PROBLEM.tiers[0].solved(own, depth, np.full((1, 4), 20))[0][0]
    middle = int(np.flatnonzero(own.group == 1)[3])  # upper chord next to the middle
    assert force[middle, 0] == pytest.approx(-(ROOF.span_m**2) / 8 / 2.0)  # of 1 N/m
    post = int(np.flatnonzero(own.group == 2)[0])  # at the support, with its half panel
    assert force[post, 0] == pytest.approx(-ROOF.span_m / 2)
    weight = 7850 * 9.81 * SECTIONS.area_m2[20] * Equilibrium(ROOF, 0, 8, 2.0).length_m.sum()
    rest = ROOF.span_m / 8 + 2.0  # a chord and the post: half of each lies on the corner
    corner = 7850 * 9.81 * SECTIONS.area_m2[20] * rest / 2
    assert force[post, 1] == pytest.approx(-(weight / 2 - corner))


def test_the_rule_takes_the_lightest_sections_that_bear() -> None:
    least = sized(ROOF, 0, 8, 2.5)
    assert least is not None
    one = Equilibrium(ROOF, 0, 8, 2.5)
    force = 1.08 * ROOF.factored_n_m * one.carried
    assert one.use(force, least[one.group]).max() <= 1
    for g in range(4):
        lighter = least.copy()
        lighter[g] -= 1
        assert one.use(force, lighter[one.group])[one.group == g].max() > 1


@pytest.mark.slow
def test_no_truss_lies_below_the_bound_and_a_search_comes_near(tmp_path: Path) -> None:
    goals = tuple(Objective(name, "minimise") for name in ("mass", "deflection"))
    spec = resolve(Spec(problem=PROBLEM.name, objectives=goals), PROBLEM)
    strategy = Evolution(Space.of(PROBLEM, spec, training(PROBLEM)), 3)
    with Store(tmp_path / "search.sqlite") as store:
        store.sit({})
        search = Search(PROBLEM, spec, strategy, store, seed=3, batch=32)
        search.run(Stop(calls=1200))
        found = search.verdicts()
    held = found["verdict"].to_numpy() == Verdict.ACCEPTED
    points = np.stack([found[name].to_numpy()[held] for name in ("mass", "deflection")], 1)
    above = PROBLEM.bound.above(*points.T)
    assert len(points) > 100
    assert 0 < above.min() < 0.2
    assert (points[:, 0] >= PROBLEM.bound.mass_kg(points[:, 1])).all()


def test_other_tools_open_the_files(tmp_path: Path) -> None:
    """Open the deck by meshio, the drawing by trimesh: the same bars, and the measured mass."""
    design = PROBLEM.data().isel(design=[4])
    mass = float(PROBLEM.verifier.measure(*to_arrays(design, PROBLEM.variables))[0, 0])
    for form in PROBLEM.formats.values():
        form.write(design, tmp_path)
    index = int(design["design"][0])
    deck = meshio.read(tmp_path / f"truss_{index:05d}.inp")
    drawing = trimesh.load(tmp_path / f"truss_{index:05d}.dxf")
    names = {name.upper(): i for i, name in enumerate(SECTIONS.names)}
    reported = [0.0, 0.0]
    for block, name in zip(deck.cells, deck.cell_sets, strict=True):
        area = SECTIONS.area_m2[names[name.partition("_")[2].upper()]]
        ends = deck.points[block.data]
        reported[0] += 7850 * area * np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum()
    for line, layer in zip(drawing.entities, drawing.layers, strict=True):
        area = SECTIONS.area_m2[names[str(layer).partition("_")[2].upper()]]
        reported[1] += 7850 * area * line.length(drawing.vertices) / 1e3
    assert reported == pytest.approx([mass, mass], rel=1e-9)
    panels = int(design["panels"][0])
    assert len(drawing.entities) == sum(len(b.data) for b in deck.cells) == 4 * panels + 1


def test_a_drawing_in_inches_and_one_of_another_span_are_refused(tmp_path: Path) -> None:
    design = PROBLEM.data().isel(design=[0])
    (path,) = PROBLEM.formats["dxf"].write(design, tmp_path).values()
    with pytest.raises(InputError, match=r"of 30 m under"):
        RoofTruss(RoofSettings(span_m=30.0)).formats["dxf"].read(path)
    path.write_text(path.read_text().replace("$INSUNITS\n 70\n4", "$INSUNITS\n 70\n1"))
    with pytest.raises(InputError, match="millimetres"):
        PROBLEM.formats["dxf"].read(path)


def test_lines_in_another_order_and_turned_are_the_same_drawing(tmp_path: Path) -> None:
    design = PROBLEM.data().isel(design=[7])
    (path,) = PROBLEM.formats["dxf"].write(design, tmp_path).values()
    head, *bars = path.read_text().split("  0\nLINE\n")
    last, end = bars[-1].split("  0\nENDSEC")[0], "  0\nENDSEC\n  0\nEOF\n"
    moved = [last, *bars[:-1]]
    path.write_text(head + "".join("  0\nLINE\n" + b for b in moved) + end)
    back = PROBLEM.formats["dxf"].read(path)
    for v in PROBLEM.variables:
        assert np.array_equal(back[v.name].to_numpy(), design[v.name].to_numpy())


def test_wrong_settings_are_refused() -> None:
    for wrong in ({"snow_n_m": 0.0}, {"imperfection": 1.0}, {"steel_eur_kg": -1.0}, {"known": 5}):
        with pytest.raises(InputError):
            RoofSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_page_on_variants_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[4] / "docs" / "how-to" / "variants.md").read_text()
    (spec,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "roof.toml").write_text(spec)
    (command,) = re.findall(r"^ingenium (search .*)$", page, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command.replace("1000", "400"))
    done = CliRunner().invoke(app, [*words, "--format", "dxf", "--json"])
    assert done.exit_code == 0, done.output
    retained = list((tmp_path / "out" / "roof" / "result" / "designs").glob("*.dxf"))
    assert len(retained) > 5
    assert "for trusses of these sections" in (tmp_path / "out/roof/result/report.html").read_text()


def test_a_kind_is_read_by_its_name() -> None:
    kinds = PROBLEM.data()["kind"][:40]
    _, named = column(kinds, read(kinds))
    assert [KINDS.index(name) for name in named] == kinds.to_numpy().tolist()


@pytest.mark.slow
def test_a_report_of_no_truss_says_so() -> None:
    designs = PROBLEM.data().isel(design=[0])
    measured = {q.name: ("design", [1.0]) for q in PROBLEM.quantities}
    verdicts = xr.Dataset({**measured, "verdict": ("design", [Verdict.REJECTED])})
    first, *_ = PROBLEM.sections(designs, verdicts)
    assert first.text == "No truss satisfies every limit."
