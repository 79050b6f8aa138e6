"""Quotes: flags on parts drawn by hand, costs by hand, and archives that are refused."""

import io
import zipfile

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.core.given import Given
from ingenium.domains.printing.builds.part import angle, turned
from ingenium.domains.printing.quote.costing import BINDER, POWDER, SAND, Costs, blocking, quote
from ingenium.domains.printing.quote.flags import LITTLE, Rules, measured
from ingenium.domains.printing.quote.lot import LotPart, lot_of
from ingenium.domains.printing.quote.planted import FAULTS, planted

RULES = Rules()


def test_an_angle_by_hand() -> None:
    lying = measured(angle(), RULES)
    assert lying.wall_m == pytest.approx(3e-3, rel=1e-3), "its thinner leg"
    assert lying.undercut < LITTLE
    assert lying.overhang == 0.0
    surface = float(angle().area)
    sides = surface - 2 * float(angle().volume) / 5e-3
    assert lying.straight == pytest.approx(sides / surface, rel=1e-6), "all sides are upright"
    hanging = measured(turned(angle(), 90.0, 270.0), RULES)
    assert hanging.overhang > 0.05


def test_planted_faults_are_found() -> None:
    for seed in range(6):
        part = planted(seed)
        assert measured(part.mesh, RULES).flags(RULES) == part.faults, seed
    assert {f for seed in range(6) for f in planted(seed).faults} <= set(FAULTS)


def test_costs_by_hand() -> None:
    part, costs = LotPart("angle", angle(), RULES), Costs()
    single = quote(part, POWDER, 0, 1, costs)
    layers = 5e-3 / 50e-6
    hours = layers * 10.0 / 3600 + part.volume_m3 / 5e-9 / 3600
    assert single.cycle_h == pytest.approx(hours)
    bed = 0.25 * 0.25 * 5e-3 * 0.6 * 7900
    lost = 0.04 * (bed - 7900 * part.volume_m3)
    assert single.powder_kg == pytest.approx(lost)
    price = 60 * hours + 120 + 12 + 60 * (7900 * part.volume_m3 + lost)
    assert single.price == pytest.approx(price)
    many = quote(part, POWDER, 0, 100, costs)
    assert many.powder_kg < 0.05 * single.powder_kg
    assert quote(part, SAND, 0, 1, costs).sand_kg > 0
    assert quote(part, BINDER, 0, 1, costs).binder_kg > 0
    assert blocking(part.standing[0], SAND, costs.sand) >= 1, "no draft"
    assert blocking(part.standing[0], BINDER, costs.binder) == 0


def _given(members: dict[str, bytes]) -> Given:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    data = packed.getvalue()
    return Given({"parts": data}, {"parts": "x"}, {"parts": (".zip", data)})


def test_strange_archives_are_refused() -> None:
    with pytest.raises(InputError, match="1 to 64 parts"):
        lot_of(_given({"readme.txt": b"none"}), RULES)
    with pytest.raises(InputError, match="letters, digits"):
        lot_of(_given({"a b;c.stl": b""}), RULES)
    with pytest.raises(InputError):
        lot_of(_given({"part.stl": b"solid nothing"}), RULES)
    with pytest.raises(InputError):
        lot_of(Given({"parts": b"no zip"}, {}, {"parts": (".zip", b"no zip")}), RULES)


def test_a_thin_wall_is_thin_in_every_direction() -> None:
    part = next(p for p in map(planted, range(20)) if "thin wall" in p.faults)
    own = LotPart("thin", part.mesh, RULES)
    walls = np.array([m.wall_m for m in own.standing])
    assert (walls < RULES.wall_m).all()
