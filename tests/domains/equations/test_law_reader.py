"""Random laws, and the network that reads tables and writes laws."""

import numpy as np
import pytest
import torch

from ingenium.core.designs import to_arrays
from ingenium.domains.equations.law.archive import LawFit, padded
from ingenium.domains.equations.law.codec import LawCodec
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.families import GrammarLaws
from ingenium.domains.equations.law.grammar import SPECIALS, UnitGrammar
from ingenium.domains.equations.law.language import CONSTANTS, Language
from ingenium.domains.equations.law.problem import LawSettings, TableLaw
from ingenium.domains.equations.law.read_laws import ReadLaws, opened
from ingenium.domains.equations.law.reader import SYMBOLS, condition, numbers, symbols
from ingenium.domains.equations.law.table import MeasuredTable, read
from ingenium.generators import offer
from ingenium.generators.tokens.vocabulary import END
from ingenium.train.plan import Plan
from ingenium_networks.recipes.chance_laws import ChanceLaw

EXACT = 1e-7


def _coulomb() -> MeasuredTable:
    rng = np.random.default_rng(3)
    q, p, r = (rng.uniform(1, 5, 150) for _ in range(3))
    rows = "\n".join(f"{a:.12g},{b:.12g},{c:.12g},{a * b / c**2:.12g}" for a, b, c in
                     zip(q, p, r, strict=True))  # fmt: skip
    heads = "charge [C],other [C],distance [m],force [N]"
    return read(f"{heads}\n{rows}\n", "force", ("F/m",))


def test_laws_by_chance_obey_their_units_and_the_grammar() -> None:
    rng = np.random.default_rng(5)
    sampled = [ChanceLaw.sampled(rng) for _ in range(60)]
    for law in sampled:
        names = tuple(f"x{i}" for i in range(len(law.columns)))
        language = Language(names, law.dims[:-1], law.dims[-1], (), tuple("abcd"))
        assert language.faults(law.tokens) == 0
        ids = language.numbers([law.tokens])
        constants = padded(law.constants)[None]
        values = Evaluator(language).values(ids, constants, law.columns)
        torch.testing.assert_close(values[0], law.values)
        grammar, state = UnitGrammar(language), [((), 0)]
        row = torch.zeros(1, dtype=torch.int64)
        for place, token in enumerate([*(ids[0] + SPECIALS), torch.tensor(END)]):
            assert grammar.permits(state, row, token.reshape(1), 40 - place)
            state = grammar.follow(state, token.reshape(1))
    with_units = [law for law in sampled if any(map(any, law.dims))]
    assert len(with_units) > 20
    assert len({law.tokens for law in sampled}) > 50


def test_what_is_told_of_a_table_knows_the_exponents_and_no_order_of_magnitude() -> None:
    table = _coulomb()
    dims = (*table.language.dims, table.language.target)
    plain = condition(table.columns, table.values, dims).unflatten(0, (11, -1))
    slopes = 3 * plain[[0, 1, 2], -1]
    torch.testing.assert_close(slopes, torch.tensor([1.0, 1.0, -2.0]), atol=1e-4, rtol=0)
    larger = condition(1e6 * table.columns, table.values, dims).unflatten(0, (11, -1))
    torch.testing.assert_close(larger[:, :40], plain[:, :40])


def test_a_language_is_told_in_symbols_that_all_tables_share() -> None:
    language = _coulomb().language
    own = [SYMBOLS[i - 1] for i in symbols(language)[1:].tolist()]
    assert own[: len(language.names)] == ["x0", "x1", "x2"]
    assert own[language.number["c[A**2*s**4/kg/m**3]"]] == "c" == own[language.number["c"]]
    assert numbers(("x0", "c", "*"))[-1] == END


def test_the_reader_writes_a_law_where_chance_does_not() -> None:
    """A product of powers of pure numbers, in 64 formulas: units give no information here."""
    rng = np.random.default_rng(3)
    a, b, d = rng.uniform(1, 5, (3, 150))
    rows = np.stack([a, b, d, 3 * a**2 * b / d], 1)
    body = "\n".join(",".join(f"{x:.12g}" for x in row) for row in rows)
    table = read(f"a [1],b [1],d [1],y [1]\n{body}\n", "y", ())
    codec = LawCodec.of(table.language)
    fit = LawFit(table.language, table.columns, table.values)

    def least(family: ReadLaws | GrammarLaws) -> float:
        rng = torch.Generator().manual_seed(1)
        written = codec.laws(family.propose(torch.zeros(64, 1), rng))
        good = [law for law in written if law is not None]
        assert all(table.language.faults(tokens) == 0 for tokens, _ in good)
        return min(law.misfit for law in fit.fitted(good, 8))

    assert least(opened(table, codec)) < EXACT
    assert least(GrammarLaws(codec, 1)) > EXACT


def test_units_that_only_a_constant_brings_can_be_written() -> None:
    """The unit of Coulomb's force does not follow from charges and distances alone."""
    table = _coulomb()
    codec = LawCodec.of(table.language)
    for family in (opened(table, codec), GrammarLaws(codec, 1)):
        rng = torch.Generator().manual_seed(1)
        written = codec.laws(family.propose(torch.zeros(24, 1), rng))
        assert all(law is not None and table.language.faults(law[0]) == 0 for law in written)
        assert all(len(law[1]) <= CONSTANTS for law in written if law)


@pytest.mark.slow
def test_masked_diffusion_writes_laws_whose_units_agree() -> None:
    problem = TableLaw(LawSettings(bank=120, known=24))
    family = offer.make(problem, "masked_diffusion", 1)
    x = problem.codec.encode(to_arrays(problem.data(), problem.variables)).float()
    family.fit(x, torch.zeros(len(x), 1), Plan(steps=40, batch=16))
    written = problem.codec.laws(
        family.propose(torch.zeros(12, 1), torch.Generator().manual_seed(0))
    )
    assert all(law is not None and problem.language.faults(law[0]) == 0 for law in written)
