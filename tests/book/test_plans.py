"""Checks as data: true statements pass, and every planted fault fails."""

import random
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.errors import CorruptError, InputError
from ingenium_book import check as checks
from ingenium_book import claims, plan, plan_run
from ingenium_book.findings import Done, Finding, Picture
from ingenium_book.verdicts import Built

SORTING = """
[each]
seed = [1, 2]
[files]
"{seed}.toml" = "numbers = [3, 1, 2]"
[picture]
caption = "Sorted numbers"
series = [{ y = "sorted_{seed}.answer.numbers", mark = "-", label = "{seed}" }]
"""
STEPS = """
steps = [
    { name = "sorted_{seed}", command = "sort {seed}.toml --seed {seed}" },
    { name = "all_{seed}", value = "sorted_{seed}.answer.numbers" },
]
expect = [
    { text = "the command ends well ({seed})", holds = "sorted_{seed}.code == 0" },
    { text = "{all_{seed}[0]:.1f} is the least", holds = "all_{seed}[0] == min(all_{seed})" },
    { text = "the last the most", holds = "all_{seed}[0] < all_{seed}[1] < all_{seed}[-1]" },
    { text = "letters are sorted", holds = "all_{seed}[0] < 0", gap = true },
]
"""
System = Callable[[list[float], random.Random], list[float]]


class Toy:
    """Commands of a system that sorts the numbers of a file."""

    def __init__(self, folder: Path, system: System, code: int = 0) -> None:
        self.folder, self.system, self.code = folder, system, code
        self.ran: list[str] = []

    def __call__(self, *words: object) -> Done:
        """Sort the numbers of a file."""
        reported = [str(word) for word in words]
        self.ran.append(" ".join(reported))
        numbers = tomllib.loads((self.folder / reported[1]).read_text())["numbers"]
        found = self.system(numbers, random.Random(reported[-1]))
        return Done(self.code, {"numbers": found, "name": "toy"}, "sorted")


def right(numbers: list[float], rng: random.Random) -> list[float]:
    return sorted(numbers)


def identity(numbers: list[float], rng: random.Random) -> list[float]:
    return numbers


def chance(numbers: list[float], rng: random.Random) -> list[float]:
    return [rng.random() for _ in numbers]


def silent(numbers: list[float], rng: random.Random) -> list[float]:
    return []


def found(table: str | Mapping[str, Any], commands: Toy) -> list[Finding | Picture]:
    text = tomllib.loads(table) if isinstance(table, str) else table
    return list(plan_run.carry_out(plan.read(text, "the toy"), commands))


def of_values(holds: str, **values: Any) -> Finding:
    """The finding of one expectation over values by their names."""
    return plan_run.finding(plan.Expectation("it holds", holds), values)


def test_a_check_that_holds_says_so_with_what_was_measured(tmp_path: Path) -> None:
    toy = Toy(tmp_path, right)
    *findings, picture = found(STEPS + SORTING, toy)
    assert isinstance(picture, Picture)
    assert toy.ran == ["sort 1.toml --seed 1", "sort 2.toml --seed 2"]
    said = [(f.text, f.holds, f.gap) for f in findings if isinstance(f, Finding)]
    assert ("1.0 is the least", True, False) in said
    assert ("the command ends well (2)", True, False) in said
    assert said[-1] == ("letters are sorted", False, True)
    assert [holds for _, holds, gap in said if not gap] == [True] * 6


@pytest.mark.parametrize("system", [identity, chance, silent])
def test_a_system_that_does_nothing_or_anything_is_found_out(
    system: System, tmp_path: Path
) -> None:
    findings = [f for f in found(STEPS + SORTING, Toy(tmp_path, system)) if isinstance(f, Finding)]
    assert not all(f.holds for f in findings if not f.gap)


