"""Tasks in words: published optima, all hand-written texts, and code that must not run."""

import subprocess
import sys
from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.words.programme import code, highs
from ingenium.domains.words.programme.code import programme
from ingenium.domains.words.programme.formats import CODE, LP, MPS, ProgrammeFiles, programmes
from ingenium.domains.words.programme.kinds import DRAWS, KINDS, SAME, apart, redrawn, without
from ingenium.domains.words.programme.problem import checked
from ingenium.domains.words.programme.reading import read_task
from ingenium.domains.words.programme.task import ADD, WordedTask
from ingenium_book.checks.words.tasks import FRESH, NONE, written

TEXTS = [*written(), *written(FRESH)]
READ = [t for t in TEXTS if t[1] != NONE]


@pytest.mark.parametrize(("text", "kind", "data"), READ, ids=[f"{t[1]}" for t in READ])
def test_each_text_is_read_as_it_was_meant(text: str, kind: str, data: dict[str, object]) -> None:
    task = read_task(text)
    assert task.kind.name == kind
    assert dict(task.data) == data


@pytest.mark.parametrize("text", [t[0] for t in TEXTS if t[1] == NONE])
def test_other_kinds_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="a task of one of the kinds"):
        read_task(text)


def first(kind: str) -> WordedTask:
    return next(WordedTask(KINDS[k], data) for _, k, data in TEXTS if k == kind)


HEAVY = ("tour", "vehicles")  # seconds each under the checks of types


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=pytest.mark.slow) if k in HEAVY else k for k in KINDS]
)
def test_formulations_agree_and_lost_constraints_show(kind: str) -> None:
    task = first(kind)
    draws = redrawn(task)
    assert len(draws) == DRAWS
    for name, text in task.programmes().items():
        for one in (task, *draws):
            assert apart(highs.optimum(programme(text, one.names)), one.optimum()) <= SAME
        for line in text.splitlines():
            if ADD in line and name not in task.kind.tight:
                assert any(without(o, text, line, o.optimum()) for o in draws), line


def test_the_shifts_of_the_textbook_need_23() -> None:
    """Winston, Operations Research, 4th ed., 2004, section 3.5: 23 employees."""
    assert first("shifts").optimum() == 23


def test_a_task_without_a_plan_or_an_end_is_told() -> None:
    with pytest.raises(InputError, match="none that satisfies"):
        checked(WordedTask(KINDS["transport"], {**first("transport").data, "supply": {"a": 1.0}}))
    mix = {"profit": {"a": 1.0}, "use": {("a", "r"): 0.0}, "have": {"r": 1.0}}
    with pytest.raises(InputError, match="nothing limits"):
        checked(WordedTask(KINDS["product"], mix))
    jobs = {f"j{i}": 1.0 for i in range(40)}
    with pytest.raises(InputError, match="cases at most"):
        checked(WordedTask(KINDS["machines"], {"machines": 3, "duration": jobs}))


@pytest.mark.parametrize(
    "line",
    [
        "__import__('os').system('true')",
        "x = open('/etc/passwd')",
        "solver.Add(().__class__.__base__ <= 1)",
        "x = {i: solver.NumVar(0, inf, 'a') for i in range(3)}",
        "import os",
        "while True: solver.Add(1 <= 2)",
        "x = (lambda: 1)()",
        "solver.Add(supply <= 1)",
        "solver.Minimize(1 / 0)",
        "solver.Add(1 < 2)",
        "supply = solver.BoolVar('x')",
        "for i in range(10 ** 9): solver.Add(1 <= 2)",
        "solver.Minimize('a' * 100000000)",
        "x = {i: solver.BoolVar(f'{i!r:>99999999}') for i in plants}",
        "for supply in (9,): solver.Add(1 <= 2)",  # Python keeps the last value
        "sum = solver.BoolVar('x')",
        "for solver in plants: solver.Add(1 <= 2)",
        "abs = solver.BoolVar('x')",
        "solver.Minimize(len(i for i in plants))",
        "x = solver.BoolVar('x')\nsolver.Add((x and 1) <= 2)",
        "x = solver.BoolVar('x')\nsolver.Add(sum(1 for i in plants if x) <= 2)",
        "x = solver.BoolVar('x')\ny = solver.BoolVar(f'{x}')",
        "x = solver.BoolVar('x')\nsolver.Add(sum(1 for i in (1, 2) if x in (x, i)) <= 2)",
    ],
)
def test_code_that_is_no_programme_is_refused(line: str) -> None:
    task = first("transport")
    with pytest.raises(InputError, match="a programme of lines"):
        programme(f"{line}\nsolver.Minimize(1)\n", task.names)


def test_and_or_have_the_values_that_python_gives_them() -> None:
    for text in ("1 and 2", "0 or 3", "0 and 5", "2 or 7", "1 and 0 or 4"):
        goal = programme(f"solver.Minimize(600 * ({text}))", {}).goal
        assert goal is not None
        assert goal.constant == 600 * eval(text)


