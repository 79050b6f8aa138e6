"""Problem `molecules.route`: routes from purchasable blocks to a given molecule."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from rdkit import Chem
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.given import Given, Input, read_given
from ingenium.core.problem import Pretrained, Problem, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition
from ingenium.core.spec import Limit
from ingenium.core.text import codes, texts
from ingenium.domains.molecules.data import LICENCES
from ingenium.domains.molecules.route import green, report
from ingenium.domains.molecules.route.chemistry import Chemistry
from ingenium.domains.molecules.route.codec import Choices
from ingenium.domains.molecules.route.families import ASTAR, searches
from ingenium.domains.molecules.route.formats import (
    ROUTE,
    ReactionLines,
    Reader,
    RouteTrees,
    routes,
    variable,
)
from ingenium.domains.molecules.route.hazards import hazards
from ingenium.domains.molecules.route.route import Route, RouteBeginning, read
from ingenium.domains.molecules.route.stock import BlockStock, from_file, pretrained
from ingenium.domains.molecules.route.verifier import FileMasses, RouteVerifier
from ingenium.kits.chemistry.parsing import canonical, required
from ingenium.kits.chemistry.safety import DualUseScreen

LONGEST, MOST = 2400, 12  # characters and steps of a route
MOST_HEAVY = 60  # atoms of a target; beyond, a search takes minutes and finds little
FAVOURS = ("steps", "cost", "waste", "hazards")  # measures for which a route can be best
HELD_OUT_EVERY, FEWEST = 10, 10
SHARE, MOST_CHECKED = 0.1, 20  # of the designs, whose masses are counted by independent code


TARGET = Input(
    "target",
    "text",
    "molecule to make, as SMILES",
    most=1000,
    default="CCN(CC)CC(=O)Nc1c(C)cccc1C",  # lidocaine
)


@dataclass(frozen=True)
class RouteSettings:
    """Settings of `molecules.route`: the stock and the length of the search."""

    stock: str = ""  # file of SMILES, a line each; empty for the blocks of the package
    deepest: int = 6  # steps of the longest line
    expansions: int = 300  # molecules that a search may take apart
    known: int = 60  # routes by chance to learn from, every tenth of them held out
    screen: bool = True  # refuse molecules of concern for dual use


class RoutePlan(Problem):
    """Routes to a target, each step run forward, with inputs and waste."""

    name: ClassVar[str] = "molecules.route"
    summary: ClassVar[str] = "synthesis routes from purchasable building blocks to one molecule"
    Settings: ClassVar[type] = RouteSettings
    inputs: ClassVar[tuple[Input, ...]] = (TARGET,)
    judged: ClassVar[str] = (
        "The reaction and equation of each step; all other content of a file must follow from them."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "No step was run: yields, amounts and hazards are by rule, from the kind of reaction.",
        "Selectivity, work-up and scale are not judged.",
    )
    validity = ("missing", "unverified")
    default_family: ClassVar[str] = ASTAR
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "reweighted"
    )  # evolution needs numbers, and texts are none
    licence = LICENCES["moses"]
    sizes: Mapping[str, int] = {}  # a text has no further dimensions

    def __init__(self, settings: RouteSettings, given: Given | None = None) -> None:
        """Open the problem.

        Raises:
            InputError: for a target that is no single molecule, is too large, can be bought, is
                refused by the screen or made by no reaction of the table, for a stock that is
                empty or wrong, or for a number that is too small.
        """
        _check(settings)
        self.settings = settings
        self.given = read_given(self.inputs, {}, self.name) if given is None else given
        self.screen = DualUseScreen(settings.screen)
        mol = self.screen.admit(required(self.given["target"], "the target"), "the target")
        self.target = _right(mol)
        self.stock = _stock(settings, self.screen)
        self.chemistry = Chemistry(self.stock, self.screen)
        self._admit()
        self.variables = (variable(LONGEST),)
        self.conditions = (Condition("favour", "what the route is best at", choices=FAVOURS),)
        self.limits = (Limit("missing", at_most=0.0), Limit("unverified", at_most=0.0))
        self.tiers = (RouteVerifier(self.target, self.stock, self.screen),)
        self.second = Second(FileMasses(self.target), SHARE, MOST_CHECKED)
        self.choices = Choices(self.chemistry, self.target, settings.deepest, MOST, LONGEST, ROUTE)
        self.codec = self.choices
        reader = Reader(self.target, LONGEST, self.screen)
        self.formats = {"json": RouteTrees(reader, self.stock), "rsmi": ReactionLines(reader)}
        self.system = self.stock.digest
        self.notes = report.LIMITS + (
            () if self.screen.on else ("The dual-use screen was switched off by the setup.",)
        )

    def _admit(self) -> None:
        if self.target in self.stock:
            raise InputError(
                "a target that has to be made",
                f"{self.target}, which the stock holds",
                "Buy it, or name a stock without it.",
            )
        if not self.chemistry.steps(self.target):
            raise InputError(
                f"a target that one of the {len(self.chemistry.reactions)} reactions makes",
                f"{self.target}, which none does",
                "Name another; the reactions are listed in the reference.",
            )

    def data(self) -> xr.Dataset:
        """Return random routes, most of which end before the stock; every tenth is held out."""
        found = self._known
        held = np.arange(len(found)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        worth = np.array([self.worth(r) for r in found])
        rank = worth.argsort(0, kind="stable").argsort(0, kind="stable")
        best = np.array(FAVOURS, dtype=object)[rank.argmin(1)]
        under: dict[str, Any] = {"favour": (DESIGN, best), "held_out": (DESIGN, held)}
        designs = routes([r.text for r in found], range(len(found)), LONGEST)
        return designs.assign_coords(under)

    @cached_property
    def _known(self) -> list[Route]:
        """Random walks, computed once."""
        rng = np.random.default_rng(0)
        found: list[Route] = []
        while len(found) < self.settings.known:  # one walk each
            at = RouteBeginning.of(self.target)
            while at.open and len(at.steps) < MOST:
                ways = at.ways(self.chemistry.steps(at.open[0][0]), self.settings.deepest)
                if not ways:
                    break
                after = at.after(ways[int(rng.integers(len(ways)))], self.stock)
                if len(after.route.text) > LONGEST:
                    break
                at = after
            found.append(at.route)
        return found

    def worth(self, route: Route) -> tuple[float, ...]:
        """Return the value of a route by each measure; small is good, unfinished is bad."""
        lack = 1e3 * len(route.missing(self.stock))
        prices = {leaf: self.stock.price(leaf) for leaf in route.leaves}
        return (
            route.effort + lack,
            green.cost(route, prices) + lack,
            green.intensity(route) + 1e3 * lack,
            hazards(route) + lack,
        )

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return the canonical text of routes."""
        read_all = [(text, read(text, self.target)) for text in texts(arrays[0])]
        short = [r.text if r and len(r.text) <= LONGEST else t for t, r in read_all]
        return (codes(short, LONGEST, name=ROUTE),)

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Searches: best first (A*), Monte Carlo tree search, greedy, and random."""
        return searches(self.choices, self.worth, len(FAVOURS), self.settings.expansions)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report trees of the best routes, their steps, costs and waste."""
        return report.sections(self.target, self.stock, designs, verdicts)

    def designs_of(self, found: tuple[Route, ...]) -> xr.Dataset:
        """Build designs from routes, in the form of the verifier."""
        text = codes([r.text for r in found], LONGEST, name=ROUTE)
        return to_dataset((text,), self.variables, {"favour": (DESIGN, ["steps"] * len(found))})

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """The target only: without steps nothing is wasted and the target is missing."""
        truth = {"steps": 0.0, "missing": 1.0, "atom_economy": 1.0, "mass_intensity": 1.0}
        return ((self.designs_of((Route(self.target),)), truth, 1e-9),)


def _check(settings: RouteSettings) -> None:
    for name, least in (("deepest", 1), ("expansions", 1), ("known", FEWEST)):
        if getattr(settings, name) < least:
            raise InputError(
                f"{name} of at least {least}", getattr(settings, name), f"Write {name} = {least}."
            )
    if settings.deepest > MOST:
        raise InputError(f"deepest of at most {MOST}", settings.deepest, f"Write deepest = {MOST}.")


def _right(mol: Chem.Mol) -> str:
    if mol.GetNumHeavyAtoms() > MOST_HEAVY:
        raise InputError(
            f"a target of at most {MOST_HEAVY} heavy atoms",
            f"{mol.GetNumHeavyAtoms()}",
            "Name a part of it, and plan from there.",
        )
    return canonical(mol)


def _stock(settings: RouteSettings, screen: DualUseScreen) -> BlockStock:
    return from_file(Path(settings.stock), screen) if settings.stock else pretrained()
