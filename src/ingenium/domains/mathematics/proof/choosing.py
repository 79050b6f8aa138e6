"""The statement of a spec: in symbols, a theorem of the database, or a reading of words."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.domains.mathematics.metamath.index import Index
from ingenium.domains.mathematics.metamath.steps import matched
from ingenium.domains.mathematics.proof.evaluate import counterexample
from ingenium.domains.mathematics.proof.goal import ProofGoal, of_label, of_symbols
from ingenium.domains.mathematics.proof.paraphrase import paraphrase
from ingenium.domains.mathematics.proof.reading import StatementReading, readings


@dataclass(frozen=True)
class Chosen:
    """The goal, what it says, and which theorems of the database say the same or more."""

    goal: ProofGoal
    paraphrase: str
    notes: tuple[str, ...]
    same: tuple[str, ...]
    readings: tuple[StatementReading, ...] = ()


def chosen(
    index: Index, text: str, reading: int, *, theorem: str = "", distinct: Sequence[str] = ()
) -> Chosen:
    """Return the statement of a spec.

    Raises:
        InputError: for a statement in words without a choice among its readings, with all of them;
            for one that is no formula, or false for small numbers.
    """
    found: tuple[StatementReading, ...] = ()
    if theorem:
        goal = of_label(index, theorem)
    elif in_symbols(index, text):
        goal = of_symbols(index, text, distance=distinct)
    else:
        found = readings(index, text)
        if not 1 <= reading <= len(found):
            raise InputError(
                f"a reading of {text!r}, from 1 to {len(found)}",
                str(reading or "none"),
                f"Write [setup] reading = 1 for the first of these.\n{listed(found)}",
            )
        goal = found[reading - 1].goal
    _refute(goal)
    said = paraphrase(index, goal)
    same = same_as(goal)
    notes = [f"Statement: {goal.text}", said]
    if same:
        notes.append(f"The database states this, or more: {', '.join(same[:6])}.")
    return Chosen(goal, said, tuple(notes), same, found)


def in_symbols(index: Index, text: str) -> bool:
    """Return True for a text that is meant as symbols of the database."""
    words = text.split()
    if not words or words[0] == "|-" or " => " in text:
        return True
    known = sum(w in index.base.constants or w in index.base.floats for w in words)
    signs = sum(not w.isalnum() for w in words)
    return known >= 0.75 * len(words) or (signs > 0.4 * len(words) and known >= 0.5 * len(words))


def listed(found: Sequence[StatementReading]) -> str:
    """Return readings as numbered lines."""
    rows = []
    for i, r in enumerate(found, 1):
        rows.append(f"  {i}. {r.paraphrase}\n     {r.goal.text}")
    return "\n".join(rows)


def same_as(goal: ProofGoal) -> tuple[str, ...]:
    """Return theorems that state the goal, or something of which it is an instance."""
    found = []
    for label in goal.index.candidates(goal.conclusion):
        rule = goal.index.rule(label)
        given: dict[str, object] = {}
        own = rule.size > 0 and label not in goal.theorem.hidden
        own = own and rule.order < goal.theorem.before
        if not own or not matched(rule.conclusion, goal.conclusion, given):
            continue
        if all(any(matched(p, q, given) for q in goal.premises) for p in rule.premises):
            found.append(label)
    return tuple(found)


def _refute(goal: ProofGoal) -> None:
    """Refuse a statement that is false for small numbers.

    Raises:
        InputError: with the numbers.
    """
    found = counterexample(goal)
    if found is not None:
        where = ", ".join(f"{k} = {v}" for k, v in found.items()) or "no variables"
        raise InputError(
            "a statement that is true for small numbers",
            f"{goal.text}, which is false for {where}",
            "Add the condition that excludes it, or state the contrary.",
        )
