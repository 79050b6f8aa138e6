"""Verifier of proofs: our kernel and the program `metamath`, both or nothing."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import EngineError
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.mathematics.metamath import program
from ingenium.domains.mathematics.metamath.axioms import Axioms
from ingenium.domains.mathematics.metamath.kernel import Checked, ProofError, check
from ingenium.domains.mathematics.proof.goal import ProofGoal

PROOF = "proof"
SHAPE = re.compile(r"(?:[A-Za-z0-9._-]+|[()?])(?: (?:[A-Za-z0-9._-]+|[()?]))*")
NO_ANSWER = (math.nan,) * 5


@dataclass(frozen=True, eq=False)
class ProofVerifier:
    """Verifier that checks a proof by our kernel, and the file with it by `metamath`.

    The program judges what our kernel accepts: a proof is accepted by both, or refused. A text that
    has not the shape of a proof measures NaN.
    """

    goal: ProofGoal
    axioms: Axioms
    avoided: tuple[str, ...] = ()
    name: str = "ingenium-kernel and metamath"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("refused", "1", "1 if one of two kernels refuses the proof"),
        Quantity("steps", "1", "logical steps; 0 of a refused proof"),
        Quantity("characters", "1", "length of the compressed proof"),
        Quantity("axioms", "1", "axioms that it rests on; 0 of a refused proof"),
        Quantity("avoided", "1", "axioms that it rests on and must not"),
    )
    known: dict[str, tuple[float, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def version(self) -> str:
        """Version of our kernel, and of the program."""
        return f"1 and {program.find().version}"

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 5"]:
        listed = texts(arrays[0])
        fresh = list(dict.fromkeys(t for t in listed if t not in self.known))
        self.known.update(zip(fresh, self._measured(fresh), strict=True))
        rows = [self.known[t] for t in listed]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    def _measured(self, proofs: Sequence[str]) -> list[tuple[float, ...]]:
        own = {p: self._own(p) for p in proofs if SHAPE.fullmatch(p)}
        sound = [p for p, found in own.items() if found is not None]
        theirs = dict(zip(sound, self.by_program(sound), strict=True))
        return [
            self._row(p, own[p], theirs.get(p, False)) if p in own else NO_ANSWER for p in proofs
        ]

    def _own(self, proof: str) -> Checked | None:
        try:
            return self.by_kernel(proof)
        except ProofError:
            return None

    def _row(self, proof: str, own: Checked | None, accepted: bool) -> tuple[float, ...]:
        if own is None:
            return (1.0, 0.0, float(len(proof)), 0.0, 0.0)
        used = self.axioms.of(own.cited)
        bad = float(len(used.intersection(self.avoided)))
        return (float(not accepted), float(own.steps), float(len(proof)), float(len(used)), bad)

    def by_kernel(self, proof: str) -> Checked:
        """Check a proof by our kernel, and that nothing it rests on is unproved.

        Raises:
            ProofError: naming the step.
        """
        found = check(self.goal.index.base, self.goal.proved_by(proof), proof)
        self.axioms.whole(found.cited)
        return found

    def by_program(self, proofs: Sequence[str]) -> list[bool]:
        """Check proofs by `metamath`, all in one file.

        Raises:
            EngineError: if it accepts a proof that lacks a step.
        """
        if not proofs:
            return []
        above, file = self.goal.before
        labels = [f"judged-{i}" for i in range(len(proofs))]
        blocks = [self.goal.block(x, p) for x, p in zip(labels, proofs, strict=True)]
        text = above + "".join(blocks) + self.goal.refused
        found = program.accepted(text, [*labels, program.REFUSED], alongside=file)
        if found[-1]:
            raise EngineError("metamath accepted a proof that lacks a step")
        return found[:-1]
