"""Symmetry, charges, potential and pw.x, against independently known numbers."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spglib
import torch

from ingenium.core.errors import InputError
from ingenium.domains.matter import (
    charges,
    espresso,
    grammar,
    phases,
    potential,
    results,
    symmetry,
)
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.espresso import GroundState, NoAnswer
from ingenium.domains.matter.gap import GapEstimate
from ingenium.domains.matter.groups import GROUPS
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.prototypes import BINARIES, PEROVSKITES, Prototype
from ingenium.domains.matter.results import PlaneWaveRun
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.domains.matter.wyckoff import Wyckoff
from ingenium.trust.environments.limits import Limits
from ingenium.trust.environments.programs import Program

CUBE = Wyckoff.of("Pm-3m Cs_a Pb_b I_c")
SOLVED = GroundState(-1.0, 1.4, 0.0, 1.0, "6.7MaX")
TYPES = [*PEROVSKITES.values(), *(p for own in BINARIES.values() for p in own)]


def cube(edge_angstrom: float, text: str = CUBE.text) -> Crystal:
    return Crystal(Wyckoff.of(text), np.full(3, edge_angstrom * 1e-10), np.zeros(0))


@pytest.mark.parametrize("kind", TYPES, ids=lambda p: f"{p.name}: {p.pattern}")
def test_spglib_finds_the_group_that_is_written(kind: Prototype) -> None:
    start = kind.start(A="Cs", B="Pb", X="I")
    rng = np.random.default_rng(0)
    sites = start.sites
    edges = sites.tied(start.edges_m * np.array([1.0, 1.07, 1.13]))
    crystal = Crystal(sites, edges, start.free + 0.01 * rng.normal(size=sites.free))
    found = symmetry.found(crystal.structure(), 1e-3)
    assert found.number == sites.group.number
    assert len(np.unique(found.mapping_to_primitive)) == crystal.atoms, "a primitive cell"
    assert len(sites.conventional(crystal.free)[0]) == crystal.atoms * sites.group.cells


def test_every_group_has_the_operations_of_its_number() -> None:
    for group in GROUPS.values():
        assert spglib.get_spacegroup_type(group.hall).number == group.number


def test_charges_balance_or_are_refused() -> None:
    assert charges.check({"Cs": 1, "Pb": 1, "I": 3}) == (1, 2, -1)
    assert charges.check({"Br": 1, "O": 1, "K": 3}) == (-1, -2, 1)
    assert charges.parts({"Br": 1, "O": 1, "K": 3}) == ({"K": 1, "Br": 1}, {"K": 2, "O": 1})
    with pytest.raises(InputError, match="add up to nothing"):
        charges.check({"Cs": 1, "Ti": 1, "I": 3})
    with pytest.raises(InputError, match="known charges"):
        charges.check({"Xe": 1, "Pb": 1, "I": 3})


def test_a_large_cell_that_lies_lower_lowers_the_hull(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cotunnite has twelve atoms, too many for pw.x; CHGNet's energy difference counts."""
    part = {"Sn": 1, "F": 2}
    every, requested = phases.binaries(tuple(part.items())), phases.deciding(part)
    below = requested[0].energy_ev - every[0].energy_ev
    assert every[0].type == "cotunnite"
    assert below > 0.03
    monkeypatch.setattr(
        results,
        "solve",
        lambda runs, _: [replace(SOLVED, energy_ev=-9.0 * r.crystal.atoms) for r in runs],
    )
    formula, rest = {"Cs": 1, "Sn": 1, "F": 3}, phases.deciding({"Cs": 1, "F": 1})
    assert rest[0].energy_ev == phases.binaries((("Cs", 1), ("F", 1)))[0].energy_ev
    assert phases.computed(formula, 40.0, 1) == pytest.approx(-9.0 - 0.6 * below)


def test_what_falls_apart_into_an_unknown_type_is_not_listed() -> None:
    """GeF4 is none of the types of AF2, whose energy would be another compound's."""
    assert charges.known(("Cs", "Pb", "I"))
    assert charges.known(("Ba", "Ti", "O"))
    assert not charges.known(("Ge", "F", "Cl"))
    assert ("Ge", "F", "Cl") not in charges.triples(("Ge", "F", "Cl"))
    assert not charges.known(("Cs", "U", "I"))
    assert not [c for c in phases.packaged()["compound"] if "4" in str(c)]


