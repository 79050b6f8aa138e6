"""Problem `equations.law`: formulas that explain a table, with consistent units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.resources import files
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Int
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import digest
from ingenium.core.errors import InputError, choose
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Pretrained, Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Variable
from ingenium.core.select import Metric, equal_rows
from ingenium.core.spec import Fixed, Limit
from ingenium.core.text import texts
from ingenium.domains.equations.law import report
from ingenium.domains.equations.law.algebra import SympyVerifier
from ingenium.domains.equations.law.codec import LAW, VALUES, LawCodec, longest
from ingenium.domains.equations.law.families import GeneticLaws, GrammarLaws
from ingenium.domains.equations.law.formats import FormulaFiles, laws
from ingenium.domains.equations.law.genetic import LawSearch
from ingenium.domains.equations.law.language import CONSTANTS, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS
from ingenium.domains.equations.law.read_laws import WEIGHTS, ReadLaws
from ingenium.domains.equations.law.table import read
from ingenium.domains.equations.law.verifier import FormulaVerifier
from ingenium.generators.row_families import LEARNED as NUMBERS
from ingenium.generators.tokens.families import masked_diffusion
from ingenium.generators.tokens.two_kinds import TwoKindFamily
from ingenium.train.plan import Plan

TABLE = Input(
    "table",
    "text",
    "a table as CSV whose header names a unit of each column, such as length [m]",
    most=8_000_000,
)
HELD_OUT_EVERY, REPAIRED, CONSTANT = 5, 20, 1  # rounds of the fit of proposals; features
ROOM = 300_000  # laws times rows that are fitted together
EQUAL = 1e-6  # spreads of the target between values of laws that are one, rounding included
ONLY = 6  # tokens of a language, minimum of known laws


@dataclass(frozen=True)
class LawSettings:
    """Settings of the explained column, the operations, and the search.

    Raises:
        InputError: for an unknown operation, or a search of no size.
    """

    target: str = ""  # column to explain; the last one if empty
    operations: tuple[str, ...] = (
        "+",
        "-",
        "*",
        "/",
        "sq",
        "sqrt",
        "sin",
        "cos",
        "exp",
        "log",
    )  # that a law may use
    constant_units: tuple[str, ...] = ()  # units that a constant may have, besides pure numbers
    wider: float = 2.0  # factor on the table's box, in which a law must have a value
    bank: int = 6000  # number of short formulas that laws are composed of
    generations: int = 25  # generations of the genetic search
    known: int = 240  # number of training laws for families
    seed: int = 0  # seed of the search

    def __post_init__(self) -> None:
        for o in self.operations:
            choose(o, OPERATIONS, "operation")
        if not (50 <= self.bank <= 50_000 and 0 <= self.generations <= 2000 and self.known >= 20):
            raise InputError(
                "a bank of 50 to 50000, at most 2000 generations and 20 known laws or more",
                (self.bank, self.generations, self.known),
            )
        if not 1 <= self.wider <= 10:
            raise InputError("a box from 1 to 10 times as wide", self.wider, "Write wider = 2.0.")


class TableLaw(Problem):
    """Formulas of a table, on the front of error and complexity."""

    name: ClassVar[str] = "equations.law"
    summary: ClassVar[str] = (
        "symbolic regression: formulas with consistent units for a table, by error and complexity"
    )
    Settings: ClassVar[type] = LawSettings
    inputs: ClassVar[tuple[Input, ...]] = (TABLE,)
    judged: ClassVar[str] = (
        "The formula in the file of SymPy, read back; the LaTeX and C files must contain the same "
        "formula."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether it is the law of nature: other formulas may fit these rows as well.",
        "The formula outside the widened box; inside it, the existence of a value is proved, not "
        "its error.",
        "Standard errors of constants assume independent errors of equal size in all rows.",
    )
    validity = ("unit_faults",)
    default_family: ClassVar[str] = "genetic"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {"place": CONSTANTS}
    codec: LawCodec
    licence = "the table's own; the pendulum that opens without one was computed here (CC0-1.0)"

    def __init__(self, settings: LawSettings, given: Given = NOTHING) -> None:
        """Read the table."""
        self.settings, self.given = settings, given
        text = given["table"] if "table" in given else pendulum()
        target = settings.target if "table" in given else "period"
        self.table = read(text, target, settings.constant_units)
        self.language = self.table.language
        self.system = digest([text, settings.target, list(settings.constant_units)])
        self.variables = (
            Variable(LAW, (), "1", "formula in postfix order", longest=longest(self.language)),
            Variable(VALUES, ("place",), "1", "constants of the formula, in base units"),
        )
        self.conditions = ()
        self.limits = (
            Limit("misfit", at_most=0.1),
            Limit("misfit_outside", at_most=0.2),
            *(Limit(n, at_most=0.0) for n in ("unit_faults", "unproven", "idle_constants")),
        )
        self.tiers = (FormulaVerifier(self.table, settings.wider),)
        self.second = Second(SympyVerifier(self.table), share=0.05, most=20)
        self.formats = {"formula": FormulaFiles(self.table)}
        self.codec = LawCodec.of(self.language)
        names = self.language.names
        self.notes = (
            f"{len(self.table.values)} different rows: constants are fitted to "
            f"{len(self.table.train)}, "
            f"misfit is of {len(self.table.inner)} others, misfit_outside of the "
            f"{len(self.table.outer)} furthest from the middle of {', '.join(names)}.",
        )

    @cached_property
    def search(self) -> LawSearch:
        """Search for laws of the table."""
        own = self.settings
        return LawSearch(self.table, own.operations, own.bank, own.wider, own.seed)

    @cached_property
    def _known(self) -> xr.Dataset:
        """Laws of linear algebra over short formulas; every fifth is held out."""
        ranked = self.search.drafted.ranked()[: self.settings.known]
        found = sorted(ranked, key=lambda law: law.misfit)
        if len(found) < ONLY:
            raise InputError(
                f"a table whose {self.table.target} some formula of its columns explains in part",
                f"{len(found)} formulas whose units agree",
                "Add the column that is missing, or constant_units.",
            )
        index = list(range(len(found)))
        designs = laws([x.tokens for x in found], [x.constants for x in found], index)
        held = np.array(index) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        return designs.assign_coords(held_out=(DESIGN, held))

    def data(self) -> xr.Dataset:
        """Return laws found by linear algebra."""
        return self._known

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection that sets unused constants to 0."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            held = torch.tensor([self._held(t) for t in texts(arrays[0])]).reshape(-1, 1)
            inside = torch.arange(CONSTANTS)[None] < held
            finite = torch.nan_to_num(arrays[1], 1.0, 1e12, -1e12)
            return arrays[0], torch.where(inside, finite, 0.0)

        return onto

    def _held(self, law: str) -> int:
        return sum(t in self.language.held for t in self.language.split(law) or ())

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Fit the constants to the table, and simplify them."""
        read_ = [self.language.split(t) for t in texts(arrays[0])]
        constants = arrays[1].clone()
        held = [(i, t) for i, t in enumerate(read_) if t and set(t) & self.language.held]
        fit = self.search.fit_on(10**6)
        together = max(1, ROOM // len(fit.target))
        for start in range(0, len(held), together):  # each as if it were alone, to the bit
            part = held[start : start + together]
            rows = [i for i, _ in part]
            done = fit.fit([t for _, t in part], constants[rows], REPAIRED)
            good = torch.isfinite(done.loss)[:, None]
            constants[rows] = torch.where(good, fit.simplified(done), constants[rows])
        onto = self.project({}, conditions)
        return onto((arrays[0], constants))

    def metric(self, designs: xr.Dataset) -> Metric:
        """Distance of laws: root mean square difference of values, in spreads of the target.

        So laws that differ only in form, or in equivalent constants, have distance 0.
        """
        verifier = FormulaVerifier(self.table, self.settings.wider)
        values = verifier.values(*to_arrays(designs, self.variables)).numpy()
        return lambda i: np.nan_to_num(
            np.sqrt(np.square(values - values[i]).mean(1)) / self.table.spread, nan=np.inf
        )

    def equal(self, designs: xr.Dataset) -> Int[np.ndarray, " n"]:
        """Return for each law the simplest with equal values in all rows of the table.

        Laws that are written in another form, and those with other but equivalent constants, are
        equal: their values differ by at most `EQUAL` spreads of the target (root mean square).
        """
        verifier = FormulaVerifier(self.table, self.settings.wider)
        values = verifier.values(*to_arrays(designs, self.variables)).numpy() / self.table.spread
        first = equal_rows(values, EQUAL)
        sizes = np.array(
            [len(self.language.split(str(law)) or ()) for law in designs[LAW].to_numpy()]
        )
        order = np.lexsort((np.arange(len(first)), sizes))[::-1]
        simplest = {int(first[i]): int(i) for i in order}  # the last to enter remains
        return np.array([simplest[i] for i in first.tolist()], dtype=np.int64)

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return genetic search, random formulas of the grammar, and masked diffusion."""
        genetic = partial(GeneticLaws, self.search, self.codec, self.settings.generations, CONSTANT)
        grammar = partial(GrammarLaws, self.codec, CONSTANT)
        masked = partial(covered, self.codec)
        return {"genetic": genetic, "grammar": grammar, "masked_diffusion": masked}

    def budgets(self) -> Mapping[str, Plan]:
        """Return training plans of a minute on one core."""
        return {"masked_diffusion": Plan(steps=1000)}

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Return a network trained on many tables, which writes laws of this one."""
        make = partial(ReadLaws, self.table, self.codec, CONSTANT)
        return {"reader": Pretrained(make, WEIGHTS)}

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...] | None:
        """Show laws in infix notation."""
        return report.infix(self.table, designs) if name == LAW else None

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the front with its formulas, and the residuals of the best one."""
        return report.sections(self.table, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return the target's own mean, and a formula with inconsistent units."""
        first = self.language.names[0]
        listed: list[Postfix] = [(first, "c", "-", "c", "*")]
        truth = {
            "complexity": 5.0,
            "constant_count": 2.0,
            "unit_faults": 1.0,
            "idle_constants": 0.0,
        }
        return ((laws(listed, [(0.5, 2.0)], [0]), truth, 1e-12),)


def covered(codec: LawCodec) -> TwoKindFamily:
    """Build masked diffusion of the tokens of laws, and a flow of their constants."""
    numbers = NUMBERS["flow_matching"]
    return TwoKindFamily(codec.shape, CONSTANT, codec, numbers, masked_diffusion)


def pendulum() -> str:
    """Return the default table: periods of pendulums."""
    return files(__package__).joinpath("pendulum.csv").read_text(encoding="utf-8")
