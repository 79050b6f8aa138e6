"""Repairs: published bugs, localisation, diffs that do not fit, and programs that cheat."""

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.domains.software.patch.bug import Bug, BugCase, passed, read_bug
from ingenium.domains.software.patch.problem import CASES_DEFAULT, SOURCE_DEFAULT
from ingenium.domains.software.patch.repair import edits, repairs, suspicion
from ingenium.domains.software.patch.verifier import PatchVerifier

GCD = """def gcd(a, b):
    if b == 0:
        return a
    else:
        return gcd(a % b, b)
"""
FIXED = SOURCE_DEFAULT.replace("enumerate(arr)", "enumerate(counts)")
ATTACKS = (
    "print('[[[]]]', flush=True)",
    "import os; os._exit(0)",
    "import os; os.fork()",
    "import os; [os.write(h, b'[\"done\", [[]]]\\n') for h in (1, 2, 4, 5)]",
    "import json; json.dumps = lambda *a, **k: '[\"done\", [[]]]'",
    "import sys; sys.modules['enclosed.forks'] = None",
    "import sys; sys.settrace(lambda *a: None)",
    "import time; time.sleep(60)",
    "import builtins; builtins.list = lambda *a: []",
    "import gc; [o.clear() for o in gc.get_objects() if type(o) is dict and 'arguments' in o]",
    "open('program.py', 'w').write('x')",
    "import subprocess; subprocess.run(['true'])",
    "raise SystemExit(0)",
    "class A(list):\n    __eq__ = lambda s, o: True\nbucketsort = lambda a, k: A()",
)


def _bug() -> Bug:
    return read_bug(SOURCE_DEFAULT, "bucketsort", CASES_DEFAULT)


@pytest.mark.parametrize(("source", "name", "cases", "right"), [
    (SOURCE_DEFAULT, "bucketsort", CASES_DEFAULT, FIXED),
    (
        GCD,
        "gcd",
        "".join(
            json.dumps({"arguments": [a, b], "value": v}) + "\n"
            for a, b, v in ((17, 0, 17), (13, 13, 13), (37, 600, 1), (20, 100, 20))
        ),
        GCD.replace("a % b, b", "b, a % b"),
    ),
])  # fmt: skip
def test_bugs_of_quixbugs_are_found_and_repaired(
    source: str, name: str, cases: str, right: str
) -> None:
    """Lin et al., QuixBugs, 2017: the human repair is among those that pass the visible cases."""
    bug = read_bug(source, name, cases)
    found = suspicion(bug)
    (changed,) = (
        n for n, (a, b) in enumerate(zip(source.splitlines(), right.splitlines(), strict=True), 1)
        if a != b
    )  # fmt: skip
    assert found.rank(changed) <= 5
    repaired = repairs(bug, edits(bug, found, 500))
    assert right in repaired
    assert passed(name, [right], bug.hidden) == [(True,) * len(bug.hidden)]


def test_a_diff_is_applied_as_patch_does() -> None:
    bug = _bug()
    diff = bug.diff(FIXED)
    assert bug.patched(diff) == FIXED
    assert PatchVerifier(bug)._one(diff) == (0.0, 0.0, 2.0)
    for old, new in (
        ("a/program.py", "a/test_program.py"),
        ("-    for i, count in enumerate(arr):", "-    for i, count in enumerate(other):"),
        ("@@ -", "@@ -9"),
        ("\n+", "\n*"),
    ):
        assert old in diff
        with pytest.raises(InputError, match="unified diff"):
            bug.patched(diff.replace(old, new, 1))


def test_a_diff_means_to_us_what_it_means_to_patch() -> None:
    """Heads that state other sizes, rows after the last one, and separators of other readers."""
    bug = _bug()
    diff = bug.diff(FIXED)
    head = next(row for row in diff.splitlines() if row.startswith("@@"))
    for other in ("@@ -4,7 +4,6 @@", "@@ -4,6 +4,7 @@", "@@ -4,7 +5,7 @@"):
        with pytest.raises(InputError, match="unified diff"):
            bug.patched(diff.replace(head, other))
    for more in ("+import os\n", "@@ -1,0 +1,1 @@\n+import os\n"):
        with pytest.raises(InputError, match="unified diff"):
            bug.patched(diff + more)
    with pytest.raises(InputError, match="unified diff"):
        bug.patched(diff.replace("\n", "\r\n"))
    spaced = read_bug(SOURCE_DEFAULT + "TEXT = 'a\x0cb\u2028c'\n", "bucketsort", CASES_DEFAULT)
    right = spaced.source.replace("enumerate(arr)", "enumerate(counts)")
    assert spaced.patched(spaced.diff(right)) == right


