"""The reader of stories: sentences that a person wrote, known truths, and a red team."""

from collections.abc import Mapping

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.core.given import Given
from ingenium.domains.language.report.claims import Figure, trend
from ingenium.domains.language.report.periods import Period, read_periods
from ingenium.domains.language.report.problem import StorySettings, TableStories
from ingenium.domains.language.report.reader import ProseReader
from ingenium.domains.language.report.slots import UnreadError
from ingenium.domains.language.report.sql import SqlCheck
from ingenium.domains.language.report.table import TableRoles, read_facts

SALES = """quarter,region,revenue [EUR],orders [1],margin [percent]
2023-Q1,North,100.0,10,5.0
2023-Q1,South,80.0,8,4.0
2023-Q2,North,110.0,11,5.5
2023-Q2,South,70.0,7,4.5
2023-Q3,North,150.0,15,6.0
2023-Q3,South,60.0,6,4.0
2023-Q4,North,200.0,20,9.0
2023-Q4,South,90.0,9,3.0
"""
TRUE = (
    "Revenue in North was 200.0 EUR in the fourth quarter of 2023.",
    "In Q4 2023, total revenue was 290 EUR.",
    "In Q4 2023, average revenue was 145 EUR.",
    "Total revenue was 860 EUR in 2023.",
    "Revenue in North was 0.2 thousand EUR in Q4 2023.",
    "Revenue in North doubled from Q1 2023 to Q4 2023.",
    "Revenue in North rose by 100 % from Q1 2023 to Q4 2023.",
    "Revenue in South fell by 10.0 EUR from Q1 2023 to Q2 2023.",
    "Revenue in South fell from 80 EUR in Q1 2023 to 70 EUR in Q2 2023.",
    "Margin in North rose by 4.0 percentage points from Q1 2023 to Q4 2023.",
    "The highest revenue was 200.0 EUR, in North in Q4 2023.",
    "The lowest orders in South were 6, in Q3 2023.",
    "In Q4 2023, North had the highest revenue, at 200.0 EUR, ahead of South at 90.0 EUR.",
    "In Q4 2023, revenue was 110 EUR higher in North than in South.",
    "In Q4 2023, revenue was 122 % higher in North than in South.",
    "In Q3 2023, North accounted for 71.4 % of revenue.",
    "Revenue was above 85 EUR in five of the eight rows.",
    "Revenue in North was above 105 EUR in three in four quarters.",
    "Revenue in North has risen in every quarter since Q1 2023.",
    "In Q3 2023, margin in South was the lowest since Q1 2023, at 4.0 %.",
    "In Q3 2023, revenue in South was less than in North.",
)
FALSE = (
    "Revenue in North was 200.0 EUR in the third quarter of 2023.",  # the period of another
    "Revenue in South was 200.0 EUR in the fourth quarter of 2023.",  # the row of another
    "Orders in North were 200 in Q4 2023.",  # the column of another
    "Revenue in North was 200.0 USD in Q4 2023.",
    "Revenue in North was 200.0 in Q4 2023.",
    "Revenue was 200.0 EUR in Q4 2023.",  # of whom
    "Total revenue was 860 EUR in 2024.",
    "Total margin was 12 % in Q4 2023.",  # shares have no total
    "Revenue in North fell by 100 % from Q1 2023 to Q4 2023.",
    "Revenue in North rose by 50 % from Q1 2023 to Q4 2023.",
    "Revenue in North rose by 100 % from Q4 2023 to Q1 2023.",
    "Revenue in North tripled from Q1 2023 to Q4 2023.",
    "Revenue in South doubled from Q1 2023 to Q4 2023.",
    "Margin in North rose by 4.0 % from Q1 2023 to Q4 2023.",  # points, not per cent
    "The highest revenue was 200.0 EUR, in South in Q4 2023.",
    "The lowest revenue was 200.0 EUR, in North in Q4 2023.",
    "The highest revenue was 200.0 EUR, in North.",  # in which quarter
    "In Q4 2023, South had the highest revenue, at 200.0 EUR.",
    "In Q4 2023, North had the highest revenue, ahead of South at 200.0 EUR.",
    "North had the highest revenue, at 200.0 EUR.",  # a row, or the sum of rows
    "In Q4 2023, revenue was 55 % higher in South than in North.",
    "In Q3 2023, South accounted for 71.4 % of revenue.",
    "In Q3 2023, North accounted for 71.4 % of margin.",
    "Revenue was above 85 EUR in six of the eight rows.",
    "Revenue was below 85 EUR in five of the eight rows.",
    "Revenue in North was above 105 EUR in one in two quarters.",
    "Revenue in South has risen in every quarter since Q1 2023.",
    "Revenue in South has risen in every year since 2023.",
    "In Q4 2023, revenue in South was the highest since Q2 2023.",  # since an earlier one
    "Revenue in North trended upwards from Q1 2023 to Q4 2023 (Mann-Kendall test, p < 0.01).",
    # Red team: what a sentence says beyond its numbers.
    "Revenue in North was not 150.0 EUR in Q4 2023.",
    "Revenue in North never fell.",
    "Revenue in North did not rise by 100 % from Q1 2023 to Q4 2023.",
    "Revenue in North rose by no less than 100 % from Q1 2023 to Q4 2023.",
    "Revenue in North rose by 100 to 200 % from Q1 2023 to Q4 2023.",
    "Revenue in North was between 190 and 210 EUR in Q4 2023.",
    "Revenue in North was 200.0 EUR in Q4 2023 because of the new store.",
    "Revenue in North was only 200.0 EUR in Q4 2023.",
    "Revenue in North was 200.0 EUR in Q4 2023, a disaster.",
    "Revenue in North, up from last year, was 200.0 EUR in Q4 2023.",
    "Revenue in North was 2\u06600\u0660.0 EUR in Q4 2023.",
    "Revenue in North was \uff12\uff10\uff10 EUR in Q4 2023.",
    "Revenue in North was 20O.0 EUR in Q4 2023.",
    "Revenue in North was 2OO EUR in Q4 2023.",
    "Revenue in N\u043erth was 200.0 EUR in Q4 2023.",
    "Revenue in North was 200\u200b.0 EUR in Q4 2023.",
    "Revenue in North was 1e2 EUR in Q1 2023.",
    "Revenue in North was 200,0 EUR in Q4 2023.",
    "Revenue in North was minus 200.0 EUR in Q4 2023.",
    "Revenue in North was 200.0 EUR in Q4 2023; profits soared.",
    "Revenue in North was 200.0 EUR in Q4 2023. Profits soared.",
    "Revenue in North was 200.0 EUR in Q4 2023 (said Jane Miller).",
    '"Revenue in North was 200.0 EUR in Q4 2023."',
    "Revenue in North was 200 to EUR in Q4 2023.",
    "Revenue in North was 210 EUR in Q4 2023.",
    "Revenue in North was 0 thousand EUR in Q4 2023.",
    "Ignore the label.",
    "Revenue in North was 200.0 EUR in Q4 2023",
    "",
)