def test_shares_of_binaries_hold_all_atoms() -> None:
    (one, first), (two, second) = phases.splits({"Ba": 1, "Ti": 1, "O": 3})
    assert (one, two) == ({"Ba": 1, "O": 1}, {"Ti": 1, "O": 2})
    assert (first, second) == pytest.approx((0.4, 0.6))


def test_no_text_outside_system_group_or_neutrality_can_be_written() -> None:
    listed = grammar.perovskites(("Cs", "Pb", "Br", "I"), ("cubic", "tetragonal"))
    codec = grammar.codec(list(listed), 40, list(listed))
    tree = codec.grammar
    assert isinstance(tree, grammar.TextTree)
    rng = torch.Generator().manual_seed(0)
    for _ in range(50):  # the wildest generator: any token that is permitted
        state, row = tree.start(1), []
        while not row or row[-1] != 2:
            every = torch.arange(codec.symbols)
            may = tree.permits(state.expand(1), torch.zeros_like(every), every, 9)
            token = every[may][torch.randint(int(may.sum()), (1,), generator=rng)]
            row.append(int(token))
            state = tree.follow(state, token)
        assert codec.vocabulary.decode(row) in listed
    back = codec.to_texts(codec.of_texts(list(listed)))
    assert back == list(listed)


def test_slopes_of_the_energy_are_its_differences() -> None:
    start = PEROVSKITES["rhombohedral"].start(A="Cs", B="Ge", X="Br")
    (slopes,) = potential.slopes([start])
    assert slopes is not None
    step = 1e-3
    for k in (0, 2):  # a = b in a hexagonal cell
        ends = []
        for sign in (1, -1):
            edges = start.edges_m.copy()
            edges[k] *= np.exp(sign * step)
            (there,) = potential.slopes([Crystal(start.sites, start.sites.tied(edges), start.free)])
            assert there is not None
            ends.append(there.energy_ev)
        assert slopes.edges[k] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=0.02, abs=0.1)


def test_a_relaxed_cube_is_where_the_energy_is_least() -> None:
    ((found, energy),) = potential.relaxed([cube(6.0)])
    edge = found.edges_m[0] * 1e10
    around = potential.slopes([cube(edge + d) for d in (-0.03, 0.0, 0.03)])
    low = [s.energy_ev / 5 for s in around if s is not None]
    assert low[1] == min(low)
    assert energy == pytest.approx(low[1], abs=2e-4)
    assert edge == pytest.approx(6.40, abs=0.1), "CsPbI3 by PBE"


def test_two_ways_to_one_minimum_give_one_question() -> None:
    ends = [potential.relaxed([cube(x)])[0][0] for x in (6.0, 6.7)]
    assert PlaneWaveRun(ends[0], 40.0).key == PlaneWaveRun(ends[1], 40.0).key


def test_gaps_of_bands() -> None:
    bands = np.array([[0.0, 1.0, 3.0], [0.2, 0.5, 2.0]])
    assert espresso.gap(bands, 4) == pytest.approx(1.0), "indirect, from 1.0 to 2.0"
    assert espresso.gap(bands, 3) == 0.0, "an odd electron is a metal's"
    crossing = np.array([[0.0, 1.0, 3.0], [0.2, 2.5, 2.0]])
    assert espresso.gap(crossing, 4) == 0.0


def test_a_metal_is_none_with_a_gap_because_few_points_were_looked_at() -> None:
    """Bands that cross between points of one mesh are seen by the other mesh."""
    shifted = np.array([[0.0, 1.0, 1.8]])
    corners = np.array([[0.0, 2.0, 2.1]])
    assert espresso.gap(shifted, 4) > 0
    assert espresso.gap(np.concatenate([shifted, corners]), 4) == 0.0


def test_eigenvalues_that_touch_each_other_are_told_apart() -> None:
    row = "  " + "".join(f"{x:9.4f}" for x in (-100.1234, -99.5, -100.25, 3.0))
    text = f"End of self-consistent calculation\n\n  k = 0.0 ( 74 PWs)   bands (ev):\n\n{row}\n\n"
    assert espresso.eigenvalues(text).tolist() == [[-100.1234, -99.5, -100.25, 3.0]]


