"""Problem `equations.field`: solution fields of differential equations with their error."""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, Projection, Second, Section, Watch, silent
from ingenium.core.quantity import Variable
from ingenium.core.recipe import Recipe
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.equations.field import report
from ingenium.domains.equations.field.codec import PairCodec
from ingenium.domains.equations.field.elements import second_engine
from ingenium.domains.equations.field.equation import FieldEquation, InputLaw
from ingenium.domains.equations.field.families import CoarseSolver, NearestSolution, ResidualFamily
from ingenium.domains.equations.field.formats import field_file
from ingenium.domains.equations.field.operator import DeepOperator, FourierOperator
from ingenium.domains.equations.field.residual import rest_of
from ingenium.domains.equations.field.sampled_solutions import SolutionDiffusion, SolutionFlow
from ingenium.domains.equations.field.settings import EquationSettings
from ingenium.domains.equations.field.verifier import SolverVerifier
from ingenium.train.plan import Plan

INPUT, SOLUTION, GIVEN = "input", "solution", "input_field"
PIECE, HELD_OUT_EVERY = 50, 6  # known fields that are solved and cached together
STRANGEST = 3.0  # times as far out as any sample of the law
COARSE = (1, 2, 4, 8)  # times coarser, of solvers that a spec can name
SEEN = 64  # samples of its law, of which an equation must refuse hardly any
FIELD = Input(
    GIVEN,
    "array",
    "the input on the grid of the setup: rows along y; one row for an equation on a line",
    dims=("row", "column"),
)


