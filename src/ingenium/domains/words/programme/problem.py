"""Problem `words.programme`: a task in words as a linear or integer programme."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from jaxtyping import Int

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section
from ingenium.core.quantity import Variable
from ingenium.core.select import firsts
from ingenium.core.spec import Limit
from ingenium.domains.words.programme import report
from ingenium.domains.words.programme.code import programme
from ingenium.domains.words.programme.families import Formulations
from ingenium.domains.words.programme.formats import (
    LONGEST,
    PROGRAMME,
    ProgrammeFiles,
    programmes,
)
from ingenium.domains.words.programme.kinds import MOST_CASES, SAME, redrawn
from ingenium.domains.words.programme.reading import read_task
from ingenium.domains.words.programme.task import ADD, WordedTask
from ingenium.domains.words.programme.verifier import OptimumVerifier
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

LINE = r"[^\n]*\n"
STEPS, CONSTANT, LONGEST_TASK = 16, 1, 8000  # lines and an end; features; characters
HELD_OUT_EVERY = 4
EXAMPLE = (
    "Two vans with room for 10 crates each leave the depot, serve every shop once and come back. "
    "The shops want: Adler 4 crates, Bauer 5, Conrad 3 and Dreher 6. Distances in km (the same "
    "both ways): depot-Adler 8, depot-Bauer 6, depot-Conrad 9, depot-Dreher 7, Adler-Bauer 4, "
    "Adler-Conrad 5, Adler-Dreher 10, Bauer-Conrad 7, Bauer-Dreher 6, Conrad-Dreher 3. Find the "
    "routes with the fewest kilometres."
)
TASK = Input(
    "task",
    "text",
    "a task of routing, mixing, scheduling or covering in words, with all its numbers",
    most=LONGEST_TASK,
    default=EXAMPLE,
)


@dataclass(frozen=True)
class ProgrammeSettings:
    """Settings of the resampled numbers that check a programme."""

    seed: int = 0  # of the resampled numbers that check a programme


class WordedProgramme(Problem):
    """Code for OR-Tools, MPS and LP, checked by independent optima on six data sets."""

    name: ClassVar[str] = "words.programme"
    summary: ClassVar[str] = (
        "optimisation programs (routing, mixing, scheduling, covering) from a task in words"
    )
    Settings: ClassVar[type] = ProgrammeSettings
    inputs: ClassVar[tuple[Input, ...]] = (TASK,)
    judged: ClassVar[str] = (
        "The code of each folder, parsed and not run, for the task's numbers and five other sets; "
        "its MPS and LP must have the same content."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether the text was understood correctly: both methods use one interpretation, which "
        "the report states.",
        "A constraint that makes no difference under any of the six sets may be missing.",
        "How long a solver takes: two programmes with one optimum may differ a thousandfold.",
    )
    validity = ("gap", "gap_redrawn")
    default_family: ClassVar[str] = "formulations"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    codec: TokenCodec
    licence = "the task's own"

    def __init__(self, settings: ProgrammeSettings, given: Given = NOTHING) -> None:
        """Read the task, and compute its optimum independently.

        Raises:
            InputError: for a task that is not understood, too large, or without a plan.
        """
        self.settings, self.given = settings, given
        text = given.values.get("task", EXAMPLE)
        self.task = checked(read_task(text))
        self.system = digest([text])
        self.variables = (
            Variable(PROGRAMME, (), "1", "lines of code for OR-Tools", longest=LONGEST),
        )
        self.conditions = ()
        self.limits = (Limit("gap", at_most=SAME), Limit("gap_redrawn", at_most=SAME))
        whole, hasty = self._written
        vocabulary = Vocabulary.of([*whole, *hasty], pattern=LINE, rare=1)
        self.codec = TokenCodec(vocabulary, STEPS, LONGEST, None, PROGRAMME)
        self.formats = {"ortools": ProgrammeFiles(self.task)}
        self.notes = (
            f"Understood as {self.task.kind.name}: {self.task.kind.about}.",
            f"Its optimum is {self.task.optimum():.10g}.",
        )

    @cached_property
    def tiers(self) -> tuple[OptimumVerifier, ...]:  # type: ignore[override]
        """Verifiers: HiGHS against the independent optimum."""
        return (OptimumVerifier(self.task, redrawn(self.task, self.settings.seed)),)

    @cached_property
    def _written(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return correct programmes, and each of them without one of its constraints."""
        whole = tuple(self.task.programmes().values())
        hasty = [
            "".join(f"{x}\n" for x in text.splitlines() if x != line)
            for text in whole
            for line in text.splitlines()
            if ADD in line
        ]
        return whole, tuple(dict.fromkeys(hasty))

    def data(self) -> xr.Dataset:
        """Return correct programmes, then incorrect ones; every fourth is held out."""
        whole, hasty = self._written
        listed = [*whole, *hasty]
        held = np.arange(len(listed)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        designs = programmes(listed, list(range(len(listed))))
        return designs.assign_coords(held_out=(DESIGN, held))

    def equal(self, designs: xr.Dataset) -> Int[np.ndarray, " n"]:
        """Return for each programme the first with the same variables, rows and objective."""
        return firsts(map(self._meaning, map(str, designs[PROGRAMME].to_numpy())))

    def _meaning(self, text: str) -> str:
        """Return the normal form of a programme; its own text if it cannot be read."""
        try:
            return repr(programme(text, self.task.names).canonical())
        except InputError:
            return text

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return complete programmes, and those that omit a constraint."""
        whole, hasty = self._written
        return {
            "formulations": partial(Formulations, self.codec, CONSTANT, whole),
            "hasty": partial(Formulations, self.codec, CONSTANT, hasty),
        }

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the understood task, the programme, and its plan."""
        text = self.given.values.get("task", EXAMPLE)
        return report.sections(self.task, text, designs)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a correct programme, and one of twice the cost, whose gap is 1."""
        first = self._written[0][0]
        double = first.replace("solver.Minimize(", "solver.Minimize(2 * ")
        double = double.replace("solver.Maximize(", "solver.Maximize(2 * ")
        truth = {"gap": 0.0, "gap_redrawn": 0.0}
        return (
            (programmes([first], [0]), truth, 1e-9),
            (programmes([double], [0]), dict.fromkeys(truth, 1.0), 1e-6),
        )


def checked(task: WordedTask) -> WordedTask:
    """Return a feasible task of a size that both methods can solve.

    Raises:
        InputError: for any other.
    """
    kind = task.kind
    if (cases := kind.scale(task.data)) > MOST_CASES:
        raise InputError(
            f"a {kind.name} task whose other way looks through {MOST_CASES:g} cases at most",
            f"{cases:.2g}",
            "Ask for fewer places, jobs or things.",
        )
    best = task.optimum()
    if not math.isfinite(best):
        none = "none that satisfies every constraint"
        why = none if math.isinf(best) else "one without a bound: nothing limits it"
        raise InputError(
            f"a {kind.name} task with a best plan", why, "Change a number of the text."
        )
    return task