@pytest.mark.parametrize("head", ["plants = supply = 2", "cost = sum = 10", "costs = 1\ncosts = 1"])
def test_numbers_that_bind_more_names_are_refused(head: str, tmp_path: Path) -> None:
    task = first("transport")
    form = ProgrammeFiles(task)
    lines = next(iter(task.programmes().values()))
    place = form.write(programmes([lines], [0]), tmp_path)[0] / CODE
    place.write_text(place.read_text().replace("\nsolver = ", f"\n{head}\nsolver = ", 1))
    with pytest.raises(InputError, match="numbers"):
        form.read(place)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (MPS, "ENDATA", "QUADOBJ\n    {0}  {0}  40\nENDATA"),
        (LP, "st\n", " + [ 1000 {0} ^2 ] / 2\nst\n"),
        (LP, "end\n", "semi-continuous\n {0}\nend\n"),
    ],
)
def test_models_with_more_than_linear_parts_are_refused(
    name: str, old: str, new: str, tmp_path: Path
) -> None:
    highs.write(
        programme("x = solver.NumVar(0, 9, 'x')\nsolver.Maximize(2 * x)", {}), tmp_path / name
    )
    whole = (tmp_path / name).read_text()
    assert old in whole
    assert highs.read(tmp_path / name).names == ["x"]
    (tmp_path / name).write_text(whole.replace(old, new.format("x"), 1))
    with pytest.raises(InputError, match="a programme as MPS or LP"):
        highs.read(tmp_path / name)


def test_code_ends_however_deep_its_loops_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "STEPS", 20_000)
    nest = " ".join(f"for {c} in range(3000)" for c in "abcd")
    with pytest.raises(InputError, match="steps"):
        programme(f"solver.Minimize(sum(1 {nest}))", {})
    with pytest.raises(InputError):
        programme("solver.Minimize(" + "(" * 900 + "1" + ")" * 900 + ")", {})


def test_a_product_of_variables_is_refused() -> None:
    lines = "x = solver.NumVar(0, 1, 'x')\nsolver.Minimize(x * x)\n"
    with pytest.raises(InputError, match="not linear"):
        programme(lines, {})


def test_the_engine_tells_no_plan_from_no_end() -> None:
    free = "x = solver.NumVar(0, inf, 'x')\n"
    assert highs.optimum(programme(free + "solver.Add(x <= -1)\nsolver.Minimize(x)", {})) == float(
        "inf"
    )
    assert highs.optimum(programme(free + "solver.Maximize(x)", {})) != highs.optimum(
        programme(free + "solver.Maximize(x)", {})
    )  # NaN


def test_whole_numbers_are_judged() -> None:
    """A relaxed programme is detected by one of the six sets of numbers."""
    task = first("shifts")
    relaxed = next(iter(task.programmes().values())).replace("IntVar", "NumVar")
    gaps = [
        apart(highs.optimum(programme(relaxed, o.names)), o.optimum())
        for o in (task, *redrawn(task))
    ]
    assert max(gaps) > SAME


def test_files_of_other_numbers_or_companions_are_refused(tmp_path: Path) -> None:
    task = first("transport")
    form = ProgrammeFiles(task)
    lines = next(iter(task.programmes().values()))
    place = form.write(programmes([lines], [3]), tmp_path)[3]
    assert form.read(place)["programme"].values[0] == lines
    before = (place / CODE).read_text()
    (place / CODE).write_text(before.replace("'ahlen': 60", "'ahlen': 70"))
    with pytest.raises(InputError, match="the numbers in the task"):
        form.read(place)
    (place / CODE).write_text(before)
    for name in (MPS, LP):
        held = (place / name).read_text()
        (place / name).write_text(held.replace("40", "41"))
        with pytest.raises(InputError, match=name):
            form.read(place)
        (place / name).write_text(held)
    form.read(place)


def test_a_file_that_highs_never_ends_on_is_refused(tmp_path: Path) -> None:
    """A column's line of one word, and an empty one after it; the reader continues with others."""
    highs.write(
        programme("x = solver.NumVar(0, 9, 'x')\nsolver.Maximize(2 * x)", {}), tmp_path / MPS
    )
    whole = (tmp_path / MPS).read_text()
    assert highs.read(tmp_path / MPS).names == ["x"]
    (tmp_path / "broken.mps").write_text(whole.replace("RHS", "    x\n\nRHS", 1))
    with pytest.raises(InputError, match="a programme as MPS or LP"):
        highs.read(tmp_path / "broken.mps")
    assert highs.read(tmp_path / MPS).names == ["x"]


def test_ortools_finds_the_same_optimum(tmp_path: Path) -> None:
    """The exported code runs unchanged in its own tool."""
    pytest.importorskip("ortools", reason="pip install ortools, in an environment of its own")
    for kind in ("vehicles", "product", "shifts"):
        task = first(kind)
        form = ProgrammeFiles(task)
        lines = next(iter(task.programmes().values()))
        place = form.write(programmes([lines], [0]), tmp_path / kind)[0]
        command = [sys.executable, str(place / CODE)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert float(done.stdout.split()[1]) == pytest.approx(task.optimum(), rel=1e-6)


@pytest.mark.parametrize(
    "text",
    ["", "route", "x" * 5000, "1 2 3\n" * 900, "\u202eships 5 from \x00", "ignore the limits"],
)
def test_texts_that_are_no_task_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_task(text)


def test_a_programme_is_its_rows_in_any_order() -> None:
    problem = open_problem(Spec(problem="words.programme"))
    text = str(problem.data()["programme"].to_numpy()[0])
    lines = text.splitlines(keepends=True)
    rows = [i for i, line in enumerate(lines) if line.startswith("for k in demand: solver.Add(")]
    assert len(rows) > 1
    turned = list(lines)
    turned[rows[0]], turned[rows[1]] = lines[rows[1]], lines[rows[0]]
    fewer = "".join(line for i, line in enumerate(lines) if i != rows[0])
    designs = programmes([text, "".join(turned), fewer, "no code"], [0, 1, 2, 3])
    assert problem.equal(designs).tolist() == [0, 0, 2, 3]
