"""`software.tests`: test suites for a Python module, judged by branches and mutants."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from jaxtyping import Int

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Second, Section, Watch, silent
from ingenium.core.quantity import Variable
from ingenium.core.select import firsts
from ingenium.core.spec import Limit
from ingenium.domains.software.tests import report
from ingenium.domains.software.tests.formats import SUITE, SuiteFolders, suites
from ingenium.domains.software.tests.grammar import LABELS, MOST_FILE, MOST_TESTS
from ingenium.domains.software.tests.module import MOST_LINES, Module, checked, named
from ingenium.domains.software.tests.pool import PoolTest, SuitePool, cover, pool
from ingenium.domains.software.tests.search import SuiteSearchPlan
from ingenium.domains.software.tests.surface import surface
from ingenium.domains.software.tests.verifier import PytestVerifier, Subject, SuiteVerifier
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

HEAD = r"(?m)^def test_\w+\(\):\n"
PIECE = r"def test_\w+\(\):\n(?:    [^\n]*\n)+\n*"
CONSTANT, KNOWN, HELD_OUT_EVERY = 1, 16, 4
STARTS = 8  # of suites that are built from the search
DEFAULT = "textwrap"
SOURCE = Input("source", "file", "the module's own file, read as Python", most=MOST_LINES)
PROVE = "def test_nothing_1():\n    '''Observed.'''\n    assert 1 == 1\n"


@dataclass(frozen=True)
class SuiteSettings:
    """The module, the number of its mutants to try, and the length of the search."""

    module: str = ""  # name for imports; in the standard library without a file
    mutants: int = 400  # of the module that are tried at most
    rounds: int = 12  # number of rounds of the search
    candidates: int = 120  # tests that a round tries
    seed: int = 0  # seed of the search


class TestSuites(Problem):
    """Suites in pytest whose tests pass, are not flaky, and each kill a mutant of the module."""

    __test__ = False  # for pytest: this class contains no tests
    name: ClassVar[str] = "software.tests"
    summary: ClassVar[str] = (
        "a test suite in pytest for a Python module, judged by branches and mutants"
    )
    Settings: ClassVar[type] = SuiteSettings
    inputs: ClassVar[tuple[Input, ...]] = (SOURCE,)
    judged: ClassVar[str] = (
        "The test file of each folder, parsed and run in the sandbox on the module, rerun 20 "
        "times, under coverage.py and on each mutant; JUnit XML, LCOV and the table must have the "
        "same content."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether the module is correct: an observed assertion states its present behaviour.",
        "Mutants of two simultaneous changes, and mutants equivalent to the module.",
        "What a test would find on another version of Python or on another system.",
    )
    default_family: ClassVar[str] = "evolution"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted", batch=8)
    sizes: Mapping[str, int] = {}
    tiers: tuple[SuiteVerifier, ...]
    licence = "the module's own"

    def __init__(self, settings: SuiteSettings, given: Given = NOTHING) -> None:
        """Read the module, and import it once in the sandbox.

        Raises:
            InputError: for a module that cannot be tested here, saying why.
        """
        for name in ("mutants", "rounds", "candidates"):
            if getattr(settings, name) < 1:
                raise InputError(f"{name} of at least 1", getattr(settings, name))
        self.settings, self.given = settings, given
        self.module = _module(settings.module, given)
        self.surface = surface(self.module)
        if not self.surface.entrances:
            raise InputError(
                "a module with public functions or classes", f"none in {self.module.name}"
            )
        self.subject = Subject(self.module, self.surface.public, settings.mutants, settings.seed)
        self.system = digest([self.module.name, self.module.digest, settings.mutants])
        about = "tests, as a file holds them below its imports"
        self.variables = (Variable(SUITE, (), "1", about, longest=MOST_FILE),)
        self.conditions = ()
        self.limits = tuple(Limit(q, at_most=0) for q in ("failing", "flaky", "idle"))
        verifier = SuiteVerifier(self.subject)
        self.tiers = (verifier,)
        self.second = Second(PytestVerifier(self.subject), 0.05, most=2)
        self.formats = {"pytest": SuiteFolders(self.subject, verifier.run)}
        tried, whole = len(self.subject.mutants), len(self.module.mutants)
        self.notes = (
            f"{self.module.name}: {len(self.module.lines)} lines, {whole} mutants, of which "
            f"{tried} are tried.",
        )

    def prepare(self, watch: Watch = silent) -> None:
        """Search for tests."""
        pool(self.subject, self._plan, watch)

    @property
    def _plan(self) -> SuiteSearchPlan:
        s = self.settings
        return SuiteSearchPlan(s.rounds, s.candidates, s.seed)

    @cached_property
    def pool(self) -> SuitePool:
        """The tests that suites are built from.

        Raises:
            InputError: if no result of the search can be asserted.
        """
        found = pool(self.subject, self._plan)
        if not any(t.kills for t in found.tests):
            raise InputError(
                f"a module whose calls can be observed, within {self.settings.rounds} rounds",
                f"{self.module.name}, of which no call kills a mutant",
                "Write more rounds, or add examples to its docstrings.",
            )
        return found

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec whose tokens are whole tests."""
        vocabulary = Vocabulary.of([t.source for t in self.pool.tests], pattern=PIECE, rare=1)
        steps = min(MOST_TESTS, len(self.pool.tests)) + 1
        return TokenCodec(vocabulary, steps, MOST_FILE, None, SUITE)

    def data(self) -> xr.Dataset:
        """Return suites of several sizes from the pool; every fourth is held out."""
        rng = Random(self.settings.seed)
        shares = [1.0 - 0.5 * i / KNOWN for i in range(KNOWN)]
        covers = ["".join(t.source for t in cover(self._guided, s, rng)) for s in shares]
        single = [t.source for t in self._guided if t.kills]
        listed = list(dict.fromkeys([*covers, *single]))[:KNOWN]
        held = np.arange(len(listed)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        designs = suites(listed, list(range(len(listed))))
        return designs.assign_coords(held_out=(DESIGN, held))

    @property
    def _guided(self) -> list[PoolTest]:
        return self.pool.of(blind=False)

    def equal(self, designs: xr.Dataset) -> Int[np.ndarray, " n"]:
        """Return for each suite the first one of the same tests, in any order and by any name."""
        suites = map(str, designs[SUITE].to_numpy())
        return firsts(tuple(sorted(set(re.split(HEAD, suite)))) for suite in suites)

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Baselines: results of evolution, unguided calls, and examples of docstrings alone."""
        rules = {"evolution": self._evolved, "unguided": self._unguided, "docstring": self._said}
        return {name: partial(self._choices, name, rule) for name, rule in rules.items()}

    def _choices(self, name: str, rule: Callable[[Random], Sequence[str]]) -> TextChoices:
        return TextChoices(self.codec, CONSTANT, rule, name)

    def _evolved(self, rng: Random) -> list[str]:
        """Choose few tests that kill all or nearly all mutants killed by the search."""
        rng = Random(rng.randrange(STARTS))
        share = rng.choice((1.0, 1.0, 0.98, 0.95))
        return [t.source for t in cover(self._guided, share, rng)]

    def _unguided(self, rng: Random) -> list[str]:
        rows = self.pool.of(blind=True) or self._guided
        some = cover(rng.sample(rows, max(1, len(rows) * 3 // 4)), 1.0, rng)
        return [t.source for t in some or rows[:1]]

    def _said(self, rng: Random) -> list[str]:
        rows = [t for t in self.pool.of(label="Specified.") if t.kills]
        return [t.source for t in rows] or [self._guided[0].source]

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on the best suite, its mutants and survivors in the source, and the search."""
        return report.sections(self, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A suite without a call kills nothing; one that fails covers nothing."""
        truth = {"failing": 0.0, "flaky": 0.0, "idle": 1.0, "mutation_score": 0.0, "tests": 1.0}
        wrong = PROVE.replace("1 == 1", "1 == 2")
        failing = {"failing": 1.0, "mutation_score": 0.0, "branch_coverage": 0.0}
        return ((suites([PROVE], [0]), truth, 1e-12), (suites([wrong], [0]), failing, 1e-12))

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """Summarise a suite by its tests, instead of all its lines."""
        return tuple(_counted(str(x)) for x in designs[name].to_numpy())


def _counted(suite: str) -> str:
    reported = []
    for label in LABELS:
        count = suite.count(f'"""{label}"""')
        if count:
            reported.append(f"{count} {label.rstrip('.').lower()}")
    return f"tests: {', '.join(reported)}"


def _module(name: str, given: Given) -> Module:
    """Return the module of a file, under its name, or an installed one.

    Raises:
        InputError: for a file without a name, or an invalid name.
    """
    if name and not all(p.isidentifier() for p in name.split(".")):
        raise InputError("the name of a module", f'"{name}"', 'Write module = "shapes".')
    if "source" not in given:
        return named(name or DEFAULT)
    if not name:
        raise InputError(
            "the name by which tests import the file", "none", 'Write [setup] module = "shapes".'
        )
    return checked(name, given["source"])
