"""Shapes of sections: closed forms, the package of the field, files, hard constraints."""

from pathlib import Path

import aerosandbox as asb
import numpy as np
import pytest
import torch

from ingenium.core.designs import to_dataset
from ingenium.core.errors import InputError
from ingenium.core.spec import Fixed
from ingenium.domains.airfoils import known
from ingenium.domains.airfoils.cst import (
    Surfaces,
    arrays_of,
    fitted,
    numbers_of,
    outline,
    straightened,
)
from ingenium.domains.airfoils.files import SeligDat, dat, numbers_in, outline_in
from ingenium.domains.airfoils.hard import shaped
from ingenium.domains.airfoils.naca import naca, naca_2412
from ingenium.domains.airfoils.section import VARIABLES
from ingenium.domains.airfoils.verifier import of_shape

TURN = np.linspace(0, 2 * np.pi, 60)


def some(every: int = 50) -> tuple[tuple[str, ...], torch.Tensor]:
    names, numbers = known.stored()
    return names[::every], numbers[::every]


def test_naca_0012_is_as_thick_and_round_as_its_equation_says() -> None:
    arrays = arrays_of(torch.from_numpy(fitted(naca(0.0, 0.4, 0.12))[None]))
    thickness, place, camber, edge, radius, _ = of_shape(*arrays)[0].tolist()
    assert thickness == pytest.approx(0.12, rel=2e-3)
    assert place == pytest.approx(0.3, abs=0.01)
    assert abs(camber) < 1e-9
    assert edge == pytest.approx(0.00252, rel=0.02)
    # Abbott and von Doenhoff 1959, eq. 6.3: 1.1019 of the thickness squared. Eight weights give
    # the square root at the nose to a twentieth.
    assert radius == pytest.approx(1.1019 * 0.12**2, rel=0.07)


def test_outlines_are_those_of_the_field_s_package() -> None:
    names, numbers = some(200)
    for name, row, points in zip(names, numbers.numpy(), outline(arrays_of(numbers)), strict=True):
        theirs = asb.KulfanAirfoil(
            name,
            upper_weights=row[:8],
            lower_weights=row[8:16],
            leading_edge_weight=row[16],
            TE_thickness=row[17],
        ).to_airfoil(n_coordinates_per_side=101)
        np.testing.assert_allclose(points, theirs.coordinates, atol=1e-12, err_msg=name)


def test_known_sections_are_near_the_files_they_come_from() -> None:
    names, numbers = some(200)
    x = np.linspace(0.02, 0.98, 49)
    for name, points in zip(names, outline(arrays_of(numbers)), strict=True):
        theirs = asb.Airfoil(name).normalize()
        ours = asb.Airfoil("ours", coordinates=points)
        for of in ("local_thickness", "local_camber"):
            gap = getattr(ours, of)(x) - getattr(theirs, of)(x)
            assert np.abs(gap).max() < 0.008, (name, of)


def test_no_family_lies_on_both_sides_of_the_split() -> None:
    names, _ = known.stored()
    held = known.held_out(names)
    out = {known.kin(n) for n, h in zip(names, held, strict=True) if h}
    assert not out & {known.kin(n) for n, h in zip(names, held, strict=True) if not h}
    assert 0.1 < held.mean() < 0.3


def test_fit_of_an_outline_gives_its_numbers_back() -> None:
    _, numbers = some()
    for row, points in zip(numbers.numpy(), outline(arrays_of(numbers)), strict=True):
        found = fitted(straightened(np.round(points, 9)))
        np.testing.assert_allclose(found, row, atol=2e-5)


def test_projection_gives_the_asked_thickness_and_keeps_surfaces_apart() -> None:
    rng = torch.Generator().manual_seed(0)
    numbers = 0.3 * torch.randn(200, 18, generator=rng, dtype=torch.float64)
    thickness = torch.linspace(0.03, 0.35, 200, dtype=torch.float64)
    assert bool(Surfaces.of(arrays_of(numbers)).crossed.any())
    found = shaped(arrays_of(numbers), thickness, {})
    assert not bool(Surfaces.of(found).crossed.any())
    torch.testing.assert_close(of_shape(*found)[:, 0], thickness, rtol=0, atol=1e-12)
    fixed = {"max_thickness": Fixed(0.1), "edge_thickness": Fixed(0.004)}
    held = of_shape(*shaped(arrays_of(numbers), thickness, fixed))
    assert float((held[:, 0] - 0.1).abs().max()) < 1e-12
    assert bool((held[:, 3] == 0.004).all())


