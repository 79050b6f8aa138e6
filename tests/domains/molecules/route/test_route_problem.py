"""The problem of routes: its spec, proposals of its searches, and foreign files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.given import read_given
from ingenium.core.spec import Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.domains.molecules.route.families import ASTAR, CHANCE, GREEDY, TREE
from ingenium.domains.molecules.route.problem import (
    FAVOURS,
    TARGET,
    RoutePlan,
    RouteSettings,
)
from ingenium.generators.fitted import trained

PHENACETIN = read_given([TARGET], {"target": "CC(=O)Nc1ccc(OCC)cc1"}, "routes")
MOCLOBEMIDE = "O=C(NCCN1CCOCC1)c1ccc(Cl)cc1"


@pytest.fixture(scope="module")
def problem(own_folders: Path) -> RoutePlan:
    return RoutePlan(RouteSettings(expansions=30, deepest=3, known=20), PHENACETIN)


@pytest.mark.parametrize("name", [ASTAR, TREE, GREEDY, CHANCE])
def test_searches_propose_routes_that_end_in_the_stock(problem: RoutePlan, name: str) -> None:
    family = trained(problem, name).family
    cond = torch.eye(len(FAVOURS)).repeat(2, 1)
    x = family.propose(cond, torch.Generator().manual_seed(1))
    assert torch.equal(x, family.propose(cond, torch.Generator().manual_seed(1)))
    assert torch.equal(x[:4], family.propose(cond[:4], torch.Generator().manual_seed(1)))
    designs = problem.designs_of(tuple(problem.codec.to_routes(x)))
    found = verify(designs, problem.verifier, problem.limits, variables=problem.variables, sizes={})
    assert (found["unverified"].to_numpy() == 0).all()
    assert (found["missing"].to_numpy() == 0).all()
    if name == ASTAR:
        steps, waste = (found[q].to_numpy() for q in ("steps", "mass_intensity"))
        assert steps[0] == steps.min()
        assert waste[FAVOURS.index("waste")] == waste.min()


@pytest.mark.parametrize(
    ("setup", "reported"),
    [
        ({"target": "c1ccc"}, "target as SMILES"),
        ({"target": "CC(=O)[O-].[Na+]"}, "salt or mixture"),
        ({"target": "CCO"}, "which the stock holds"),
        ({"target": "CC(C)(C)CC(C)(C)CC(C)(C)C"}, "which none does"),
        ({"target": "CC(C)OP(C)(=O)F"}, "dual-use"),
        ({"target": "C" * 61 + "(=O)NC"}, "at most 60 heavy atoms"),
        ({"stock": "/no/such/file.smi"}, "stock as a file"),
        ({"expansions": 0}, "at least 1"),
        ({"deepest": 99}, "deepest of at most"),
        ({"known": 2}, "at least 10"),
    ],
)
def test_what_cannot_be_asked_is_refused(setup: dict[str, object], reported: str) -> None:
    given = {k: v for k, v in setup.items() if k == "target"}
    spec = Spec(
        "molecules.route", setup={k: setup[k] for k in setup if k not in given}, given=given
    )
    with pytest.raises(InputError, match=reported):
        open_problem(spec)


def test_files_of_other_hands(problem: RoutePlan, tmp_path: Path) -> None:
    form = problem.formats["json"]
    route = problem.codec.to_routes(torch.full((1, 4), 3.0))[0]
    (file,) = form.write(problem.designs_of((route,)), tmp_path).values()
    table = json.loads(file.read_text())
    assert all(step["makes_its_product_forward"] for step in table["steps"])
    left, _, _ = table["steps"][0]["equation"].partition(">>")
    table["steps"][0]["equation"] = f"{left}>>CCO"
    file.write_text(json.dumps(table))
    with pytest.raises(InputError, match="hang together"):
        form.read(file)
    table["steps"] = [{"reaction": "magic", "equation": f"CCO>>{problem.target}"}]
    file.write_text(json.dumps(table))
    back = form.read(file)
    found = problem.verifier.measure(
        torch.tensor([[ord(c) for c in str(back["route"].to_numpy()[0])]], dtype=torch.float64)
    )
    assert bool(found.isnan().all())
    table["steps"] = [{"reaction": "magic", "equation": f"O=C(Cl)Cl>>{problem.target}"}]
    file.write_text(json.dumps(table))
    with pytest.raises(InputError, match="dual-use"):
        form.read(file)


def test_a_stock_of_ones_own_ends_routes(own_folders: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.smi"
    file.write_text("CCOc1ccc(N)cc1\nCC(=O)O\n")
    own = RoutePlan(RouteSettings(stock=str(file), known=20, expansions=20), PHENACETIN)
    family = trained(own, ASTAR).family
    (route,) = own.codec.to_routes(family.propose(torch.eye(4)[:1], torch.Generator()))
    assert len(route.steps) == 1
    assert set(route.leaves) == {"CCOc1ccc(N)cc1", "CC(=O)O"}


def test_report_draws_trees(problem: RoutePlan) -> None:
    family = trained(problem, ASTAR).family
    x = family.propose(torch.eye(4), torch.Generator().manual_seed(1))
    designs = problem.designs_of(tuple(problem.codec.to_routes(x)))
    verdicts = verify(
        designs, problem.verifier, problem.limits, variables=problem.variables, sizes={}
    )
    sections = problem.sections(designs, verdicts)
    assert sections[0].figure is not None
    assert any(s.table and s.table[0][0] == "reaction" for s in sections)
    none = verdicts.copy(deep=True)
    none["verdict"] = (DESIGN, np.full(designs.sizes[DESIGN], Verdict.REJECTED))
    assert "No route" in problem.sections(designs, none)[0].heading


def test_cross_check_agrees_to_the_abridged_masses(problem: RoutePlan) -> None:
    family = trained(problem, ASTAR).family
    x = family.propose(torch.eye(4), torch.Generator().manual_seed(1))
    designs = problem.designs_of(tuple(problem.codec.to_routes(x)))
    verdicts = verify(
        designs, problem.verifier, problem.limits, variables=problem.variables, sizes={}
    )
    checked = cross_check(problem, designs, verdicts, problem.limits, 0)
    assert checked is not None
    assert checked.disagreement["atom_economy"] < 1e-3


def test_a_target_under_setup_is_sent_to_its_door() -> None:
    with pytest.raises(InputError, match=r"target under \[given\].*got target under \[setup\]"):
        open_problem(Spec("molecules.route", setup={"target": "CC(=O)Nc1ccc(OCC)cc1"}))
