"""A given formula or powder pattern: the texts that it allows, and the best fit."""

import numpy as np
import pandas as pd
import pytest
import torch

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.given import Given
from ingenium.core.text import codes
from ingenium.domains.matter import powder
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.grammar import TextTree
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.domains.matter.wyckoff import Wyckoff

FEW = CrystalSettings(elements=("Cs", "Pb", "Br", "I"), judge="chgnet")
CUBIC = "Pm-3m Cs_a Pb_b Br_c"


def cube(edge: float, text: str = CUBIC) -> Crystal:
    return Crystal(Wyckoff.of(text), np.full(3, edge * 1e-10), np.zeros(0))


def scan(edge: float) -> pd.DataFrame:
    """Powder lines of the crystal on a sloping background, 0.02 degrees a step, with noise."""
    lines = powder.diffraction.peaks(cube(edge))
    angle = np.arange(8.0, 65.0, 0.02)
    off = (angle[:, None] - lines.two_theta_deg - 0.03) / 0.06
    counts = 20 * (lines.intensity / (1 + off**2)).sum(1) + 300 * np.exp(-angle / 25)
    noisy = np.random.default_rng(0).poisson(counts)
    return pd.DataFrame({"two_theta": angle, "intensity": noisy.astype(np.float64)})


def test_a_formula_leaves_no_other_to_write() -> None:
    problem = CrystalProblem(FEW, Given({"formula": "PbCsBr3"}))
    assert {tuple(sorted(Wyckoff.of(t).reduced)) for t in problem.requested} == {("Br", "Cs", "Pb")}
    assert len(problem.data()[DESIGN]) == len(CrystalProblem(FEW).data()[DESIGN]), "one model"
    grammar = problem.codec.words.grammar
    assert grammar is not None
    state, rng, tokens = grammar.start(1), torch.Generator().manual_seed(0), list[int]()
    while not tokens or tokens[-1] != 2:
        every = torch.arange(problem.codec.words.symbols)
        may = grammar.permits(state.expand(1), torch.zeros_like(every), every, 9)
        tokens.append(int(every[may][torch.randint(int(may.sum()), (1,), generator=rng)]))
        state = grammar.follow(state, torch.tensor([tokens[-1]]))
    assert problem.codec.words.vocabulary.decode(tokens) in problem.requested


def test_what_relaxes_into_a_higher_group_is_written_only_where_nothing_else_is_asked() -> None:
    """The polar cell of CsCdCl3 has all its atoms at their cubic places."""
    polar, cubic = "P4mm Cs_a Cd_b Cl_b Cl_c", "Pm-3m Cs_a Cd_b Cl_c"
    elements = ("Cs", "Cd", "Cl")
    both = CrystalProblem(CrystalSettings(elements, ("cubic", "tetragonal"), "chgnet"))
    assert polar in both.collapsed
    vocabulary, tree = both.codec.words.vocabulary, both.codec.words.grammar
    assert isinstance(tree, TextTree)
    texts = [vocabulary.encode([t])[0].tolist() for t in (polar, cubic)]
    assert [_holds(tree, row) for row in texts] == [False, True]
    alone = CrystalProblem(CrystalSettings(elements, ("tetragonal",), "chgnet"))
    assert isinstance(alone.codec.words.grammar, TextTree)
    assert _holds(alone.codec.words.grammar, texts[0])


def _holds(tree: TextTree, row: list[int]) -> bool:
    """True if a text is allowed."""
    at: int | None = 0
    for token in row:
        at = tree.nodes[at].get(token) if at is not None else None
    return at is not None


@pytest.mark.parametrize(
    ("formula", "reported"),
    [
        ("CsPbI", "a formula ABX3"),
        ("cspbi3", "a formula ABX3"),
        ("CsCsI3", "a formula ABX3"),
        ("CsTiI3", "add up to nothing"),
        ("CsPbXe3", "known charges"),
        ("SrTiO3", "of the setup's elements"),
    ],
)
def test_other_formulas_are_refused(formula: str, reported: str) -> None:
    with pytest.raises(InputError, match=reported):
        CrystalProblem(FEW, Given({"formula": formula}))


def test_a_crystal_is_stretched_to_a_scan_and_another_one_fits_worse() -> None:
    wanted = powder.given(scan(5.87))
    own = powder.fitted(cube(5.99), wanted)
    assert own.edges_m[0] * 1e10 == pytest.approx(5.87, abs=0.02)
    good = powder.misfit(powder.profile(own), wanted)
    other = powder.fitted(cube(6.2, "Pm-3m Cs_a Pb_b I_c"), wanted)
    assert good < 0.15 < powder.misfit(powder.profile(other), wanted)
    assert powder.misfit(wanted, wanted) == pytest.approx(0.0, abs=1e-12)


def test_lines_and_a_scan_are_one_profile() -> None:
    lines = powder.diffraction.peaks(cube(5.87))
    table = pd.DataFrame({"two_theta": lines.two_theta_deg, "intensity": lines.intensity})
    exact = powder.given(table)
    np.testing.assert_allclose(exact, powder.profile(cube(5.87)), atol=1e-6)
    assert powder.misfit(exact, powder.given(scan(5.87))) < 0.15
    twice = pd.concat([table, table])  # each angle twice, in no order
    np.testing.assert_allclose(powder.given(twice), exact)


def test_what_is_no_pattern_is_refused() -> None:
    beyond = pd.DataFrame({"two_theta": [70.0, 80.0], "intensity": [1.0, 2.0]})
    flat = pd.DataFrame({"two_theta": [20.0, 30.0], "intensity": [0.0, 0.0]})
    for table in (beyond, flat):
        with pytest.raises(InputError, match="intensities above 0"):
            powder.given(table)


def test_a_proposal_under_a_pattern_is_measured_against_it() -> None:
    problem = CrystalProblem(FEW, Given({"pattern": scan(5.87)}))
    assert problem.limits[-1].quantity == "pattern_misfit"
    found = codes([CUBIC, "Pm-3m Cs_a Pb_b I_c"], 40), torch.full((2, 3), 4e-10)
    arrays = (*found, torch.zeros(2, problem.wide))
    repaired = problem.repair(
        tuple(x.to(torch.float64) for x in arrays), problem.data().isel({DESIGN: slice(0, 2)})
    )
    assert repaired[1][0, 0].item() * 1e10 == pytest.approx(5.87, abs=0.02)
    misfit = problem.verifier.only(("pattern_misfit",)).measure(*repaired)
    assert misfit[0, 0] < 0.15 < misfit[1, 0]
    reported = problem.features(problem.data().isel({DESIGN: slice(0, 2)}).drop_vars("pattern"))
    assert torch.equal(reported[0, -len(powder.GRID) :], reported[1, -len(powder.GRID) :])