@pytest.mark.parametrize(
    ("holds", "fails"),
    [
        ("x < 3", "x < 2"),
        ("x <= 2", "x <= 1"),
        ("x > 1", "x > 2"),
        ("x >= 2", "x >= 3"),
        ("x == 2", "x == 3"),
        ("x != 3", "x != 2"),
        ("x + 1 == 3", "x + 1 == 4"),
        ("x - 1 == 1", "x - 1 == 2"),
        ("x * 2 == 4", "x * 2 == 2"),
        ("x / 2 == 1", "x / 2 == 2"),
        ("-x == -2", "-x == 2"),
        ("1 < x < 3", "1 < x < 2"),
        ('"ca" in word', '"dog" in word'),
        ('"dog" not in word', '"ca" not in word'),
        ("x in list", "5 in list"),
        ("x == 2 and x > 1", "x == 2 and x > 2"),
        ("x == 2 or x > 2", "x == 1 or x > 2"),
        ("not x > 2", "not x == 2"),
        ("max(list) == 3", "min(list) == 3"),
        ("mean(list) == 2", "median(list) == 3"),
        ("sum(list) == 6", "sum(list) == 5"),
        ("len(list) == 3", "distinct(list) == 2"),
        ("all(array > 0)", "all(array > 1)"),
        ("all(list > 0)", "all(list == 1)"),
        ("any(array > 2)", "any(array > 3)"),
        ("count(array > 1) == 2", "count(array > 1) == 3"),
        ("max(abs(array - 2)) <= 1", "max(abs(array - 2)) < 1"),
        ("array[argmax(array)] == 3", "array[argmin(array)] == 3"),
        ("sum(array[array > 1]) == 5", "sum(array[array > 1]) == 6"),
        ("count((array > 1) & (array < 3)) == 1", "count((array < 2) | (array > 2)) == 3"),
        ("len(list[0:2]) == 2", "len(list[1:]) == 3"),
        ("max(table.rows.y) == 4", "max(table.rows.y) == 5"),
        ('table["odd name"] == 1', 'table["odd name"] == 2'),
        ("table.none == None", "x == None"),
    ],
)
def test_every_operator_can_hold_and_can_fail(holds: str, fails: str) -> None:
    import numpy as np

    values = {
        **{"x": 2, "word": "cat", "list": [1, 2, 3], "array": np.array([1.0, 2.0, 3.0])},
        "table": {"rows": [{"y": 3}, {"y": 4}], "odd name": 1, "none": None},
    }
    assert of_values(holds, **values) == Finding("it holds", True)
    assert of_values(fails, **values) == Finding("it holds", False)


@pytest.mark.parametrize(
    "holds",
    [
        "x.absent == 1",
        "x.absent != 1",
        "not x.absent",
        "not x.nan > 1",
        "x.nan != 1",
        "x.nan == x.nan",
        "x.none != x.nan",
        "x.none < 1",
        "1 > 0 or x.absent",
        "all(x.empty)",
        "max(x.empty) <= 1",
        "sum(x.empty) == 0",
        "count(x.empty) == 0",
        "all(x.rows.y)",
        "min(x.numbers) != 1",
        "x.one",
        "x.word * 3 == 3",
        "x.rows[7] != 1",
        "x.one / 0 > 1",
        "x.one < x.word",
    ],
)
def test_what_is_missing_never_holds_and_is_named(holds: str) -> None:
    nan = float("nan")
    table = {"nan": nan, "none": None, "empty": [], "one": 1, "word": "w", "numbers": [nan, 2.0]}
    seen = of_values(holds, x=table | {"rows": [{"z": True}]})
    assert not seen.holds
    assert "missing: " in seen.text


def test_a_sentence_whose_number_is_missing_does_not_hold() -> None:
    wanted = plan.Expectation("{x.far:.2f} away from {x.near}", "x.near == 1")
    seen = plan_run.finding(wanted, {"x": {"near": 1}})
    assert seen == Finding("? away from 1 (missing: x.far)", False)


def test_a_file_that_no_command_wrote_is_missing(tmp_path: Path) -> None:
    steps = '{ name = "file", read = "absent.json" }, { name = "b", value = "file.x" }'
    expect = '{ text = "there", holds = "b == 1" }'
    (seen,) = found(f"steps = [{steps}]\nexpect = [{expect}]", Toy(tmp_path, right))
    assert isinstance(seen, Finding)
    assert not seen.holds
    assert "absent.json" in seen.text


def test_files_are_read_and_changed_in_the_order_of_the_steps(tmp_path: Path) -> None:
    table = """
    steps = [
        { name = "before", read = "a.txt" },
        { name = "changed", change = "a.txt", old = "one", new = "two" },
        { name = "after", read = "*.txt" },
        { name = "again", change = "a.txt", old = "one", new = "two" },
        { name = "rows", read = "rows.jsonl" },
        { name = "own", values = "test_plans:twice" },
    ]
    expect = [
        { text = "it was {before}", holds = 'before == "one" and changed' },
        { text = "it is {after}", holds = 'after[0] == "two"' },
        { text = "nothing is left to change", holds = "again" },
        { text = "{max(rows.x)} rows", holds = "max(rows.x) == own.two" },
    ]
    [files]
    "a.txt" = "one"
    "rows.jsonl" = '''{"x": 1}
    {"x": 2}'''
    """
    seen = found(table, Toy(tmp_path, right))
    assert [f.holds for f in seen if isinstance(f, Finding)] == [True, True, False, True]


