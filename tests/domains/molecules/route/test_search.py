"""Search: textbook syntheses are found, and the least effort is the minimum over all routes."""

import math
from pathlib import Path

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.molecules.route.chemistry import Chemistry, Step
from ingenium.domains.molecules.route.policies import by_chance, greedy, tree_search
from ingenium.domains.molecules.route.route import Route, chosen, ordered, read, walked
from ingenium.domains.molecules.route.search import best_first
from ingenium.domains.molecules.route.stock import BlockStock, from_file, pretrained
from ingenium.kits.chemistry.safety import DualUseScreen

LIDOCAINE = "CCN(CC)CC(=O)Nc1c(C)cccc1C"
PROPRANOLOL = "CC(C)NCC(O)COc1cccc2ccccc12"
PHENETIDINE = "CCOc1ccc(NC(=O)CN2CCOCC2)cc1"
SYNTHESES = {  # targets, and a reaction of the published synthesis
    "paracetamol": ("CC(=O)Nc1ccc(O)cc1", "acetylation of an amine", 1),
    "aspirin": ("CC(=O)Oc1ccccc1C(=O)O", "acetylation of a hydroxyl", 1),
    "lidocaine": (LIDOCAINE, "alkylation of a secondary amine", 2),
    "propranolol": (PROPRANOLOL, "opening of an epoxide by an amine", 2),
    "benzocaine": ("CCOC(=O)c1ccc(N)cc1", "esterification over acid", 2),
    "moclobemide": ("O=C(NCCN1CCOCC1)c1ccc(Cl)cc1", "acylation with an acyl chloride", 3),
    "sulfanilide": ("Cc1ccc(S(=O)(=O)Nc2ccccn2)cc1", "sulfonylation of an amine", 1),
}


@pytest.fixture(scope="module")
def chemistry() -> Chemistry:
    extra = "Nc1ccc(C(=O)O)cc1 O=[N+]([O-])c1ccc(C(=O)O)cc1 O=C(O)c1ccc(Cl)cc1 NCCN1CCOCC1"
    bought = dict(pretrained().counts) | dict.fromkeys(extra.split(), 10)
    made = {target for target, *_ in SYNTHESES.values()}
    return Chemistry(
        BlockStock({s: n for s, n in bought.items() if s not in made}), DualUseScreen()
    )


def least(chemistry: Chemistry, product: str, deepest: int, above: frozenset[str]) -> float:
    """Least cost over all routes to a molecule, by trying every one."""
    if product in chemistry.stock:
        return 0.0
    if deepest == 0:
        return math.inf
    below = above | {product}
    return min(
        (
            step.effort
            + sum(least(chemistry, r, deepest - 1, below) for r in dict.fromkeys(step.reactants))
            for step in chemistry.steps(product)
            if not below.intersection(step.reactants)
        ),
        default=math.inf,
    )


@pytest.mark.parametrize("name", SYNTHESES)
def test_published_syntheses_are_found(chemistry: Chemistry, name: str) -> None:
    target, reaction, steps = SYNTHESES[name]
    found = best_first(chemistry, target, budget=40, deepest=3)
    assert found.routes
    assert len(found.routes[0].steps) <= steps
    assert any(s.reaction == reaction for r in found.routes for s in r.steps)
    for route in found.routes:
        assert not route.missing(chemistry.stock)
        assert all(step.verified for step in route.steps)


@pytest.mark.parametrize(
    ("target", "deepest"), [(LIDOCAINE, 2), (PROPRANOLOL, 2), (PHENETIDINE, 3)]
)
def test_least_effort_is_that_of_trying_every_route(
    chemistry: Chemistry, target: str, deepest: int
) -> None:
    truth = least(chemistry, target, deepest, frozenset())
    found = best_first(chemistry, target, budget=10_000, deepest=deepest, enough=True)
    if math.isfinite(truth):
        assert found.best
        assert found.routes[0].effort == pytest.approx(truth)
    else:
        assert not found.routes
    others = (
        tree_search(chemistry, target, np.random.default_rng(1), budget=200, deepest=deepest),
        by_chance(chemistry, target, np.random.default_rng(1), budget=200, deepest=deepest),
        greedy(chemistry, target, budget=200, deepest=deepest),
    )
    for other in others:
        assert all(r.effort >= truth - 1e-9 for r in other.routes)


def test_a_search_stops_at_its_budget(chemistry: Chemistry) -> None:
    target = "CN1CCN(Cc2ccc(C(=O)Nc3ccccc3)cc2)CC1"
    rng = np.random.default_rng
    for found in (
        best_first(chemistry, target, budget=7, deepest=6),
        tree_search(chemistry, target, rng(0), budget=7, deepest=6),
        by_chance(chemistry, target, rng(0), budget=7, deepest=6),
        greedy(chemistry, target, budget=7, deepest=6),
    ):
        assert found.expansions <= 7
    first, again = (tree_search(chemistry, target, rng(3), budget=30, deepest=5) for _ in range(2))
    assert first == again


def test_text_and_choices_give_the_route_back(chemistry: Chemistry) -> None:
    for route in best_first(chemistry, LIDOCAINE, budget=50, deepest=3).routes:
        assert read(route.text, route.target) == route
        assert ordered(route.target, reversed(route.steps)) == route
        choices = chosen(chemistry, route, 3)
        assert choices is not None
        assert walked(chemistry, route.target, choices, 3) == route
    assert walked(chemistry, LIDOCAINE, [10**6], 3).steps  # any choice is some step
    assert chosen(chemistry, Route(LIDOCAINE, (Step("none", ("CC",), LIDOCAINE),)), 3) is None


@pytest.mark.parametrize(
    "text",
    [
        "no route",
        "name|CC>>",
        "name|C1CC>>CCO",
        "a|CCN>>CCO; b|CC>>CCC",  # the second makes nothing that is needed
        "a|CCN>>CCO; b|CCO>>CCN",  # a circle
        "a|CC>>CCN",  # of another target
    ],
)
def test_what_does_not_hang_together_is_no_route(text: str) -> None:
    assert read(text, "CCO") is None


def test_no_route_leads_over_what_the_screen_refuses(chemistry: Chemistry) -> None:
    for step in chemistry.steps("CCNC(=O)Cl"):
        assert "O=C(Cl)Cl" not in step.reactants


def test_a_stock_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "stock.smi"
    file.write_text("OC(C)=O acid\n\nNc1ccccc1\n")
    assert set(from_file(file, DualUseScreen()).counts) == {"CC(=O)O", "Nc1ccccc1"}
    for text, reported in (
        ("\n", "at least one block"),
        ("CCO\nC1CC\n", "line 2"),
        ("O=C(Cl)Cl\n", "dual-use"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=reported):
            from_file(file, DualUseScreen())
    with pytest.raises(InputError, match="stock as a file"):
        from_file(tmp_path / "none.smi", DualUseScreen())


def test_blocks_of_the_package_are_small_molecules_that_the_screen_admits() -> None:
    assert len(pretrained()) > 300
    rare, common = pretrained().price("CCCCCCCCCC(=O)O"), pretrained().price("CN")
    assert 0 < common < rare
