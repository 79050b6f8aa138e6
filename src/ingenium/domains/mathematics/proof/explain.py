"""The logical steps of a proof in order, as people read them."""

from dataclasses import dataclass

from ingenium.domains.mathematics.metamath.database import PROVES, Database
from ingenium.domains.mathematics.metamath.kernel import Expression, ProofRun, Theorem


@dataclass(frozen=True)
class LogicStep:
    """A step: its number, the steps it follows from, by what, and what it says."""

    number: int
    premises: tuple[int, ...]
    label: str
    formula: str


class _Replay(ProofRun):
    """A run that writes down its logical steps."""

    def __init__(self, database: Database, theorem: Theorem) -> None:
        super().__init__(database, theorem)
        self.numbers: dict[Expression, int] = {}
        self.rows: list[LogicStep] = []

    def label(self, word: str) -> None:
        before = list(self.stack)
        super().label(word)
        found = self.stack[-1]
        if found[0] != PROVES or found in self.numbers:
            return
        used = before[len(self.stack) - 1 :]
        premises = tuple(self.numbers[e] for e in used if e[0] == PROVES)
        self.numbers[found] = len(self.rows) + 1
        self.rows.append(LogicStep(self.numbers[found], premises, word, " ".join(found[1:])))


def logic_steps(database: Database, theorem: Theorem, proof: str) -> tuple[LogicStep, ...]:
    """Return the logical steps of a proof; equal formulas are one step.

    Raises:
        ProofError: if the kernel refuses the proof.
    """
    run = _Replay(database, theorem)
    words = proof.split()
    if words[:1] == ["("]:
        run.compressed(words)
    else:
        for word in words:
            run.label(word)
    run.ended()
    return tuple(run.rows)