def test_a_crossed_section_has_no_measurements() -> None:
    upper, lower, front, edge = naca_2412()
    assert bool(of_shape(lower, upper, front, edge).isnan().all())


def test_files_of_other_makers(tmp_path: Path) -> None:
    points = naca(0.02, 0.4, 0.12)
    reader = SeligDat(VARIABLES)
    turned = points @ np.array([[0.9, 0.1], [-0.1, 0.9]]) + 3
    above, below = points[200::-1], points[200:]
    for name, text in {
        "as it is": dat("a", points),
        "the other way round": dat("b", points[::-1]),
        "turned and larger": dat("c", turned),
        "Lednicer": dat("d", np.concatenate([[[201.0, 201.0]], above, below])),
    }.items():
        path = tmp_path / "section.dat"
        path.write_text(text)
        back = numbers_of(
            tuple(torch.from_numpy(reader.read(path)[v.name].to_numpy()) for v in VARIABLES)
        )
        shape = of_shape(*arrays_of(back))[0]
        assert float(shape[0]) == pytest.approx(0.12, rel=0.01), name
        assert float(shape[2]) == pytest.approx(0.02, rel=0.05), name


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (naca(0.0, 0.4, 0.12) * [1, np.nan], "an outline of at least 10 points"),
        (naca(0.0, 0.4, 0.12)[:4], "an outline of at least 10 points"),
        (np.concatenate([[[80.0, 90.0]], naca(0.0, 0.4, 0.12)]), "80 \\+ 90 points"),
        (
            naca(0.08, 0.4, 0.05) * [1, 1]
            + np.where(np.arange(401) > 300, 0.12, 0)[:, None] * [0, 1],
            "crosses itself",
        ),
        (np.ones((30, 2)), "an outline with a chord"),
        (0.5 * np.stack([np.cos(TURN), np.sin(TURN)], 1), "chords off"),
        (np.random.default_rng(0).random((50, 2)), "chords off"),
    ],
)
def test_what_is_no_section_is_refused(points: np.ndarray, said: str, tmp_path: Path) -> None:
    path = tmp_path / "section.dat"
    path.write_text(dat("no section", points))
    with pytest.raises(InputError, match=said):
        SeligDat(VARIABLES).read(path)


def test_written_points_are_read_as_they_are(tmp_path: Path) -> None:
    section = to_dataset(naca_2412(), VARIABLES, {}, index=np.array([7]))
    paths = SeligDat(VARIABLES).write(section, tmp_path)
    assert paths[7].read_text().splitlines()[0] == "ingenium section_000007"
    np.testing.assert_allclose(outline_in(paths[7]), outline(naca_2412())[0], atol=1e-9)


def forged(kind: str) -> np.ndarray:
    """A section with an intact smooth curve and invalid points."""
    points = naca(0.02, 0.4, 0.12).copy()
    if kind == "crossing":
        points[[40, 60]] = points[[60, 40]]
    elif kind == "reversed":
        points[20:80] = points[20:80][::-1]
    elif kind == "spiked":
        points[60, 1] += 0.008
    else:
        points[60:62] = points[[61, 60]] + [[0.0, 0.0005], [0.0, -0.0005]]
    return points


@pytest.mark.parametrize("kind", ["crossing", "reversed", "spiked", "looped"])
def test_points_that_no_section_has_are_refused(kind: str, tmp_path: Path) -> None:
    """Each invalid point is so near to the judged curve that the curve would hide it."""
    path = tmp_path / "section.dat"
    path.write_text(dat("forged", naca(0.02, 0.4, 0.12)))
    assert np.isfinite(numbers_in(path)).all()
    path.write_text(dat("forged", forged(kind)))
    with pytest.raises(InputError, match=r"turns back or crosses|deviates|chords off"):
        numbers_in(path)
