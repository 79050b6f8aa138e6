"""Proofs of theorems from what comes before them, and of sentences; kernels under attack."""

import random
from collections.abc import Iterator

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.mathematics.metamath import library
from ingenium.domains.mathematics.metamath.corruptions import KINDS, corrupted
from ingenium.domains.mathematics.metamath.kernel import ProofError, check
from ingenium.domains.mathematics.metamath.steps import written
from ingenium.domains.mathematics.proof.goal import ProofGoal, of_label
from ingenium.domains.mathematics.proof.prior import RulePrior
from ingenium.domains.mathematics.proof.problem import Proofs
from ingenium.domains.mathematics.proof.search import ProofPlan, ProofSearch
from ingenium_book.findings import Commands, Finding, Picture

LEMMAS, EXPANSIONS, CORRUPTED, SEED = 10, 500, 1000, 11
TRUE = (
    ("The sum of two odd integers is even.", 1),
    ("The sum of two odd integers is even.", 5),
    ("The square of an odd integer is odd.", 1),
    ("For every real number x, 2 * x <= x^2 + 1.", 1),
    ("For all real numbers x and y, x + y = y + x.", 2),
)
FALSE = ("Every prime number is odd.", "If x is a real number, then x <= x^2.")


def proof_loop(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 31.2: held-out lemmas with and without feedback, and corrupted proofs."""
    index = library.large()
    tenth = [a.label for a in index.base.order if a.kind == "$p" and a.label in index][::10]
    prior = RulePrior(index)
    goals = [of_label(index, x) for x in random.Random(SEED).sample(tenth, LEMMAS)]
    with_it, without = (sum(_proved(g, prior, feedback=f) for g in goals) for f in (True, False))
    yield Finding(
        f"{with_it} of {LEMMAS} held-out lemmas of set.mm are proved within {EXPANSIONS} steps "
        f"with failures as costs, {without} without",
        with_it > 0,
    )
    rng, base, made, accepted = random.Random(SEED), library.small().base, 0, 0
    proved = [a for a in base.order if a.kind == "$p"]
    while made < CORRUPTED:
        found = corrupted(base, rng.choice(proved), rng.choice(KINDS), rng)
        if found is None:
            continue
        made += 1
        try:
            check(found.database, found.theorem, found.proof)
            accepted += 1
        except ProofError:
            continue
    yield Finding(f"{accepted} of {made} corrupted proofs are accepted", accepted == 0)


def _proved(goal: ProofGoal, prior: RulePrior, *, feedback: bool) -> bool:
    found = ProofSearch(goal, prior, ProofPlan(EXPANSIONS, feedback=feedback)).run()
    for step in found.proofs:
        text = written(goal.index, goal.theorem, step)
        check(goal.index.base, goal.proved_by(text), text)
    return bool(found.proofs)


def sentences(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.4: sentences to proofs that two kernels accept; false and ambiguous ones answered."""
    accepted = 0
    for text, reading in TRUE:
        problem = _opened(text, reading)
        accepted += any(problem.verifier.by_program(problem.proved))  # type: ignore[attr-defined]
    yield Finding(
        f"{accepted} of {len(TRUE)} sentences have a proof that both kernels accept",
        accepted == len(TRUE),
    )
    answered = []
    for text in FALSE:
        try:
            _opened(text, 1)
        except InputError as error:
            answered.append("which is false for" in str(error))
    yield Finding(
        f"{sum(answered)} false sentences get a counterexample", sum(answered) == len(FALSE)
    )
    try:
        _opened(TRUE[0][0], 0)
        back = False
    except InputError as error:
        back = "A is not equal to B" in str(error)
    yield Finding("an ambiguous sentence is answered with its readings, and not proved", back)


def _opened(text: str, reading: int) -> Proofs:
    setup = {"reading": reading, "cite_same": False, "expansions": 60, "proofs": 1}
    given = {"conjecture": text}
    problem = open_problem(Spec(problem="mathematics.proof", setup=setup, given=given))
    assert isinstance(problem, Proofs)
    return problem