@pytest.fixture(scope="module")
def reader() -> ProseReader:
    return ProseReader(read_facts(SALES, TableRoles()))


@pytest.fixture(scope="module")
def check(reader: ProseReader) -> SqlCheck:
    return SqlCheck(reader.table)


@pytest.mark.parametrize("text", TRUE)
def test_true_sentences_are_read_and_recomputed_twice(
    reader: ProseReader, check: SqlCheck, text: str
) -> None:
    claims = reader.claims(text)
    assert claims
    assert [c.fault(reader.table) for c in claims] == [""] * len(claims)
    assert all(check.true(c) for c in claims)


@pytest.mark.parametrize("text", FALSE)
def test_false_sentences_are_unread_or_contradicted_twice(
    reader: ProseReader, check: SqlCheck, text: str
) -> None:
    try:
        claims = reader.claims(text)
    except UnreadError:
        return
    assert any(c.fault(reader.table) for c in claims), claims
    assert not all(check.true(c) for c in claims)


def test_no_word_can_be_slipped_into_a_true_sentence(reader: ProseReader) -> None:
    for text in TRUE:
        words = text[:-1].split(" ")
        for at in range(len(words) + 1):
            for word in ("not", "never", "only", "nearly", "about", "because", "South", "5"):
                changed = " ".join([*words[:at], word, *words[at:]]) + "."
                try:
                    claims = reader.claims(changed)
                except UnreadError:
                    continue
                assert any(c.fault(reader.table) for c in claims), changed


def test_what_is_read_is_what_is_written(reader: ProseReader) -> None:
    (claim,) = reader.claims("Revenue in South was 0.09 thousand EUR in Q4 2023.")
    assert isinstance(claim, Figure)
    assert (claim.term.key, claim.term.period) == ("South", Period.named("Q4 2023"))
    assert claim.amount.value == pytest.approx(90)
    assert claim.amount.half == pytest.approx(5)


def test_units_convert_and_offsets_do_not() -> None:
    table = read_facts(
        "day,load [MW],air [degC]\n2024-01-01,1.5,4\n2024-01-02,2.5,5\n", TableRoles()
    )
    read = ProseReader(table)
    (claim,) = read.claims("Load was 1,500 kW on 1 January 2024.")
    assert not claim.fault(table)
    with pytest.raises(UnreadError, match="begins elsewhere"):
        read.claims("Air was 277 K on 1 January 2024.")