def twice(commands: Toy, values: Mapping[str, Any]) -> dict[str, int]:
    return {"two": 2 * len(values["before"]) // 3}


def test_packages_that_are_not_installed_leave_no_outcome(tmp_path: Path) -> None:
    class Bare(Toy):
        def __call__(self, *words: object) -> Done:
            """Refuse."""
            return Done(2, {}, 'It needs rdkit. Write pip install "ingenium[molecules]".')

    with pytest.raises(InputError, match="pip install"):
        found(STEPS + SORTING, Bare(tmp_path, right))


CHAPTER = """
chapter = 99
title = "Tests"
[[rows]]
row = "99.1"
class = "C"
title = "A sorter"
domain = "games"
claim = "It sorts."
claimed = "no number"
stated = "reader"
acceptance = [{ item = "sorted numbers", by = "it ends well" }]
[rows.check]
steps = [{ name = "one", command = "sort {seed}.toml --seed {seed}" }]
expect = [
    { text = "it ends well", holds = "one.code == 0" },
    { text = "letters", holds = "one.code == 9", gap = true },
]
[rows.check.each]
seed = [1]
[rows.check.files]
"{seed}.toml" = "numbers = [2, 1]"
"""


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ("steps = [", 'status = "works"\nsteps = [', '"status"'),
        ('holds = "one.code == 0" },', 'holds = "one.code == 0", gap = true },', "no gap"),
        ('holds = "one.code == 0"', 'holds = ""', "what must hold"),
        ('holds = "one.code == 0"', 'holds = "1 == 1"', "could be false"),
        ('holds = "one.code == 0"', 'holds = "two.code == 0"', '"two"'),
        ('holds = "one.code == 0"', 'holds = "one.code =="', "an expression"),
        ('holds = "one.code == 0"', "holds = \"__import__('os')\"", "__import__"),
        ('holds = "one.code == 0"', 'holds = "one.code() == 0"', "one.code()"),
        ('holds = "one.code == 0"', 'holds = "(lambda: one)"', "lambda"),
        ('holds = "one.code == 0"', 'holds = "[x for x in one]"', "for x in one"),
        ('holds = "one.code == 0"', 'holds = "one ** one > 0"', "one ** one"),
        ('holds = "one.code == 0"', 'holds = "one.code == 0", hold = true', '"hold"'),
        ("it ends well", "it ends well {two.code}", '"two"'),
        ("it ends well", "it ends well {one", "braces"),
        ('name = "one", ', 'name = "one", read = "a", ', "none or several"),
        ('name = "one", command', 'name = "max", command', '"max"'),
        ('name = "one", command = "sort', 'name = "one", values = "sort', "package.module"),
        ("seed = [1]", "seed = []", "each seed"),
        ("seed = [1]", "seed = [1, 2]", '"one"'),
        ('"{seed}.toml"', '"../{seed}.toml"', "below the folder"),
        ("[rows.check.each]", '[rows.check.picture]\ncaption = "x"\nseries = [{ y = "z" }]\n'
         "[rows.check.each]", '"z"'),
    ],
)  # fmt: skip
def test_a_plan_with_a_fault_is_refused_with_its_place(was: str, becomes: str, named: str) -> None:
    claims.read(CHAPTER, "99.toml")
    assert was in CHAPTER
    with pytest.raises(CorruptError, match=re.escape(named)) as refused:
        claims.read(CHAPTER.replace(was, becomes), "99.toml")
    assert "99.1" in str(refused.value) or "ends well" in str(refused.value)


def test_an_outcome_is_stored_and_judged(tmp_path: Path) -> None:
    (claim,) = claims.read(CHAPTER, "99.toml").rows
    outcome = checks.run(claim, Toy(tmp_path, right), tmp_path)
    assert checks.verdict(claim, outcome).status is Built.GAPS
    assert outcome.commands == ("sort 1.toml --seed 1",)
    assert checks.read("99.1", tmp_path) == outcome


def test_a_check_whose_command_fails_is_not_built(tmp_path: Path) -> None:
    (claim,) = claims.read(CHAPTER, "99.toml").rows
    outcome = checks.run(claim, Toy(tmp_path, right, code=3), tmp_path)
    assert checks.verdict(claim, outcome).status is Built.NOT


def test_words_that_list_or_show_tell_are_no_evidence() -> None:
    step = 'steps = [{ name = "told", command = "list" }, '
    told = CHAPTER.replace("steps = [", step).replace(
        'holds = "one.code == 0"', "holds = \"'sorting' in told.text\""
    )
    assert told != CHAPTER
    with pytest.raises(CorruptError, match="words that list or show tell"):
        claims.read(told, "99.toml")