class SolutionField(Problem):
    """Pairs of an input and its solution, whose error a solver measures."""

    name: ClassVar[str] = "equations.field"
    summary: ClassVar[str] = (
        "approximate solutions of partial differential equations, each with its error"
    )
    Settings: ClassVar[type] = EquationSettings
    inputs: ClassVar[tuple[Input, ...]] = (FIELD,)
    judged: ClassVar[str] = (
        "Input and solution in the file, read back: the equation is solved for that input on a "
        "finer grid, and the difference is the error."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether an input is hard: it is compared with its distribution in five numbers only.",
        "The solver's own error, which the report states if it is above 0.1 %.",
        "The solution between the points of the grid.",
        "A field on a square that is rotated or mirrored with its input is another correct pair.",
    )
    default_family: ClassVar[str] = "fno"
    codec: PairCodec
    licence = "computed here (CC0-1.0)"

    def __init__(self, settings: EquationSettings, given: Given = NOTHING) -> None:
        """Open the equation.

        Raises:
            InputError: for fronts or an input that its solver cannot resolve.
        """
        self.settings, self.given = settings, given
        self.equation: FieldEquation = settings.opened()
        e = self.equation
        dims = ("x",) if e.axes == 1 else ("y", "x")
        self.sizes = dict.fromkeys(dims, e.points)
        self.variables = (
            Variable(INPUT, dims, "1", e.input_name),
            Variable(SOLUTION, dims, "1", e.solution_name),
        )
        self.conditions = ()
        self._own = self._taken(given)
        sampled = e.sample(SEEN, torch.Generator().manual_seed(32))
        wildest = sampled.flatten(1).abs().amax(1).argsort(descending=True)
        refused = [r for r in map(e.refuses, sampled[wildest].numpy()) if r is not None]
        if len(refused) > SEEN // 10:  # as when a step is too long for the starts of the law
            raise InputError(*refused[0])
        self.limits = (Limit("error", at_most=0.05),)
        self.limits += () if GIVEN in given else (Limit("strangeness", at_most=STRANGEST),)
        self.limits += (Limit("off_given", at_most=0.0),) if GIVEN in given else ()
        self.law = InputLaw.of(e)
        self.tiers = (SolverVerifier(e, self.law, self._own, e.judged_on),)
        second = second_engine(e)
        self.second = None if second is None else Second(second, share=0.05, most=8)
        self.codec = PairCodec.of(e)
        self.formats = {"netcdf": field_file(e, self.variables, self.sizes)}
        self.system = digest([e.written, repr(e), given.digests.get(GIVEN, "")])
        self.notes = (f"{e.written}; {e.points} points a side.",)

    def _taken(self, given: Given) -> Tensor | None:
        """Return the spec's input, on the grid."""
        if GIVEN not in given:
            return None
        e, values = self.equation, np.asarray(given[GIVEN])
        wanted = (1, e.points) if e.axes == 1 else (e.points, e.points)
        if values.shape != wanted:
            raise InputError(
                f"{wanted[0]} rows of {wanted[1]} numbers for {e.name}",
                f"{values.shape[0]} rows of {values.shape[1]}",
                "Write points of that number, or bring the field to the grid.",
            )
        own = values[0] if e.axes == 1 else values
        refused = e.refuses(own)
        if refused:
            raise InputError(*refused)
        return torch.from_numpy(np.ascontiguousarray(own))

    def labels(self) -> dict[str, Any]:
        """Return the coordinates of the points."""
        e = self.equation
        at = (np.arange(e.points) + (0.0 if e.periodic else 0.5)) / e.points
        return {d: (d, at, {"long_name": d, "units": "1"}) for d in self.sizes}

    @cached_property
    def _recipe(self) -> Recipe:
        """Return the recipe of known pairs, solved as the verifier solves them."""
        pieces = -(-self.settings.known * HELD_OUT_EVERY // (HELD_OUT_EVERY - 1) // PIECE)
        under = [repr(self.equation), self.settings.seed]
        return Recipe(f"{self.equation.name}_fields", under, self._solved, pieces)

    def _solved(self, piece: int) -> dict[str, np.ndarray]:
        e = self.equation
        rng = torch.Generator().manual_seed(1_000_003 * self.settings.seed + piece + 1)
        inputs = e.sample(PIECE, rng)
        return {INPUT: inputs.numpy(), SOLUTION: e.solved(inputs, e.judged_on).numpy()}

    def prepare(self, watch: Watch = silent) -> None:
        """Solve the training fields."""
        self._recipe.complete(watch)

    def data(self) -> xr.Dataset:
        """Return solved pairs; every sixth is held out."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        made = self._recipe.complete()
        rows = self.settings.known * HELD_OUT_EVERY // (HELD_OUT_EVERY - 1)
        whole = np.isfinite(made[SOLUTION][:rows].reshape(rows, -1)).all(1)  # that was solved
        arrays = tuple(torch.from_numpy(made[n][:rows][whole]) for n in (INPUT, SOLUTION))
        held = np.arange(len(arrays[0])) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        coords: dict[str, Any] = self.labels() | {"held_out": (DESIGN, held)}
        return to_dataset(arrays, self.variables, coords)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto the given input, exactly, and onto valid grounds."""
        own = self._own
        kinds: tuple[float, float] | None = getattr(self.equation, "kinds", None)

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            inputs, solution = arrays
            if own is not None:
                return own.expand_as(inputs).clone(), solution
            if kinds is not None:
                above = inputs >= sum(kinds) / 2
                inputs = torch.where(above, kinds[0], kinds[1]).to(torch.float64)
            return inputs, solution

        return onto

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return operators, samplers, coarse solvers, the nearest known input, and PINN."""
        e, codec, own = self.equation, self.codec, self._own
        size = self.settings.network(e.axes)
        found: dict[str, Callable[[], Any]] = {
            "fno": partial(FourierOperator, e, codec, own, size),
            "deeponet": partial(DeepOperator, e, codec, own, size),
            "solution_flow": partial(SolutionFlow, e, codec, own, size),
            "solution_diffusion": partial(SolutionDiffusion, e, codec, own, size),
            "nearest": partial(NearestSolution, e, codec, own),
        }
        if rest_of(e) is not None:
            found["pinn"] = partial(ResidualFamily, e, codec, own, self.settings.residual)
        coarse = {f"coarse_{n}": partial(CoarseSolver, e, codec, own, n) for n in COARSE}
        return found | coarse

    def budgets(self) -> Mapping[str, Plan]:
        """Return training plans of minutes on one core."""
        if self.equation.axes == 1:
            plan = Plan(steps=4000, batch=32, learning_rate=2e-3, ema_decay=0.99, check_every=400)
        else:
            plan = Plan(steps=1500, batch=16, learning_rate=3e-3, ema_decay=0.99, check_every=500)
        alone = Plan(steps=self.settings.residual.steps)  # of the pilot
        learned = ("fno", "deeponet", "solution_flow", "solution_diffusion")
        return dict.fromkeys(learned, plan) | {"pinn": alone}

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Score the error by the solver, and the distance of mean spectra from known ones."""
        return report.scores(self.equation, designs, held_out)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the solver's cost at equal error, fields with their error, and spectra."""
        return report.sections(self.equation, self.settings.deadline_ms, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a solution of 0, with error 1, and one a tenth too large, with error 0.1."""
        e = self.equation
        inputs = e.sample(2, torch.Generator().manual_seed(3))
        if self._own is not None:
            inputs = self._own.expand_as(inputs).clone()
        true = e.solved(inputs, e.judged_on)
        answers = []
        for factor in (0.0, 1.1):
            designs = to_dataset((inputs, factor * true), self.variables, self.labels())
            answers.append((designs, {"error": abs(factor - 1)}, 1e-6))
        return tuple(answers)
