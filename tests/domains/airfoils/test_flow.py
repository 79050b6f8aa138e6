"""Both engines: against the package, against each other, and their refusals."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import neuralfoil
import numpy as np
import pytest
import torch

from ingenium.core.errors import EngineError, InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.airfoils import known, xfoil
from ingenium.domains.airfoils.cst import arrays_of
from ingenium.domains.airfoils.judge import XfoilVerifier, at_lift, second
from ingenium.domains.airfoils.naca import naca, naca_2412
from ingenium.domains.airfoils.network import network
from ingenium.domains.airfoils.settings import Point, SectionSettings
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier

needs_xfoil = pytest.mark.skipif(xfoil.absent() is not None, reason="XFOIL cannot be used here")
ONE = SectionSettings(points=(Point("one", 0.7146, 1e6),), processes=1)


def test_network_is_the_package_s() -> None:
    numbers = known.stored()[1][::100]
    rng = np.random.default_rng(0)
    angle, reynolds = rng.uniform(-5, 12, len(numbers)), 10 ** rng.uniform(4, 8, len(numbers))
    ours = network("large", 11.0)(numbers, torch.tensor(angle), torch.tensor(reynolds))
    theirs = neuralfoil.get_aero_from_kulfan_parameters(
        {
            "upper_weights": numbers[:, :8].numpy().T,
            "lower_weights": numbers[:, 8:16].numpy().T,
            "leading_edge_weight": numbers[:, 16].numpy(),
            "TE_thickness": numbers[:, 17].numpy(),
        },
        angle,
        reynolds,
        n_crit=11.0,
        model_size="large",
    )
    named = {
        "CL": ours.lift,
        "CD": ours.drag,
        "CM": ours.moment,
        "analysis_confidence": ours.confidence,
        "Top_Xtr": ours.upper_transition,
        "Bot_Xtr": ours.lower_transition,
        "upper_bl_ue/vinf_5": ours.upper_speed[:, 5],
        "lower_bl_ue/vinf_30": ours.lower_speed[:, 30],
    }
    for name, value in named.items():
        np.testing.assert_allclose(value, theirs[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_lift_is_met_or_said_to_be_missing() -> None:
    points = (Point("low", 0.3, 1e6), Point("high", 2.4, 1e6))
    verifier = NeuralFoilVerifier(SectionSettings(points=points, least_confidence=0.0))
    found = verifier.measure(*naca_2412())[0]
    values = dict(zip((q.name for q in verifier.quantities), found.tolist(), strict=True))
    at = verifier.at_points(*naca_2412())
    assert float(at.lift[0, 0]) == pytest.approx(0.3, abs=1e-9)
    assert values["lift_missing"] == pytest.approx(2.4 - values["max_lift"], abs=0.01)
    assert 1.4 < values["max_lift"] < 1.7


def test_gradient_at_a_lift_is_that_of_differences() -> None:
    verifier = NeuralFoilVerifier(ONE)
    upper, lower, front, edge = naca_2412()
    way = torch.zeros_like(upper)
    way[0, 3] = 1.0

    def drag(step: float | torch.Tensor) -> torch.Tensor:
        return verifier.at_points(upper + step * way, lower, front, edge).drag[0, 0]

    at = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(drag(at), at)
    difference = (drag(1e-5) - drag(-1e-5)) / 2e-5
    assert float(slope) == pytest.approx(float(difference), rel=1e-4)


@needs_xfoil
def test_xfoil_gives_its_known_answer_for_naca_2412() -> None:
    """Lift 0.7146 and drag 0.00693 at 4 degrees and a Reynolds number of a million."""
    case = xfoil.LiftCase(naca(0.02, 0.4, 0.12), 1e6, 9.0, 4.0, None, (4.0,))
    angle, lift, drag, moment = xfoil.solved(case, xfoil.find())[0]
    assert angle == 4.0
    assert lift == pytest.approx(0.7146, rel=2e-3)
    assert drag == pytest.approx(0.00693, rel=6e-3)
    assert moment == pytest.approx(-0.0573, rel=0.02)


@needs_xfoil
def test_both_engines_agree_at_a_lift() -> None:
    names, numbers = known.stored()
    wanted = ("s1223", "clarky", "n0012", "fx63137")
    rows = torch.stack([numbers[names.index(n)] for n in wanted])
    arrays = arrays_of(rows)
    exact = XfoilVerifier(ONE).measure(*arrays)
    cheap = NeuralFoilVerifier(ONE).measure(*arrays)
    ratio = [q.name for q in NeuralFoilVerifier(ONE).quantities].index("lift_to_drag")
    gap = (exact[:, ratio] / cheap[:, ratio] - 1).abs()
    assert bool(exact.isfinite().all())
    assert float(gap.median()) < 0.03
    assert float(gap.max()) < 0.12
    other, again = second(NeuralFoilVerifier(ONE)), second(XfoilVerifier(ONE))
    assert other is not None
    assert again is not None
    assert (other.verifier.name, other.share) == ("xfoil", 0.1)
    assert (again.verifier.name, again.share) == ("neuralfoil", 1.0)


def test_lift_between_two_answers_and_beyond_all() -> None:
    polar = np.array([[1.0, 0.2, 0.006, -0.05], [2.0, 0.4, 0.008, -0.05], [9.0, 1.2, 0.02, 0.0]])
    assert at_lift(polar, 0.3) == pytest.approx((1.5, 0.3, 0.007, -0.05, 1.2))
    assert at_lift(polar, 0.4) == pytest.approx((2.0, 0.4, 0.008, -0.05, 1.2))
    stalled = np.vstack([polar, [[11.0, 1.1, 0.05, 0.0]]])
    assert at_lift(stalled, 1.5) == pytest.approx((9.0, 1.2, 0.02, 0.0, 1.2))
    assert np.isnan(at_lift(polar, 1.5)).all()  # it stopped before the lift fell
    assert np.isnan(at_lift(polar, 0.8)).all()  # too far from both answers
    assert np.isnan(at_lift(polar[:0], 0.3)).all()


def test_without_xfoil_verdicts_are_neuralfoil_s_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xfoil, "find", xfoil.find.__wrapped__)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    problem = open_problem(Spec("airfoils.section", setup={"network": "medium"}))
    assert problem.verifier.name == "neuralfoil"
    assert problem.verifier.tier == "cheap"
    assert "XFOIL has judged none of them" in problem.notes[0]
    assert "apt install xfoil" in problem.notes[0]
    with pytest.raises(EngineError, match="not on the path"):
        open_problem(Spec("airfoils.section", setup={"judge": "xfoil"}))


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"points": [{"name": "a", "lift": 0.5, "reynolds": 100.0}]}, "between 10000 and 1e"),
        ({"points": [{"name": "a", "lift": 9.0, "reynolds": 1e6}]}, "lift of the point a between"),
        ({"points": [{"name": "a", "lift": 2.9, "reynolds": 2e4}]}, "that of any known section"),
        ({"points": [{"name": "a b", "lift": 0.5, "reynolds": 1e6}]}, "names of points"),
        ({"points": [{"name": "a", "lift": 0.5, "reynolds": 1e6}] * 2}, "name of its own"),
        ({"points": []}, "at least one point"),
        ({"judge": "tunnel"}, "judge"),
        ({"amplification": 40.0}, "amplification between"),
    ],
)
def test_bad_setups_are_refused(setup: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_problem(Spec("airfoils.section", setup=setup))


@needs_xfoil
def test_a_library_that_lies_in_the_cache_is_never_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = tmp_path / "planted was loaded"
    source = f"""#include <stdio.h>
    __attribute__((constructor)) void x(void) {{ fclose(fopen("{marked}", "w")); }}"""
    planted = tmp_path / "xfoil" / "no_trap.so"
    planted.parent.mkdir()
    command = ["cc", "-shared", "-fPIC", "-o", str(planted), "-x", "c", "-"]
    subprocess.run(command, input=source, text=True, check=True)
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setenv("LD_PRELOAD", str(planted))
    assert xfoil.find.__wrapped__().release == xfoil.find().release
    assert not marked.exists()


@needs_xfoil
def test_the_evidence_names_the_file_that_ran() -> None:
    digest = hashlib.sha256(Path(str(shutil.which("xfoil"))).read_bytes()).hexdigest()
    version = XfoilVerifier(ONE).version
    assert version.split()[1] == f"sha256:{digest[:16]}"
    assert version.startswith("6.9")


def test_a_compiler_that_fails_is_said_to_have_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    with pytest.raises(EngineError, match="could not compile"):
        xfoil._library()