def test_a_year_that_is_not_whole_has_no_total() -> None:
    table = read_facts(SALES.replace("2023-Q4,South,90.0,9,3.0\n", ""), TableRoles())
    (claim,) = ProseReader(table).claims("Total revenue was 770 EUR in 2023.")
    assert "not all of it" in claim.fault(table)


def test_trend_is_that_of_the_textbook() -> None:
    # Gilbert, Statistical Methods for Environmental Pollution Monitoring, 1987: S and Var(S).
    values = np.array([10.0, 22.0, 21.0, 30.0, 22.0, 30.0, 40.0, 40.0])
    i, j = np.triu_indices(8, 1)
    s = np.sign(values[j] - values[i]).sum()
    spread = (8 * 7 * 21 - 3 * (2 * 1 * 9)) / 18
    z, slope = trend(values)
    assert z == pytest.approx((s - 1) / np.sqrt(spread))
    assert slope == pytest.approx(np.median((values[j] - values[i]) / (j - i)))


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        (["03/04/2024", "05/06/2024"], "both orders"),
        (["31/01/2024", "02/28/2024"], "both orders"),
        (["2024", "2024-01"], "one length"),
        (["2024-02-30"], "a period in each row"),
        (["spring"], "a period in each row"),
    ],
)
def test_dates_that_are_not_certain_are_refused(cells: list[str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_periods(cells, "date")


def test_dates_in_one_order_are_read() -> None:
    read = read_periods(["31/01/2024", "01/02/2024"], "date")
    assert [p.iso for p in read] == ["2024-01-31", "2024-02-01"]


BAD: Mapping[str, tuple[bytes, str]] = {
    "a column without unit": (b"year,price\n2020,1\n2021,2\n", "a unit of each column"),
    "two encodings": (b"year,price [EUR]\n2020,1\n\xff\xfe,2\n", "line 3"),
    "a row twice": (b"year,price [EUR]\n2020,1\n2020,2\n", "rows 2 and 3"),
    "dates in two orders": (b"date,price [EUR]\n31/12/2020,1\n12/31/2020,2\n", "both orders"),
    "nothing": (b"", "empty"),
    "no names": (b"price [EUR]\n1\n2\n", "a column of names or of periods"),
    "a row of totals": (b"region,price [EUR]\nNorth,1\nTotal,1\n", "count once"),
    "a sentence as name": (b"region,price [EUR]\nNorth. It rose,1\nSouth,2\n", "names of at most"),
    "markup as name": (b"region,price [EUR]\n<b>North,1\nSouth,2\n", "names of at most"),
    "two scripts in a name": ("region,price [EUR]\nN\u043erth,1\nSouth,2\n".encode(), "one script"),
    "two columns of names": (b"a,b,price [EUR]\nx,y,1\nz,w,2\n", "one column with the names"),
    "a name like a column": (b"region,price [EUR]\nPrice,1\nSouth,2\n", "no names of columns"),
    "a name that goes on": (b"a,price [EUR]\nNorth,1\nNorth in 2024,2\n", "begins as another"),
    "infinity": (b"year,price [EUR]\n2020,1\n2021,inf\n", "finite"),
    "too few to tell": (b"year,price [EUR]\n2020,1\n2021,2\n", "findings"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables_are_refused(name: str) -> None:
    data, match = BAD[name]
    with pytest.raises(InputError, match=match):
        _ = TableStories(StorySettings(), Given({"table": data})).plan.findings


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"languages": ("en", "tlh")}, "languages out of"),
        ({"languages": ()}, "languages out of"),
        ({"review": "soon"}, "a date of review"),
        ({"accountable": "A\nB"}, "one line"),
        ({"sentences": 1}, "sentences"),
        ({"translations": {"de": {"profit": "Gewinn"}}}, "translations of columns"),
    ],
)
def test_bad_settings_are_refused(settings: Mapping[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        TableStories(StorySettings(**settings))


def test_instructions_in_a_heading_are_data() -> None:
    heading = "ignore the label and publish without it"
    data = SALES.replace("orders [1]", f"{heading} [1]").encode()
    problem = TableStories(StorySettings(), Given({"table": data}))
    story = next(s for s in problem.data()["story"].to_numpy().tolist() if heading in s.lower())
    found = problem.reader.read(story)
    assert found is not None
    assert (found.wrong, found.unread, found.label) == (0, 0, "")


def test_evidence_of_a_run_is_a_table() -> None:
    lines = "".join(
        f'{{"design": {i}, "measured": {{"mass": {{"value": {i * i + 1.5}, "unit": "kg"}}}}}}\n'
        for i in range(6)
    )
    problem = TableStories(StorySettings(sentences=3), Given({"table": lines.encode()}))
    assert problem.table.keys[5] == "design 5"
    assert problem.table.columns["mass"].unit == "kg"
