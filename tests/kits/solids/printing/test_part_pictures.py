"""Pictures show the part's outline to scale, its nearest faces, its light and its shadow."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.pictures import gallery, sections, shaded
from ingenium.kits.solids.printing.rendering import Look, pixels_per_m, render

LOOK = Look(width_px=160, height_px=120, ground=False)


@pytest.fixture(scope="module")
def ball():
    return trimesh.creation.icosphere(3, radius=0.01)


def test_the_outline_of_a_ball_is_a_disc_to_scale(ball):
    picture = render(ball, LOOK)
    assert picture.shape == (120, 160, 4)
    radius_px = 0.01 * pixels_per_m(ball, LOOK)
    assert radius_px == pytest.approx(60 * (1 - 2 * LOOK.margin), rel=0.01)
    assert picture[..., 3].sum() == pytest.approx(np.pi * radius_px**2, rel=0.01)
    shown = np.argwhere(picture[..., 3] > 0.5)
    assert shown.mean(0) == pytest.approx([59.5, 79.5], abs=0.3)


def test_light_comes_from_above_on_the_left(ball):
    grey = render(ball, LOOK)[..., :3].mean(-1)
    assert grey[35, 55] > 1.3 * grey[90, 100]


def test_the_nearest_face_is_seen_and_colours_are_kept():
    near = trimesh.creation.box(bounds=((0, -0.02, 0), (0.01, -0.015, 0.01)))
    far = trimesh.creation.box(bounds=((0, 0.0, 0), (0.01, 0.005, 0.01)))
    both = trimesh.util.concatenate([far, near])
    colours = np.repeat([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]], 8, axis=0)
    front = render(both, replace(LOOK, azimuth_deg=-90.0, elevation_deg=0.0), colours=colours)
    seen = front[front[..., 3] > 0.99]
    assert (seen[:, 0] > seen[:, 1]).all()  # only the red box
    back = render(both, replace(LOOK, azimuth_deg=90.0, elevation_deg=0.0), colours=colours)
    seen = back[back[..., 3] > 0.99]
    assert (seen[:, 0] < seen[:, 1]).all()


def test_a_roof_throws_its_shadow_and_the_plate_shows_it(ball):
    base = trimesh.creation.box(bounds=((0, 0, 0), (0.04, 0.04, 0.002)))
    roof = trimesh.creation.box(bounds=((0.0, 0.0, 0.02), (0.04, 0.04, 0.022)))
    look = Look(width_px=200, height_px=150, ground=False)
    both = trimesh.util.concatenate([base, roof])
    assert (
        render(both, look)[120:140, 90:110, :3].mean()
        < 0.8 * render(base, look)[70:80, 90:110, :3].mean()
    )
    on_plate = render(ball, Look(width_px=160, height_px=120))
    veil = (on_plate[..., 3] > 0.02) & (on_plate[..., :3].max(-1) < 0.01)
    assert 100 < veil.sum() < 0.6 * veil.size


def test_figures_have_axes_in_millimetres_and_a_scale(ball):
    figure = shaded(ball, title="A ball", look=LOOK)
    assert figure.axes[0].get_xlabel().startswith("20 x 20 x 20 mm, 4.1")
    assert [t.get_text() for t in figure.axes[0].texts] == ["5 mm"]
    density = np.zeros((12, 8, 6))
    density[:, :4] = 1.0
    cuts = sections(density, 2e-3, at_m=(0.012, 0.003, 0.006))
    assert [a.get_title() for a in cuts.axes] == ["z = 7 mm", "y = 3 mm", "x = 13 mm"]
    assert cuts.axes[0].get_xlim() == (0, 24)
    assert cuts.axes[2].get_xlabel() == "y (mm)"
    image = np.asarray(cuts.axes[2].images[0].get_array())
    assert image.shape == (6, 8)
    assert (image[:, :4] == 1).all()
    small = gallery([ball] * 3, ["a", "b", "c"], columns=2, look=LOOK)
    assert [a.get_title() for a in small.axes] == ["a", "b", "c", ""]


def test_wrong_pictures_are_refused(ball):
    with pytest.raises(InputError, match="picture between"):
        Look(width_px=100_000)
    with pytest.raises(InputError, match="a title for each"):
        gallery([ball], [])
    with pytest.raises(InputError, match="inside the field"):
        sections(np.ones((4, 4, 4)), 1e-3, at_m=(1.0, 0.0, 0.0))
