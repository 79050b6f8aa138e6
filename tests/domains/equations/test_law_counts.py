"""Reported counts of a search of laws equal its actual ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ingenium.domains.equations.law.archive import ExpressionCount
from ingenium.domains.equations.law.bank import FormulaBank
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.families import GeneticLaws
from ingenium.domains.equations.law.genetic import LawSearch
from ingenium.domains.equations.law.operations import OPERATIONS, FormulaOperation
from ingenium.domains.equations.law.pairs import TermSums, drafts
from ingenium.domains.equations.law.problem import LawSettings, TableLaw
from ingenium.domains.equations.law.table import MeasuredTable, read
from ingenium.train.plan import Plan

PLAIN = ("+", "-", "*", "/", "sq")


def _energy(units: str) -> MeasuredTable:
    rng = np.random.default_rng(1)
    m, v, h = rng.uniform(1, 4, (3, 60))
    noise = 1 + 0.05 * rng.standard_normal(60)
    rows = np.stack([m, v, h, (0.5 * m * v**2 + 3 * m * h) * noise], 1)
    heads = ",".join(f"{n} [{u}]" for n, u in zip("mvhW", units.split(), strict=True))
    body = "\n".join(",".join(f"{x:.12g}" for x in row) for row in rows)
    return read(f"{heads}\n{body}\n", "W", ())


def test_every_evaluation_on_rows_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the bank by its operations, and fits by the evaluator."""
    seen = {"bank": 0, "fits": 0}
    search = LawSearch(_energy("kg 1 1 kg"), PLAIN, 40, 2.0, 0)

    def watched(own: FormulaOperation) -> FormulaOperation:
        def value(*taken):
            seen["bank"] += 1
            return own.value(*taken)

        return replace(own, value=value)

    monkeypatch.setattr(
        "ingenium.domains.equations.law.bank.OPERATIONS",
        {name: watched(own) for name, own in OPERATIONS.items()},
    )
    bank = search.bank
    leaves = len(search.language.names) + 1
    assert bank.looked_at == leaves + seen["bank"] > len(bank.heads)
    monkeypatch.undo()
    slopes = Evaluator.slopes

    def counted(self, tokens, constants, columns):
        seen["fits"] += len(tokens)
        return slopes(self, tokens, constants, columns)

    monkeypatch.setattr(Evaluator, "slopes", counted)
    drafted = search.drafted.count.rows
    assert drafted == bank.looked_at + seen["fits"]
    evolved = search.evolved([], 1).count.rows
    assert evolved == bank.looked_at + seen["fits"] > drafted
    assert search.drafted.count.rows == drafted


def test_pairs_and_products_are_counted_by_their_dimensions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All pairs of pure numbers count; of others only those whose units agree."""
    third, requested = TermSums.third, []

    def watched(self, pair):
        requested.append(len(self.pull))
        return third(self, pair)

    monkeypatch.setattr(TermSums, "third", watched)
    tables = {units: _energy(units) for units in ("1 1 1 1", "kg m/s m J")}
    counts = {}
    for units, table in tables.items():
        columns = table.columns[:, table.train].numpy()
        bank = FormulaBank.grown(table.language, PLAIN, columns, 12, 0)
        count = ExpressionCount()
        requested.clear()
        list(drafts(bank, table.values[table.train].numpy(), (), count))
        counts[units] = count.algebra, len(bank.heads), sum(requested)
    scored, n, thirds = counts["1 1 1 1"]
    factors = 12  # each is a factor once, of two forms: the sum, and over the sum
    assert scored == n * n + 2 * factors * n * (n + 1) // 2 + thirds
    assert thirds >= 2 * factors * 2 * n
    assert counts["kg m/s m J"][0] < scored / 4


def test_the_record_of_a_fit_says_what_was_tried() -> None:
    problem = TableLaw(
        LawSettings(operations=("+", "*", "/", "sqrt"), bank=50, generations=1, known=20)
    )
    family = problem.baselines()["genetic"]()
    assert isinstance(family, GeneticLaws)
    known = problem.encode(problem.data())
    course = family.fit(known, torch.zeros(len(known), 1), Plan(steps=1))
    drafted = problem.search.drafted.count
    assert course["expressions_on_rows"][-1] > drafted.rows > problem.search.bank.looked_at
    assert course["expressions_by_algebra"][-1] == drafted.algebra > 0


@pytest.mark.parametrize(
    "heads", ["a [m],b [1],y [m]", "a [rad],b [rad],y [1]", "a [rad],b [rad],y [N]"]
)
def test_columns_with_zeros_and_angles_alone_are_searched(heads: str) -> None:
    rng = np.random.default_rng(2)
    a, b = np.r_[0.0, rng.uniform(1, 2, 29)], rng.uniform(1, 2, 30)
    rows = "\n".join(f"{x:.9g},{y:.9g},{x * y + 0.1:.9g}" for x, y in zip(a, b, strict=True))
    search = LawSearch(read(f"{heads}\n{rows}\n", "y", ()), PLAIN, 40, 2.0, 0)
    assert bool(search.drafted.ranked()) == ("N" not in heads)