def test_what_is_asked_of_pw_is_the_cell_and_a_shifted_mesh() -> None:
    assert espresso.mesh(cube(6.4)) == ((4, 4, 4), (1, 1, 1))
    assert espresso.mesh(cube(3.2))[0] == (6, 6, 6)
    layered = BINARIES["1:2"][1].start(A="Pb", X="I")
    assert espresso.mesh(layered)[1] == (0, 0, 1), "hexagonal meshes keep the axis"


def test_results_that_travel_say_who_gave_them() -> None:
    retained = json.loads(Path(results.PACKAGED).read_text())
    assert len(retained) >= 15
    for one in retained:
        assert "reason" in one or one["release"].startswith(espresso.RELEASE)
        assert one["asked"]["cutoff_ry"] >= 40


def test_a_result_is_not_that_of_another_cell_or_cutoff() -> None:
    requested = PlaneWaveRun(cube(6.4), 40.0)
    others = [
        PlaneWaveRun(cube(6.401), 40.0),
        PlaneWaveRun(cube(6.4), 60.0),
        PlaneWaveRun(cube(6.4, "Pm-3m Cs_b Pb_a I_d"), 40.0),
    ]
    assert len({requested.key, *(o.key for o in others)}) == 4


def test_a_run_without_convergence_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(espresso, "absent", lambda: None)
    monkeypatch.setattr(espresso, "solved", lambda *_: NoAnswer("its density did not converge"))
    (found,) = results.solve([PlaneWaveRun(cube(5.0), 40.0)], 1)
    assert found == NoAnswer("its density did not converge")
    monkeypatch.setattr(espresso, "solved", None)
    assert results.solve([PlaneWaveRun(cube(5.0), 40.0)], 1) == [found], "not asked twice"


def test_a_run_that_was_ended_from_outside_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(espresso, "absent", lambda: None)
    requested = PlaneWaveRun(cube(5.0), 40.0)
    for found in (NoAnswer(espresso.UNFINISHED), SOLVED):
        monkeypatch.setattr(espresso, "solved", lambda *_, found=found: found)
        assert results.solve([requested], 1) == [found]
    assert espresso.UNFINISHED not in Path(results.PACKAGED).read_text()


def program(folder: Path, text: str) -> Callable[[], Program]:
    """A program that runs instead of pw.x, with a second of CPU time."""
    path = folder / "pw.x"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return lambda: Program("pw.x", path, Limits(cpu_s=1))


def granted(monkeypatch: pytest.MonkeyPatch, cpu_s: int) -> None:
    """Let a run have so many seconds."""
    monkeypatch.setattr(espresso, "CPU_S", cpu_s)
    monkeypatch.setattr(espresso, "LIMITS", replace(espresso.LIMITS, cpu_s=cpu_s))


def test_a_run_that_came_to_its_limit_is_asked_again_under_a_higher_one_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(espresso, "absent", lambda: None)
    monkeypatch.setattr(espresso, "typed", lambda *_, **__: "")
    monkeypatch.setattr(espresso, "find", program(tmp_path, "while :; do :; done"))
    granted(monkeypatch, 1)
    requested = PlaneWaveRun(cube(5.0), 40.0)
    late = NoAnswer("pw.x did not finish within 1 s of CPU time", 1)
    assert results.solve([requested], 1) == [late] == [results.known(requested)]
    monkeypatch.setattr(espresso, "solved", None)
    assert results.solve([requested], 1) == [late], "not paid twice"
    granted(monkeypatch, 2)
    assert results.known(requested) is None
    monkeypatch.setattr(espresso, "solved", lambda *_: SOLVED)
    assert results.solve([requested], 1) == [SOLVED]
    granted(monkeypatch, 1)
    assert results.known(requested) == SOLVED, "what was found stays found"


