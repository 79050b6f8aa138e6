"""Settings of printers: criteria by hand, the window under disturbances, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given
from ingenium.core.spec import Limit, Spec
from ingenium.domains import open_problem
from ingenium.domains.printing import calibration, measured
from ingenium.domains.printing.alloys import ALLOYS
from ingenium.domains.printing.criteria import (
    best_threshold,
    normalised_enthalpy,
    overlap,
    slenderness,
    widest_hatch,
)
from ingenium.domains.printing.disturbed import survived
from ingenium.domains.printing.settings import PrintingSettings, PrintSettings
from ingenium.domains.printing.window import Disturbances, PrinterRanges, Process


@pytest.fixture(scope="module")
def problem() -> PrintSettings:
    return PrintSettings(PrintingSettings(known=20), NOTHING)


def test_criteria_by_hand() -> None:
    assert float(overlap(60e-6, 40e-6, 100e-6, 50e-6)) == pytest.approx(0.36 + 0.64)
    assert float(widest_hatch(40e-6, 100e-6, 50e-6)) == pytest.approx(60e-6)
    assert float(widest_hatch(60e-6, 100e-6, 50e-6)) == 0.0
    assert float(overlap(60e-6, 40e-6, 0.0, 0.0)) == 1e3, "what melts nothing does not fuse"
    assert float(slenderness(300e-6, 100e-6)) == pytest.approx(3.0)
    power, speed = np.array([50.0, 100.0, 50.0, 50.0]), np.array([1.0, 1.0, 4.0, 1.0])
    beam = np.array([8e-5, 8e-5, 8e-5, 32e-5])
    four = normalised_enthalpy(ALLOYS["316L"], 353.0, power, speed, beam)
    assert four / four[0] == pytest.approx([1.0, 2.0, 0.5, 0.125])
    values = np.array([0.1, 0.2, 0.9, 1.1])
    assert 0.2 <= best_threshold(values, np.array([False, False, True, True])) < 0.9


def test_settings_of_the_window_survive_a_thousand_disturbed_runs(problem: PrintSettings) -> None:
    """Corners are where criteria are worst: no run inside the box is worse than they are."""
    few = problem.window[:1]
    assert survived(problem.process, problem.thresholds, few, runs=1000).all()
    wild = Process(
        **{**vars(problem.process), "disturbed": Disturbances(0.3, 0.3, 0.3, 0.3, 0.3, 0.3)}
    )
    assert not survived(wild, problem.thresholds, few, runs=200).all(), "it can fail"


def test_projection_is_settable_and_idempotent(problem: PrintSettings) -> None:
    rng = np.random.default_rng(1)
    low, high = problem.settings.machine.bounds.T
    wild = low + (high - low) * rng.uniform(-0.2, 1.2, (12, 5))
    once = problem.process.settle(wild, problem.thresholds)
    assert (once >= low).all()
    assert (once <= high).all()
    np.testing.assert_array_equal(problem.process.settle(once, problem.thresholds), once)
    whole = once * [1, 1e3, 1e6, 1e6, 1e6]
    np.testing.assert_allclose(whole, np.rint(whole), atol=1e-6)


def test_thin_shifted_and_tiny_settings_are_rejected(problem: PrintSettings) -> None:
    """A hatch as wide as two pools, a beam out of focus, a laser that melts nothing."""
    good = problem.window[0]
    wide, blurred, faint = good.copy(), good.copy(), good.copy()
    wide[4] *= 3
    blurred[2] *= 4
    faint[0] = 1.0
    rows = torch.from_numpy(np.stack([good, wide, blurred, faint]))
    found = problem.exact.measure(*rows.T)
    names = [q.name for q in problem.quantities]
    tang = found[:, names.index("overlap")]
    assert float(tang[0]) <= 1
    assert (tang[1:] > 1).all()
    assert float(found[3, names.index("width")]) == 0.0
    assert float(found[3, names.index("fused_share")]) == 0.0
    assert bool(found.isfinite().all())


def test_quadpack_finds_the_same_widths(problem: PrintSettings) -> None:
    assert problem.second is not None
    rows = torch.from_numpy(problem.window[:2])
    own = problem.exact.measure(*rows.T)[:, -1]
    other = problem.second.verifier.measure(*rows.T)[:, 0]
    np.testing.assert_allclose(own, other, rtol=1e-4)


def test_tracks_of_the_user_give_absorptivity_and_narrower_errors(problem: PrintSettings) -> None:
    """A machine of absorptivity 0.3 whose pools the cheap tier predicts well."""
    power, speed = (
        np.array([120.0, 160.0, 200.0, 160.0, 120.0]),
        np.array([0.6, 0.8, 1.0, 1.2, 0.8]),
    )
    beam = np.full(5, 80e-6)
    true = Process(**{**vars(problem.process), "plate_k": measured.PLATE_K})
    pool = true.pool(0.3 * power, speed, beam)
    table = pd.DataFrame({"power_w": power, "speed_m_s": speed, "beam_m": beam,
                          "width_m": pool.width_m, "depth_m": pool.depth_m})  # fmt: skip
    own = PrintSettings(PrintingSettings(known=20), Given({"tracks": table}))
    assert own.process.absorptivity == pytest.approx(0.3, rel=0.06)
    assert np.abs(own.exact.errors).max() < 0.1
    assert np.abs(problem.exact.errors).max() > 0.5
    with pytest.raises(InputError, match="at least 4 measured tracks"):
        PrintSettings(PrintingSettings(), Given({"tracks": table[:2]}))
    with pytest.raises(InputError, match="tracks or an absorptivity"):
        PrintSettings(PrintingSettings(absorptivity=0.4), Given({"tracks": table}))


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ({"alloy": "316"}, "316L"),
        ({"machine": {"power_w": [0.06, 0.4]}}, "Did you mean 60 W"),
        ({"machine": {"speed_m_s": [200.0, 2500.0]}}, "Did you mean 0.2 m/s"),
        ({"machine": {"beam_m": [0.06, 0.12]}}, "Did you mean 6e-05 m"),
        ({"machine": {"power_w": [400.0, 60.0]}}, "a range of power_w from low to high"),
        ({"disturbances": {"power": 3.0}}, "power from 0 to 0.5"),
        ({"plate_k": 80.0}, "from 200 to 1800 K"),
        ({"absorptivity": 40.0}, "an absorptivity from 0.02 to 1"),
        ({"known": 2}, "known settings"),
    ],
)
def test_bad_setups_are_refused_with_what_to_write(setup: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_problem(Spec(problem="printing.settings", setup=setup))


def test_a_contradictory_window_names_the_nearest_setting() -> None:
    """Thick layers under a weak laser: nothing fuses."""
    machine = PrinterRanges(power_w=(20.0, 40.0), layer_m=(80e-6, 100e-6), speed_m_s=(1.0, 2.0))
    closed = PrintSettings(PrintingSettings(machine=machine, known=20), NOTHING)
    with pytest.raises(InputError, match=r"the nearest is \d+ W, \d+ mm/s"):
        closed.data()


def test_a_build_rate_beyond_the_machine_is_refused(problem: PrintSettings) -> None:
    problem.allow([Limit("build_rate", at_least=1.0)])
    with pytest.raises(InputError, match="the machine's fastest"):
        problem.allow([Limit("build_rate", at_least=1e3)])


def test_the_table_of_errors_is_whole() -> None:
    found = json.loads(calibration.FILE.read_text())
    assert set(found["absorptivity"]) == set(ALLOYS)
    assert all(0.05 < a < 1 for a in found["absorptivity"].values())
    for kind in (True, False):
        assert calibration.pairs(kind).shape[0] >= 40
        assert np.isfinite(calibration.pairs(kind)).all()
    assert 5 < calibration.threshold("keyhole") < 60
    assert 2 < calibration.threshold("balling") < 12


def _tables(folder: Path, beam: float = 80.0) -> None:
    """Two papers of tracks in the layout of MeltpoolNet, with traps in it."""
    head = (
        "Material,Process,Sub-process,Power,Velocity,layer thickness,beam D,Hatch spacing,"
        "depth of meltpool,width of melt pool,length of melt pool,meltpool shape,paper ID"
    )
    rows = [
        f"SS316L,PBF,SLM,150,800,30,{beam},80,60,120,,desirable,1",
        "SS316L ,PBF,SLM,200,800,30,80,80,?,150,,LOF, 1",
        "SS316L,PBF,SLM,150,800,30,0.08,80,60,120,,keyhole,2",
        "Unobtainium,PBF,SLM,150,800,30,80,80,60,120,,keyhole,2",
        "SS316L,PBF,EBM,150,800,30,80,80,60,120,,keyhole,2",
    ]
    (folder / measured.POOLS).write_text("\n".join([head, *rows]))


def test_traps_of_the_measured_table(tmp_path: Path) -> None:
    _tables(tmp_path)
    table = measured.tracks(tmp_path)
    assert table["paper"].tolist() == ["1", "1", "2", "2", "2"]
    assert np.isnan(table["depth_m"][1])
    assert np.isnan(table["beam_m"][2]), "0.08 is thought to be in mm"
    assert table["mode"].tolist()[1] == "lack of fusion"
    own = measured.of_lasers(table)
    assert len(own) == 2
    assert own["speed_m_s"].tolist() == [0.8, 0.8]
    assert own["width_m"].tolist() == pytest.approx([120e-6, 150e-6])
    with pytest.raises(InputError, match="no such file"):
        measured.tracks(tmp_path, measured.MODES)


def test_one_absorptivity_is_fitted_to_a_paper(tmp_path: Path) -> None:
    _tables(tmp_path)
    table = measured.of_lasers(measured.tracks(tmp_path))
    own = measured.PoolComparison.of(table)
    best = own.best(np.arange(len(table)))
    assert abs(own.width[:, best]).max() < abs(own.width[:, 0]).max()
    assert (np.diff(own.width, axis=1) >= -1e-9).all(), "more absorbed, wider"


def test_papers_of_a_shifted_table_of_modes(tmp_path: Path) -> None:
    """Where "paper ID" holds a share of molybdenum, all rows of the alloy are one paper."""
    _tables(tmp_path)
    text = (tmp_path / measured.POOLS).read_text().replace("keyhole,2", "keyhole,2.5")
    (tmp_path / measured.MODES).write_text(text.replace("desirable,1", "desirable,49"))
    papers = measured.tracks(tmp_path, measured.MODES)["paper"].tolist()
    assert papers == [
        "49",
        "unknown, 316L",
        "unknown, 316L",
        "unknown, Unobtainium",
        "unknown, 316L",
    ]
