"""Suites of tests: mutants, bad modules, files that must not run, and a user's own module."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec, load
from ingenium.domains import open_problem
from ingenium.domains.software import bench
from ingenium.domains.software.enclosed.mutants import plain, switched
from ingenium.domains.software.tests.formats import suites
from ingenium.domains.software.tests.grammar import read_suite
from ingenium.domains.software.tests.module import MOST_LINES, checked, named
from ingenium.runs import loop
from ingenium.trust.ledger import open_ledger

EXAMPLES = Path(__file__).parents[3] / "examples" / "software"
HEAD = "import pytest\nimport clamp\n\n\n"
CLAMP = '''
def clamp(x, low=0, high=10):
    """Keep a number between two."""
    if low > high:
        raise ValueError("low above high")
    return max(low, min(x, high))


def drain(n):
    while n > 0:
        n -= 1
    return n
'''
SUITE = """def test_clamp():
    assert clamp.clamp(11) == 10
    assert clamp.clamp(-1) == 0
    assert clamp.clamp(5, 5, 5) == 5


def test_drain():
    assert clamp.drain(3) == 0
"""


def _run(suite: str, source: str = CLAMP) -> dict[str, object]:
    numbers = [m.number for m in switched(source)[1]]
    job = {"name": "clamp", "source": source, "suite": HEAD + suite, "mutants": numbers}
    (found,) = bench.run("suites.run", {**job, "once": True})
    return found  # type: ignore[no-any-return]


def test_each_mutant_is_one_change_and_the_switch_off_is_none() -> None:
    tree, found = switched(CLAMP)
    assert [m.number for m in found] == list(range(1, len(found) + 1))
    compile(tree, "clamp.py", "exec")
    before = ast.unparse(ast.parse(CLAMP))
    sources = [plain(CLAMP, m.number) for m in found]
    assert len({*sources, before}) == len(found) + 1
    assert plain(CLAMP, 0) == before


def test_verdicts_are_those_of_pytest_on_plain_files() -> None:
    kills = _run(SUITE)["kills"]
    assert isinstance(kills, dict)
    lines = {m.number: m for m in switched(CLAMP)[1]}
    endless = [n for n in kills if lines[int(n)].after == "n += 1"]
    assert [kills[n] for n in endless] == [["test_drain"]], "a mutant that does not end is killed"
    quick = [n for n in kills if "n" not in lines[int(n)].before.split()]
    job = {"name": "clamp", "source": CLAMP, "file": HEAD + SUITE, "mutants": [*map(int, quick)]}
    (plainly,) = bench.run("by_pytest.run", job)
    assert len(quick) > 8
    assert plainly == [False, *(bool(kills[n]) for n in quick)]
    survivors = {lines[int(n)].before for n, by in kills.items() if not by}
    assert "'low above high'" in survivors, "nothing asks for the message"


def test_flaky_and_failing_tests_are_named() -> None:
    source = (
        CLAMP + "\nimport time\n\n\ndef now():\n    return time.perf_counter_ns() // 500_000 % 2\n"
    )
    suite = "def test_now():\n    assert clamp.now() == clamp.now() * 0\n"
    (found,) = bench.run(
        "suites.run", {"name": "clamp", "source": source, "suite": HEAD + suite, "mutants": []}
    )
    assert "test_now" in {*found["failed"], *found.get("flaky", [])}
    order = "\nseen = []\n\n\ndef first():\n    seen.append(1)\n    return len(seen)\n"
    suite = "".join(f"def test_{k}():\n    assert clamp.first() == {k}\n\n\n" for k in (1, 2, 3))
    job = {"name": "clamp", "source": CLAMP + order, "suite": HEAD + suite, "mutants": []}
    (found,) = bench.run("suites.run", job)
    assert found["failed"] == {}
    assert set(found["flaky"]) == {"test_1", "test_2", "test_3"}, "in another order they fail"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:\n", "line 1"),
        ("x = 1\nwhile True:\n    x = 2\n", "import ends within"),
        ("import no_such_package_here\n", "pip install no_such_package_here"),
        ("import os\nos._exit(0)\n", "ends Python"),
        ("raise KeyError('x')\n", "KeyError"),
        ("x = 1\n" * (MOST_LINES + 1), "at most 20,000 lines"),
        ('"""Nothing."""\n', "code to test"),
    ],
)
def test_bad_modules_are_refused_with_what_to_do(source: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        checked("bad", source.encode())


def test_native_modules_are_refused() -> None:
    for name in ("math", "_socket"):
        with pytest.raises(InputError, match="native code"):
            named(name)
    with pytest.raises(InputError, match="native code"):
        checked("bad", b"\x7fELF\0\0")
    with pytest.raises(InputError, match="does not run its arguments"):
        named("timeit")


BODIES = (
    "print('1 passed')",
    "assert True",
    "import sys\n    sys.modules['clamp'] = 1",
    "assert __import__('os').fork() == 0",
    "assert clamp.time.sleep(9) is None",
    "assert open('x', 'w') is None",
    "assert _mutant_of_the_module_ == 0",
    "assert clamp.__dict__ == {}",
    "assert clamp.clamp.__globals__ == {}",
    "assert getattr(clamp, 'clamp')(1) == 1",
    "assert eval('1') == 1",
    "assert '{0.__class__}'.format(1) == ''",
    "assert type(clamp.clamp).mro() == []",
    "assert [x for x in ().__class__.__bases__] == []",
    "assert (lambda: exit(0))() is None",
    "clamp.clamp = 1\n    assert clamp.clamp == 1",
    "global pytest\n    assert pytest == 1",
    "pytest = 1\n    assert pytest == 1",
    "assert 9 ** 9 ** 9 == 1",
    "assert '1' * 999999999 == ''",
    "assert pytest.exit('done') is None",
    "with pytest.raises(BaseException):\n        clamp.clamp()",
    "try:\n        clamp.clamp()\n    except TypeError:\n        assert 1 == 1",
    "for x in range(10):\n        assert clamp.clamp(x) == x",
    "assert clamp.clamp(1) == 1, exit()",
    "assert f'{clamp.clamp(1)}' == '1'",
    "assert (x := 1) == 1",
    "assert clamp.clamp(*[1]) == 1",
    "assert math.sys.exit() is None",
    "assert itertools.islice.__doc__ == ''",
)


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_test_is_refused_unrun(body: str) -> None:
    text = f'def test_x():\n    """Observed."""\n    {body}\n'
    with pytest.raises(InputError, match="clamp"):
        read_suite(text, "clamp", ("clamp", "drain"))


@pytest.mark.parametrize(
    "text",
    [
        "import os\n",
        "x = 1\n",
        "@pytest.fixture\ndef test_x():\n    '''Observed.'''\n    assert 1 == 1\n",
        "def test_x(tmp_path):\n    '''Observed.'''\n    assert 1 == 1\n",
        "def test_x():\n    assert 1 == 1\n",
        "def helper():\n    '''Observed.'''\n    assert 1 == 1\n",
        "async def test_x():\n    '''Observed.'''\n    assert 1 == 1\n",
        "(" * 4000,
        "",
    ],
)
def test_what_is_no_suite_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_suite(text, "clamp", ("clamp",))


def test_a_test_may_not_write_start_or_read() -> None:
    """The module itself may do it: only the test fails."""
    source = CLAMP + "\nimport os\n\n\ndef save():\n    open('/tmp/x', 'w').close()\n    return 1\n"
    source += "\n\ndef split():\n    return os.fork()\n\n\ndef asked():\n    return input()\n"
    suite = "".join(
        f"def test_{n}():\n    clamp.{n}()\n\n\n" for n in ("save", "split", "asked", "clamp")
    )
    found = _run(suite, source)
    failed = found["failed"]
    assert isinstance(failed, dict)
    assert set(failed) == {"test_save", "test_split", "test_asked", "test_clamp"}
    for name in ("save", "split", "asked"):
        assert "may not" in failed[f"test_{name}"]


def test_a_module_of_ones_own_gets_a_suite_that_pytest_passes(tmp_path: Path) -> None:
    """The command of the how-to; then the exported file under pytest, without `ingenium`."""
    spec = load(EXAMPLES / "own.toml")
    problem = open_problem(spec)
    with open_ledger(tmp_path / "ledger.db") as book:
        run = loop.run(problem, spec, 4, 0, tmp_path / "out", ledger=book)
    assert run.summary.accepted == 4
    (first, *_) = sorted((tmp_path / "out" / "designs").glob("suite_*"))
    assert {p.suffix for p in first.iterdir()} == {".py", ".xml", ".lcov", ".csv"}
    (tmp_path / "fares.py").write_bytes((EXAMPLES / "fares.py").read_bytes())
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(first / "test_fares.py"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_suite_is_its_tests_in_any_order_and_by_any_name() -> None:
    problem = open_problem(Spec(problem="software.tests"))
    one, two = (f"def test_{k}():\n    assert {k} == {k}\n\n\n" for k in (1, 2))
    renamed = one.replace("test_1", "test_other")
    texts = [one + two, two + renamed, one, two, one + renamed]
    assert problem.equal(suites(texts, list(range(5)))).tolist() == [0, 0, 2, 3, 2]
