"""Verifier of a law: misfit on held-out rows, units, and where it is proved to have a value.

Shapes: n laws, k constants, r rows.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.equations.law import enclosure
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.fitting import idle
from ingenium.domains.equations.law.language import Language, Postfix
from ingenium.domains.equations.law.table import MeasuredTable


def read_laws(language: Language, laws: Tensor) -> list[Postfix | None]:
    """Return the tokens of each text; None for an invalid formula."""
    return [language.split(text) for text in texts(laws)]


def misfit(rest: Float[Tensor, "n r"], spread: float) -> Float[Tensor, " n"]:
    """Root mean square residual of a law, in spreads of the target."""
    return rest.square().mean(1).sqrt() / spread


@dataclass(frozen=True, eq=False)
class FormulaVerifier:
    """Evaluator of each law in double precision; NaN without a value in a row."""

    table: MeasuredTable
    wider: float  # times the box in which a law must have a value
    name: str = "expression-trees"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("misfit", "1", "error on held-out rows, in spreads of the target"),
        Quantity("misfit_outside", "1", "the same on the rows furthest from the middle"),
        Quantity("complexity", "1", "columns, numbers and operations of the formula"),
        Quantity("constant_count", "1", "constants that were fitted"),
        Quantity("unit_faults", "1", "operations whose units do not agree"),
        Quantity("idle_constants", "1", "constants that change nothing which others do not"),
        Quantity("unproven", "1", "share of the widened box in which no value is proved to exist"),
    )

    def values(self, laws: Tensor, constants: Tensor) -> Float[Tensor, "n r"]:
        """Return values of each law in all rows; NaN for an invalid formula."""
        read = read_laws(self.table.language, laws)
        rows = [i for i, one in enumerate(read) if one]
        listed = [one for one in read if one]
        found = torch.full((len(read), len(self.table.values)), math.nan, dtype=torch.float64)
        if rows:
            numbers = self.table.language.numbers(listed)
            own = constants[rows].to(torch.float64)
            found[rows] = Evaluator(self.table.language).values(numbers, own, self.table.columns)
        return found

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 7"]:
        laws, constants = arrays
        table, language = self.table, self.table.language
        found = torch.full((len(laws), len(self.quantities)), math.nan, dtype=torch.float64)
        read = read_laws(language, laws)
        rows = [i for i, one in enumerate(read) if one and bool(torch.isfinite(constants[i]).all())]
        if not rows:
            return found
        listed = [one for one in (read[i] for i in rows) if one is not None]
        evaluator = Evaluator(language)
        values, slopes = evaluator.slopes(language.numbers(listed), constants[rows], table.columns)
        rest = values - table.values
        inner = misfit(rest[:, table.inner], table.spread)
        outer = misfit(rest[:, table.outer], table.spread)
        wide = table.wide(self.wider).numpy()
        for place, (i, tokens) in enumerate(zip(rows, listed, strict=True)):
            if not bool(torch.isfinite(values[place]).all()):
                continue  # each law has boxes of its own: the loop is over laws
            held = [x for x in tokens if x in language.held]
            own = constants[i, : len(held)].tolist()
            spare = idle(slopes[place, : len(held)], own, table.spread)
            share = enclosure.unproven(language, tokens, own, wide)
            reported = (len(tokens), len(held), language.faults(tokens), spare, share)
            found[i] = torch.tensor([float(inner[place]), float(outer[place]), *reported])
        return found
