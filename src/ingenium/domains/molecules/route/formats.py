"""Files of routes: a JSON tree with all data of each step, and lines of equations."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import lines, refusing
from ingenium.domains.molecules.files import numbers
from ingenium.domains.molecules.route import green
from ingenium.domains.molecules.route.chemistry import Step
from ingenium.domains.molecules.route.hazards import named, points
from ingenium.domains.molecules.route.route import ARROW, DOT, Route, ordered, read
from ingenium.domains.molecules.route.stock import BlockStock
from ingenium.domains.molecules.route.table import BY_NAME
from ingenium.kits.chemistry.parsing import canonical, readable
from ingenium.kits.chemistry.safety import DualUseScreen

ROUTE, NAME, LINES = "route", "route_", "routes.rsmi"


def variable(longest: int) -> Variable:
    """Return the variable of a route's text of at most `longest` characters."""
    return Variable(ROUTE, (), "1", "reactions from the target to the blocks", longest=longest)


def routes(texts: Sequence[str], index: Sequence[int], longest: int) -> xr.Dataset:
    """Build designs from texts."""
    v = variable(longest)
    about = {"units": v.unit, "long_name": v.long_name}
    text = (DESIGN, np.asarray(texts, dtype=object), about)
    return xr.Dataset({ROUTE: text}, coords={DESIGN: np.asarray(index, dtype=np.int64)})


@dataclass(frozen=True)
class Reader:
    """Base class of both formats: steps to one target, of molecules that the screen admits."""

    target: str
    longest: int
    screen: DualUseScreen

    def route(self, steps: Sequence[tuple[str, str]], what: str) -> Route:
        """Build a route from steps, each the name of its reaction and its equation.

        Raises:
            InputError: for an invalid equation, or steps that do not lead to the target.
        """
        found = [self._step(name, equation, what) for name, equation in steps]
        made = ordered(self.target, found)
        if made is None or len(set(found)) < len(found) or len(made.text) > self.longest:
            raise InputError(
                f"steps that hang together and make {self.target}, of at most "
                f"{self.longest} characters",
                f"{what}, whose {len(found)} steps do not",
                "Give each reactant that is made one step, and no others.",
            )
        return made

    def _step(self, name: str, equation: str, what: str) -> Step:
        left, arrow, right = equation.partition(ARROW)
        if not (arrow and left and right):
            raise InputError(
                f"equations A.B{ARROW}P in {what}", f'"{equation}"', "Write CC(=O)O.CN>>CNC(C)=O."
            )
        mols = [
            canonical(self.screen.admit(readable(s, what), what)) for s in (*left.split(DOT), right)
        ]
        return Step(name, tuple(mols[:-1]), mols[-1])


@dataclass(frozen=True)
class RouteTrees:
    """Format `route_000007.json`: one route with its steps, blocks and amounts.

    The reader uses the reaction and equation of each step; all other entries must be consistent
    with them.
    """

    reader: Reader
    stock: BlockStock
    name: str = "json"
    endings: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a file for each route.

        Raises:
            InputError: for text that is no route.
        """
        paths = {}
        for index, route in written(designs, self.reader.target).items():
            paths[index] = folder / f"{NAME}{index:06d}.json"
            write_atomic(paths[index], json.dumps(reported(route, self.stock), indent=2) + "\n")
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read such a file, or all files of a folder.

        Raises:
            InputError: with the file and its fault.
        """
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise InputError("routes as JSON files", f"none in {path}", "Name another folder.")
        found = [self._one(file).text for file in files]
        return routes(found, numbers([file.stem for file in files], NAME), self.reader.longest)

    def _one(self, file: Path) -> Route:
        what = "a route as JSON, with steps of a reaction and an equation each"
        table = json_file(file, what)
        with refusing(what, file):
            steps = [(str(s["reaction"]), str(s["equation"])) for s in table["steps"]]
        route = self.reader.route(steps, str(file))
        if any(step.reaction not in BY_NAME for step in route.steps):
            return route  # the verifier reports it
        own = json.loads(json.dumps(reported(route, self.stock)))
        wrong = [k for k, v in own.items() if not _says(table.get(k, v), v)]
        if wrong:
            raise InputError(
                "words that follow from the equations of a route",
                f"others under {', '.join(wrong)} in {file}",
                "Leave them out, or write what propose writes.",
            )
        return route