def test_patch_reads_the_same(tmp_path: Path) -> None:
    program = shutil.which("patch")
    if program is None:
        pytest.skip("apt install patch")
    bug = _bug()
    (tmp_path / "program.py").write_text(bug.source)
    call = [program, "-p1", "-s"]
    subprocess.run(call, input=bug.diff(FIXED), text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "program.py").read_text() == FIXED


@pytest.mark.parametrize(
    ("value", "other"),
    [("Infinity", "5.0"), ("[1]", "[True]"), ("[1.5]", "[1.6]"), ("1", "1.0"), ("[]", "{}")],
)
def test_values_are_compared_by_type_at_every_depth(value: str, other: str) -> None:
    wanted = json.loads(value)
    case = BugCase((), wanted, hidden=True)
    right = "float('inf')" if value == "Infinity" else value
    sources = [f"def f():\n    return {x}\n" for x in (right, other)]
    assert passed("f", sources, [case]) == [(True,), (False,)]


def test_a_repair_is_judged_by_cases_that_it_did_not_see() -> None:
    rows = [json.loads(line) for line in CASES_DEFAULT.splitlines()]
    shown = "\n".join(json.dumps(row | {"hidden": False}) for row in rows)
    twice = "\n".join(json.dumps(row) for row in rows for _ in range(2))
    for text, said in ((shown, "got none"), (twice, "also visible")):
        with pytest.raises(InputError, match=said):
            read_bug(SOURCE_DEFAULT, "bucketsort", text)


def _wrong(bug: Bug, source: str) -> bool:
    ((*hidden,),) = passed(bug.function, [source], bug.hidden)
    return not all(hidden)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_program_judges_itself(attack: str) -> None:
    bug, body = _bug(), attack.replace("\n", "\n    ")
    head, _, rest = SOURCE_DEFAULT.partition("\n")
    for source in (
        f"{attack}\n{SOURCE_DEFAULT}",
        f"{SOURCE_DEFAULT}\n{attack}\n",
        f"{head}\n    {body}\n{rest}",
    ):
        assert _wrong(bug, source)


@pytest.mark.slow
def test_no_two_attacks_together_do_either() -> None:
    bug, tried = _bug(), 0
    head, _, rest = SOURCE_DEFAULT.partition("\n")
    for one, two in itertools.permutations(ATTACKS, 2):
        body = two.replace("\n", "\n    ")
        for source in (
            f"{one}\n{two}\n{SOURCE_DEFAULT}",
            f"{one}\n{SOURCE_DEFAULT}\n{two}\n",
            f"{one}\n{head}\n    {body}\n{rest}",
        ):
            assert _wrong(bug, source)
            tried += 1
    assert tried >= 500


@pytest.mark.parametrize(
    ("source", "function", "cases", "said"),
    [
        ("def f(:\n", "f", CASES_DEFAULT, "line 1"),
        (SOURCE_DEFAULT, "sort", CASES_DEFAULT, "bucketsort"),
        (FIXED, "bucketsort", CASES_DEFAULT, "pass already"),
        (SOURCE_DEFAULT, "bucketsort", "[1, 2]\n{}", "line 1"),
        (SOURCE_DEFAULT, "bucketsort", CASES_DEFAULT.splitlines()[0], "2 to 200 cases"),
    ],
)
def test_bad_bugs_are_refused(source: str, function: str, cases: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_bug(source, function, cases)


def test_hidden_cases_are_those_that_say_so() -> None:
    rows = [json.loads(line) for line in CASES_DEFAULT.splitlines()]
    text = "\n".join(json.dumps(row | {"hidden": i == 0}) for i, row in enumerate(rows))
    bug = read_bug(SOURCE_DEFAULT, "bucketsort", text)
    assert [c.hidden for c in bug.cases] == [True, False, False, False, False]


def test_the_example_opens() -> None:
    from ingenium.core.spec import load
    from ingenium.domains import open_problem

    path = Path(__file__).parents[3] / "examples" / "software" / "patch.toml"
    assert "fails on" in open_problem(load(path)).notes[0]