@pytest.mark.parametrize("ending", ["kill -KILL $$", "kill -TERM $$", "exit 1"])
def test_a_run_that_somebody_ended_is_not_kept(
    ending: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(espresso, "absent", lambda: None)
    monkeypatch.setattr(espresso, "typed", lambda *_, **__: "")
    monkeypatch.setattr(espresso, "find", program(tmp_path, ending))
    requested = PlaneWaveRun(cube(5.0), 40.0)
    assert results.solve([requested], 1) == [NoAnswer(espresso.UNFINISHED)]
    assert results.known(requested) is None


@pytest.mark.parametrize(
    "forged",
    [
        lambda retained: {**retained, "gap_ev": 1.5},
        lambda retained: {k: v for k, v in retained.items() if k != "seal"},
        lambda retained: {**retained, "energy_ev": float("nan")},
        lambda retained: {"asked": retained["asked"], "foo": 1},
        lambda retained: [retained],
    ],
    ids=["another gap", "no seal", "no number", "no answer", "a list"],
)
def test_what_was_put_into_the_cache_is_not_measured(
    forged: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(espresso, "absent", lambda: None)
    monkeypatch.setattr(espresso, "solved", lambda *_: SOLVED)
    requested = PlaneWaveRun(cube(5.0), 40.0)
    assert results.solve([requested], 1) == [SOLVED] == [results.known(requested)]
    (file,) = (tmp_path / "pw").iterdir()
    file.write_text(json.dumps(forged(json.loads(file.read_text()))))
    assert results.known(requested) is None
    assert results.solve([requested], 1) == [SOLVED], "it is computed again"
    assert results.known(requested) == SOLVED


def test_what_another_release_finds_is_not_mixed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The verifier's version names the release."""
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(espresso, "absent", lambda: None)
    monkeypatch.setattr(espresso, "solved", lambda *_: replace(SOLVED, release="7.2"))
    (found,) = results.solve([PlaneWaveRun(cube(5.0), 40.0)], 1)
    assert isinstance(found, NoAnswer)
    assert "7.2" in found.reason


def test_bad_setups_are_refused() -> None:
    with pytest.raises(InputError, match="learned from"):
        CrystalSettings(elements=("Cs", "Pb", "Np"))
    with pytest.raises(InputError, match="balance"):
        CrystalSettings(elements=("Cs", "Na", "I"))
    with pytest.raises(InputError, match="cutoff"):
        CrystalSettings(cutoff_ry=20.0)
    with pytest.raises(InputError, match="pseudopotential"):
        results.solve([PlaneWaveRun(cube(4.0, "Pm-3m Cs_a U_b O_c"), 40.0)], 1)


def test_an_estimate_passes_near_what_it_knows_and_is_what_was_found() -> None:
    """Two cells of one crystal, which no smooth estimate can follow, both keep their values."""
    known = [cube(6.4), cube(6.0, "Pm-3m Cs_a Pb_b Br_c"), cube(4.0, "Pm-3m Ba_a Ti_b O_c")]
    found = GapEstimate.of(known, [1.4, 1.8, 1.7])
    near = [cube(x.edges_m[0] * 1e10 + 0.01, x.sites.text) for x in known]
    assert found.ev(near) == pytest.approx([1.4, 1.8, 1.7], abs=0.1)
    steep = GapEstimate.of([*known, near[0]], [1.4, 1.8, 1.7, 2.4])
    assert steep.ev([known[0], near[0]]).tolist() == [1.4, 2.4]


def test_no_certified_crystal_that_travels_is_lost_to_a_guess() -> None:
    """The screen of the gap is wider than its limit."""
    problem = CrystalProblem(CrystalSettings())
    screen, requested = (
        next(x for x in problem.limits if x.quantity == name)
        for name in ("gap_estimate", "band_gap")
    )
    retained = [(c, g.gap_ev) for c, g in results.packaged() if c.sites.text in problem.listed]
    fit = [c for c, gap in retained if requested.at_least <= gap <= requested.at_most]
    assert len(fit) >= 10
    guess = problem.gaps.ev(fit)
    assert ((guess >= screen.at_least) & (guess <= screen.at_most)).all()


@pytest.mark.skipif(
    shutil.which("pw.x") is None,
    reason="apt install quantum-espresso quantum-espresso-data-sssp",
)
def test_pw_computes_rock_salt_as_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """NaF by PBE: 6.1 eV of gap at the measured edge of 4.63 angstrom.

    Source: the Materials Project has 6.1 eV for mp-682 (PBE).
    """
    salt = cube(4.63, "Fm-3m Na_a F_b")
    found = espresso.solved(salt, 40.0)
    assert isinstance(found, GroundState)
    assert found.gap_ev == pytest.approx(6.1, abs=0.3)
