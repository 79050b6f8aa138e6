"""Consumption and waste of a route, against published numbers and closed forms."""

import pytest

from ingenium.core.text import codes
from ingenium.domains.molecules.route import green
from ingenium.domains.molecules.route.chemistry import Step
from ingenium.domains.molecules.route.hazards import hazards, points
from ingenium.domains.molecules.route.route import Route
from ingenium.domains.molecules.route.stock import BlockStock
from ingenium.domains.molecules.route.verifier import QUANTITIES, RouteVerifier
from ingenium.kits.chemistry.safety import DualUseScreen

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
ACETYLATION = Step("acetylation of a hydroxyl", ("CC(=O)OC(C)=O", "O=C(O)c1ccccc1O"), ASPIRIN)
BENZOCAINE = "CCOC(=O)c1ccc(N)cc1"
ESTER = Step(
    "esterification over acid",
    ("O=C(O)c1ccc([N+](=O)[O-])cc1", "CCO"),
    "CCOC(=O)c1ccc([N+](=O)[O-])cc1",
)
REDUCTION = Step("reduction of a nitro group", (ESTER.product,), BENZOCAINE)


def test_atom_economy_of_aspirin() -> None:
    """Salicylic acid and acetic anhydride: 180.16 of 240.21 g, 75.0 %.

    Source: any textbook of green chemistry, such as Lancaster, 3rd ed., 2016, chapter 1.
    """
    route = Route(ASPIRIN, (ACETYLATION,))
    assert green.atom_economy(route) == pytest.approx(0.750, abs=5e-4)


def test_e_factor_and_intensity_of_one_step_in_closed_form() -> None:
    route = Route(ASPIRIN, (ACETYLATION,))
    y, into = green.YIELDS["acylation"], 138.122 + 102.089
    assert green.e_factor(route) == pytest.approx(into / y / 180.159 - 1, rel=1e-4)
    whole = into / y * (1 + green.SOLVENT + green.WATER) / 180.159
    assert green.intensity(route) == pytest.approx(whole, rel=1e-4)
    assert green.overall_yield(route) == y


def test_two_steps_multiply_their_yields() -> None:
    route = Route(BENZOCAINE, (REDUCTION, ESTER))
    assert all(step.verified for step in route.steps)
    first, second = green.YIELDS["ester"], green.YIELDS["hydrogenation"]
    used = green.amounts(route)
    assert used.bought["CCO"] == pytest.approx(1 / (first * second))
    assert used.through[REDUCTION] == pytest.approx(1 / second)
    assert used.reagents()["[H][H]"] == pytest.approx(3 / second)
    hydrogen, acid, alcohol, product = 2.016, 167.120, 46.069, 165.192
    into = (acid + alcohol) / (first * second) + 3 * hydrogen / second
    assert green.e_factor(route) == pytest.approx(into / product - 1, rel=1e-4)
    whole = 3 * hydrogen + acid + alcohol
    assert green.atom_economy(route) == pytest.approx(product / whole, rel=1e-4)
    prices = {"CCO": 1.0, ESTER.reactants[0]: 2.0}
    work = (1 + 0.2 * ESTER.kind.hazard) / (first * second) + (1 + 0.2 * 2) / second
    assert green.cost(route, prices) == pytest.approx(3 / (first * second) + work)


def test_every_kind_of_reaction_has_a_yield() -> None:
    from ingenium.domains.molecules.route.table import REACTIONS

    assert {r.kind for r in REACTIONS} == set(green.YIELDS)


def test_hazards_add_up() -> None:
    assert points("C=O") == 3
    assert points("CC(=O)Cl") == 1
    assert points("CCO") == 0
    acid = ("O=C(O)c1ccccc1", "CCN")
    chloride = ("O=C(Cl)c1ccccc1", "CCN")
    product = "CCNC(=O)c1ccccc1"
    mild = Route(product, (Step("direct amidation over boric acid", acid, product),))
    harsh = Route(product, (Step("acylation with an acyl chloride", chloride, product),))
    assert hazards(mild) == 0 < hazards(harsh) == 1


def measured(*texts: str, target: str = ASPIRIN) -> dict[str, list[float]]:
    stock = BlockStock({"CC(=O)OC(C)=O": 100, "O=C(O)c1ccccc1O": 100})
    found = RouteVerifier(target, stock, DualUseScreen()).measure(codes(texts, 400))
    return dict(zip((q.name for q in QUANTITIES), found.T.tolist(), strict=True))


def test_a_planted_wrong_step_is_seen() -> None:
    right = str(ACETYLATION)
    wrong = f"{ACETYLATION.reaction}|CC(=O)OC(C)=O.O=C(O)c1cccc(O)c1>>{ASPIRIN}"
    found = measured(right, wrong, "")
    assert found["unverified"] == [0, 1, 0]
    assert found["missing"] == [0, 1, 1]
    assert found["steps"] == [1, 1, 0]


@pytest.mark.parametrize(
    "text",
    [
        "CC>>CO",
        f"alchemy|O=C(O)c1ccccc1O>>{ASPIRIN}",
        f"{ACETYLATION.reaction}|O=C(Cl)Cl.O=C(O)c1ccccc1O>>{ASPIRIN}",  # phosgene
        f"{ACETYLATION.reaction}|CC(=O)OC(C)=O.C1CC>>{ASPIRIN}",
    ],
)
def test_what_is_no_route_or_is_refused_has_no_answer(text: str) -> None:
    assert all(value != value for (value,) in measured(text).values())
