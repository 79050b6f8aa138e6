"""The contract on libraries of molecules and on leads."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ingenium.testing import ProblemContract


class TestLibrary(ProblemContract):
    problem_name = "molecules.library"
    setup: ClassVar[Mapping[str, Any]] = {"known": 200}
    no_answer = "C1CC"


class TestLead(ProblemContract):
    problem_name = "molecules.lead"
    setup: ClassVar[Mapping[str, Any]] = {
        "known": 200,
        "query": "CC(=O)Nc1ccc(O)cc1",
        "keep": ["c1ccccc1"],
        "avoid": ["[N+](=O)[O-]"],
        "solubility": True,
        "electrons": "gfn2",
    }
    few = 3
    no_answer = "C1CC"


class TestConformers(ProblemContract):
    problem_name = "molecules.conformers"
    setup: ClassVar[Mapping[str, Any]] = {"smiles": "CC[C@H](C)O", "starts": 20}


class TestRoute(ProblemContract):
    problem_name = "molecules.route"
    setup: ClassVar[Mapping[str, Any]] = {"known": 30, "expansions": 40, "deepest": 3}
    no_answer = "CC>>CO"