@dataclass(frozen=True)
class ReactionLines:
    """Format `routes.rsmi`: a line a step with its equation, design and reaction, between tabs."""

    reader: Reader
    name: str = "rsmi"
    endings: ClassVar[tuple[str, ...]] = (".rsmi",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all routes into one file.

        Raises:
            InputError: for text that is no route.
        """
        path = folder / LINES
        found = written(designs, self.reader.target)
        rows = []
        for index, route in found.items():  # a few lines each
            named = f"{NAME}{index:06d}"
            rows += [
                f"{DOT.join(s.reactants)}{ARROW}{s.product}\t{named}\t{s.reaction}"
                for s in route.steps
            ] or [f"\t{named}\t"]
        write_atomic(path, "\n".join(rows) + "\n")
        return dict.fromkeys(found, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read such a file.

        Raises:
            InputError: with the line or route that is wrong.
        """
        file = path / LINES if path.is_dir() else path
        steps: dict[str, list[tuple[str, str]]] = {}
        for i, line in enumerate(lines(file, "a file of routes"), 1):
            equation, *rest = line.split("\t")
            if len(rest) != 2:
                raise InputError(
                    "an equation, a route's name and a reaction, between tabs",
                    f"line {i} of {file}",
                    "Write what propose writes.",
                )
            steps.setdefault(rest[0], []).extend([(rest[1], equation)] if equation else [])
        if not steps:
            raise InputError("at least one route", f"none in {file}", "Write one.")
        found = [self.reader.route(s, f"{name} in {file}").text for name, s in steps.items()]
        return routes(found, numbers(list(steps), NAME), self.reader.longest)


def _says(given: Any, own: Any) -> bool:
    """Return whether the entries of a file agree with computed ones; either may have more."""
    if isinstance(own, dict) and isinstance(given, dict):
        return all(_says(given.get(k, v), v) for k, v in own.items())
    if isinstance(own, list) and isinstance(given, list):
        return len(own) == len(given) and all(map(_says, given, own))
    return bool(given == own)


def written(designs: xr.Dataset, target: str) -> dict[int, Route]:
    """Return the routes of designs by their index.

    Raises:
        InputError: for text that is no route to the target.
    """
    found = {}
    both = zip(designs[DESIGN].to_numpy().tolist(), designs[ROUTE].to_numpy(), strict=True)
    for index, text in both:
        route = read(str(text), target)
        if route is None or any(step.reaction not in BY_NAME for step in route.steps):
            raise InputError("routes to write", f'design {index}: "{text}"', "Leave it out.")
        found[int(index)] = route
    return found


def reported(route: Route, stock: BlockStock) -> dict[str, Any]:
    """Return a route as plain data: each step with check, conditions and mass, and each block."""
    used = green.amounts(route)
    return {
        "target": route.target,
        "steps": [_reported(step, used.through[step]) for step in route.steps],
        "blocks": [
            {
                "smiles": leaf,
                "in_stock": leaf in stock,
                "mol_per_mol_of_target": round(used.bought[leaf], 4),
                "price_stand_in": round(stock.price(leaf), 3),
                "hazards": list(named(leaf)),
            }
            for leaf in route.leaves
        ],
    }


def _reported(step: Step, mol: float) -> dict[str, Any]:
    return {
        "reaction": step.reaction,
        "equation": f"{DOT.join(step.reactants)}{ARROW}{step.product}",
        "reagents": [{"mol": a, "smiles": s} for a, s in step.kind.reagents],
        "byproducts": [{"mol": a, "smiles": s} for a, s in step.kind.byproducts],
        "makes_its_product_forward": step.verified,
        "conflicts": list(step.conflicts),
        "hazard_points": step.kind.hazard + max(map(points, step.reactants)),
        "assumed_yield": green.YIELDS[step.kind.kind],
        "mol_per_mol_of_target": round(mol, 4),
    }
