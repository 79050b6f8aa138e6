"""`mathematics.proof`: a statement in words or symbols to proofs that two kernels accept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from random import Random
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError, choose
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section, Watch, silent
from ingenium.core.quantity import Variable
from ingenium.core.spec import Limit
from ingenium.domains.mathematics.metamath import library
from ingenium.domains.mathematics.metamath.axioms import Axioms
from ingenium.domains.mathematics.metamath.index import Index
from ingenium.domains.mathematics.proof import report
from ingenium.domains.mathematics.proof.choosing import Chosen, chosen
from ingenium.domains.mathematics.proof.formats import LONGEST, MetamathFiles, proofs
from ingenium.domains.mathematics.proof.goal import ProofGoal
from ingenium.domains.mathematics.proof.pool import ProofPool, attempts, pool
from ingenium.domains.mathematics.proof.prior import RulePrior
from ingenium.domains.mathematics.proof.search import ProofPlan
from ingenium.domains.mathematics.proof.tactics import tactics_of
from ingenium.domains.mathematics.proof.verifier import PROOF, ProofVerifier
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

PIECE = r".+"
CONSTANT, KNOWN, HELD_OUT_EVERY = 1, 24, 4
DEFAULT = "( ph -> ps ) & ( ps -> ch ) => ( ph -> ch )"
MOST_DATABASE = 1 << 26  # characters
CONJECTURE = Input(
    "conjecture", "text", "the statement, in words or in symbols", most=4000, default=DEFAULT
)
DATABASE = Input("database", "text", "a Metamath database of one's own", most=MOST_DATABASE)


@dataclass(frozen=True)
class ProofSettings:
    """The library of theorems, the reading of a sentence, and the length of the search."""

    library: Literal["set.mm", "small"] = (
        "set.mm"  # database of theorems: set.mm, or a small one that needs no installation
    )
    reading: int = 0  # number of the reading; needed for a statement in words
    theorem: str = ""  # of the database, to be proved from what comes before it
    distinct: tuple[str, ...] = ()  # groups of variables, such as "x A"; all with a set variable
    avoid: tuple[str, ...] = ()  # axioms, such as "ax-ac"
    hide: tuple[str, ...] = ()  # theorems that a proof may not cite
    cite_same: bool = True  # a proof may cite a theorem that is the statement itself
    expansions: int = 20_000  # goals that a search opens at most
    proofs: int = 24  # different ones to find before the search ends
    tactics: bool = True  # also close goals by arithmetic, algebra and cases
    feedback: bool = True  # failed steps steer the rest of the search


class Proofs(Problem):
    """Proofs of a statement in the compressed format of Metamath."""

    name: ClassVar[str] = "mathematics.proof"
    summary: ClassVar[str] = (
        "a formal proof of a statement in words or symbols, accepted by two kernels"
    )
    Settings: ClassVar[type] = ProofSettings
    inputs: ClassVar[tuple[Input, ...]] = (CONJECTURE, DATABASE)
    judged: ClassVar[str] = (
        "The file of each proof: its statement and database must be those of the spec, and both "
        "our kernel and the program metamath must accept the proof."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether the formal statement has the intended meaning: read its paraphrase.",
        "Whether the axioms of a user's own database are true, or consistent.",
    )
    default_family: ClassVar[str] = "search"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    tiers: tuple[ProofVerifier, ...]
    validity: tuple[str, ...] = ("refused",)

    def __init__(self, settings: ProofSettings, given: Given = NOTHING) -> None:
        """Read the statement; the search begins when proofs are needed.

        Raises:
            InputError: for a statement that is ambiguous, false for small numbers, or no formula.
        """
        for name in ("expansions", "proofs"):
            if getattr(settings, name) < 1:
                raise InputError(f"{name} of at least 1", getattr(settings, name))
        self.settings, self.given = settings, given
        self.index = _index(settings, given)
        for label in (*settings.avoid, *settings.hide):
            choose(label, self.index.base.assertions, f"assertion of {self.index.base.name}")
        self.chosen: Chosen = chosen(
            self.index, given.values.get("conjecture", DEFAULT), settings.reading,
            theorem=settings.theorem, distinct=settings.distinct,
        )  # fmt: skip
        hidden = {*settings.hide, *(() if settings.cite_same else self.chosen.same)}
        goal = self.chosen.goal
        self.goal: ProofGoal = replace(
            goal, theorem=replace(goal.theorem, hidden=frozenset(hidden))
        )
        trusted = library.trusted(self.index.base)
        self.axioms = Axioms(self.index.base, trusted)
        self.tiers = (ProofVerifier(self.goal, self.axioms, settings.avoid),)
        self.system = digest([self.index.base.text, self.goal.text, sorted(hidden)])
        about = "proof in the compressed format of Metamath"
        self.variables = (Variable(PROOF, (), "1", about, longest=LONGEST),)
        self.conditions = ()
        self.limits = (Limit("refused", at_most=0), Limit("avoided", at_most=0))
        self.formats = {"mm": MetamathFiles(self.goal)}
        self.licence = "set.mm: CC0" if trusted else "the database's own"
        self.notes = self.chosen.notes

    @property
    def plan(self) -> ProofPlan:
        """Budget of the search."""
        s = self.settings
        return ProofPlan(s.expansions, s.feedback, s.proofs)

    @cached_property
    def prior(self) -> RulePrior:
        """Costs of rules."""
        return RulePrior(self.index)

    def prepare(self, watch: Watch = silent) -> None:
        """Search for proofs."""
        watch("proofs", 0, 1)
        _ = self.pool
        watch("proofs", 1, 1)

    @cached_property
    def pool(self) -> ProofPool:
        """Proofs that the search found, with its failures."""
        tactics = tactics_of(self.goal) if self.settings.tactics else ()
        return pool(self.goal, self.prior, self.plan, tactics)

    @cached_property
    def tried(self) -> tuple[str, ...]:
        """Attempts of one step."""
        found = attempts(self.goal, self.prior, KNOWN)
        short = tuple(x for x in found if len(x) <= LONGEST)
        return short if len(short) > 1 else (*short, "?", "? ?")[:2]

    @cached_property
    def proved(self) -> tuple[str, ...]:
        """Proofs whose text is not too long."""
        return tuple(p for p in self.pool.proofs if len(p) <= LONGEST)

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec whose tokens are whole proofs."""
        vocabulary = Vocabulary.of([*self.tried, *self.proved], pattern=PIECE, rare=1)
        return TokenCodec(vocabulary, 2, LONGEST, None, PROOF)

    def data(self) -> xr.Dataset:
        """Proofs that were found, and attempts of one step; every fourth is held out."""
        listed = list(dict.fromkeys([*self.proved, *self.tried]))[:KNOWN]
        held = np.arange(len(listed)) % HELD_OUT_EVERY == 1
        return proofs(listed, list(range(len(listed)))).assign_coords(held_out=(DESIGN, held))

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Proofs of the search, and single steps by the likeliest rules."""
        rules = {"search": self._searched, "retrieval": self._retrieved}
        return {
            name: partial(TextChoices, self.codec, CONSTANT, rule, name)
            for name, rule in rules.items()
        }

    def _searched(self, rng: Random) -> list[str]:
        return [rng.choice(self.proved or self.tried)]

    def _retrieved(self, rng: Random) -> list[str]:
        return [rng.choice(self.tried)]

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on the statement, the best proof as a tree, and steps that failed."""
        return report.sections(self, designs, verdicts)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """Theorems that a proof cites, without its letters."""
        return tuple(report.summary(self, str(p)) for p in designs[name].to_numpy())

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A proof that lacks all of its steps is refused."""
        return ((proofs(["?"], [0]), {"refused": 1.0, "characters": 1.0}, 1e-12),)


def _index(settings: ProofSettings, given: Given) -> Index:
    if "database" in given:
        return library.of_user(given["database"])
    return library.small() if settings.library == library.SMALL else library.large()
