"""A search in a folder: its exports, its resumption, and no loss by a kill."""

import json
import os
import random
import shlex
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from before_links import unlinked
from typer.testing import CliRunner

import ingenium
import known_fronts
from ingenium.cli.app import app
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.evidence import read
from ingenium.runs.search_plan import ScreenPlan, SearchPlan
from ingenium.runs.store import Store
from ingenium.searches.stopping import Stop
from ingenium.trust.ledger import open_ledger

pytestmark = pytest.mark.usefixtures("fronts")
SPEC = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
CALLS = 96
ENGINE = {"tier": "exact", "name": "closed form", "version": "1"}


def rows(folder: Path) -> list[tuple[object, ...]]:
    """All proposals and measurements, without times."""
    with sqlite3.connect(folder / "search.sqlite") as db:
        found = db.execute("SELECT digest, call FROM verified ORDER BY call").fetchall()
        found += db.execute("SELECT round, designs FROM proposals ORDER BY round").fetchall()
        return (
            found
            + db.execute(
                "SELECT round, part, first, measured FROM measurements ORDER BY first"
            ).fetchall()
        )


def test_the_ledger_names_a_cheap_tier_where_it_screens(tmp_path: Path) -> None:
    requested = known_fronts.spec(setup={"rough": 0.2}, objectives=known_fronts.LEAST_SQUARE)
    for name, screen in (("cheap", ScreenPlan("cheap")), ("none", None)):
        with open_ledger(tmp_path / f"{name}.db") as ledger:
            plan = SearchPlan("random", 0, 16, screen)
            ingenium.search(requested, plan, Stop(32), tmp_path / name, ledger=ledger)
            found = [e.body["engines"] for e in ledger.entries()]
        cheap = {"tier": "cheap", "name": "rough", "version": "1"}
        assert found == 2 * [[ENGINE, *([cheap] if screen else [])]]


def test_what_is_handed_over(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        found = ingenium.search(
            SPEC, SearchPlan("cross_entropy", 3, 32), Stop(CALLS), tmp_path / "o", ledger=ledger
        )
        kinds = [e.kind for e in ledger.entries()]
        last = ledger.entries()[-1].body
        judges = [e.body["engines"] for e in ledger.entries()]
    assert kinds == ["search", "search-end"]
    assert judges == 2 * [[ENGINE]]
    result = tmp_path / "o" / "result"
    evidence = read(result / "evidence.jsonl")
    assert len(evidence) == 10 == len(found.selected)
    values = [r["measured"]["f0"]["value"] for r in evidence]
    assert values == sorted(values)
    assert {r["verdict"] for r in evidence} == {"accepted"}
    assert {r["measured_on"] for r in evidence} == {"file"}
    assert "--strategy cross_entropy --seed 3 --batch 32 " in evidence[0]["replay"]
    assert evidence[0]["replay"].endswith(f"--budget {CALLS}")
    files = json.loads((result / "designs" / "points.json").read_text())
    x = np.array([files[str(r["design"])] for r in evidence])
    np.testing.assert_allclose(((x - 0.2) ** 2).sum(1), values, rtol=1e-12)
    with Store(tmp_path / "o" / "search.sqlite") as store:
        assert store.head() == last["head"]
        assert store.check() == []
    reported = json.loads((result / "search.json").read_text())
    assert reported["why"] == "calls"
    assert [r["calls"] for r in reported["rounds"]] == [32, 64, 96]


def test_more_is_allowed_and_it_goes_on(tmp_path: Path) -> None:
    plan = SearchPlan("evolution", 1, 32)
    ingenium.search(SPEC, plan, Stop(64), tmp_path / "o")
    ingenium.search(SPEC, plan, Stop(96), tmp_path / "o")
    ingenium.search(SPEC, plan, Stop(96), tmp_path / "whole")
    assert rows(tmp_path / "o") == rows(tmp_path / "whole")
    reported = json.loads((tmp_path / "o" / "result" / "search.json").read_text())
    assert len(reported["sessions"]) == len(reported["energy"]) == 2
    assert all(took["kwh"] > 0 for took in reported["energy"])


@pytest.mark.parametrize(
    "budgets",
    [(80, 40), *(pytest.param(b, marks=pytest.mark.slow) for b in ((40, 80), (40, 90, 50)))],
)
def test_the_replay_verifies_the_same_designs(tmp_path: Path, budgets: tuple[int, ...]) -> None:
    for budget in budgets:
        ingenium.search(SPEC, SearchPlan("evolution", 1, 32), Stop(budget), tmp_path / "o")
    evidence = read(tmp_path / "o" / "result" / "evidence.jsonl")
    for command in evidence[0]["replay"].split(" && "):
        words = shlex.split(command)[1:]
        assert CliRunner().invoke(app, words).exit_code == 0
    again = read(tmp_path / "o-again" / "result" / "evidence.jsonl")
    assert rows(tmp_path / "o") == rows(tmp_path / "o-again")
    assert [r["design_digest"] for r in evidence] == [r["design_digest"] for r in again]


def test_the_replay_follows_rounds_that_time_made_small(tmp_path: Path) -> None:
    requested = known_fronts.spec(setup={"slow": 0.02}, objectives=known_fronts.LEAST_SQUARE)
    ingenium.search(
        requested, SearchPlan("evolution", 1, 32), Stop(500, seconds=0.2), tmp_path / "o"
    )
    evidence = read(tmp_path / "o" / "result" / "evidence.jsonl")
    words = shlex.split(evidence[0]["replay"])
    budget = int(words[-1])
    assert CliRunner().invoke(app, words[1:]).exit_code == 0
    ours = [call for call in rows(tmp_path / "o") if isinstance(call[0], str)]
    again = [call for call in rows(tmp_path / "o-again") if isinstance(call[0], str)]
    assert 2 < len(ours) < len(again) == budget
    assert again[: len(ours)] == ours


def test_a_folder_of_before_there_were_screens_is_gone_on_with(tmp_path: Path) -> None:
    plan = SearchPlan("evolution", 1, 32)
    ingenium.search(SPEC, plan, Stop(64), tmp_path / "o")
    with sqlite3.connect(tmp_path / "o" / "search.sqlite") as db:
        for table in ("sessions", "about"):
            for verb in ("UPDATE", "DELETE"):
                db.execute(f"DROP TRIGGER no_{verb}_{table}")
        db.execute("UPDATE sessions SET body = '{}'")
        db.execute("DELETE FROM about WHERE entry = 'screen'")
    unlinked(tmp_path / "o" / "search.sqlite")
    (tmp_path / "o" / "result" / "search.json").unlink()
    ingenium.search(SPEC, plan, Stop(96), tmp_path / "o")
    ingenium.search(SPEC, plan, Stop(96), tmp_path / "whole")
    assert rows(tmp_path / "o") == rows(tmp_path / "whole")
    evidence = read(tmp_path / "o" / "result" / "evidence.jsonl")
    assert evidence[0]["replay"].endswith("--budget 96")


def altered(folder: Path, *, round: int) -> None:
    """Change one byte of a round's proposals, unseen by SQLite."""
    with sqlite3.connect(folder / "search.sqlite") as db:
        db.execute("DROP TRIGGER no_UPDATE_proposals")
        query = "SELECT designs FROM proposals WHERE round = ?"
        blob = bytearray(db.execute(query, (round,)).fetchone()[0])
        blob[len(blob) // 2] ^= 255
        db.execute("UPDATE proposals SET designs = ? WHERE round = ?", (bytes(blob), round))


def test_what_was_altered_is_not_built_on(tmp_path: Path) -> None:
    ingenium.search(SPEC, SearchPlan("random", 1, 32), Stop(64), tmp_path / "o")
    altered(tmp_path / "o", round=1)
    with pytest.raises(CorruptError, match="round 1 is not what was written"):
        ingenium.search(SPEC, SearchPlan("random", 1, 32), Stop(96), tmp_path / "o")
    with (
        Store(tmp_path / "o" / "search.sqlite") as store,
        pytest.raises(CorruptError, match="holds no arrays"),
    ):
        store.proposed(1)


def cut(file: Path) -> None:
    """Remove the last round with all that depends on it, so that the rest is consistent."""
    with sqlite3.connect(file) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        (last,) = db.execute("SELECT MAX(round) FROM proposals").fetchone()
        (number,) = db.execute(
            "SELECT number FROM links WHERE entry = ?", (json.dumps(["proposal", last]),)
        ).fetchone()
        (call,) = db.execute(
            "SELECT MIN(first) FROM measurements WHERE round = ?", (last,)
        ).fetchone()
        for table in ("proposals", "measurements", "rounds"):
            db.execute(f"DELETE FROM {table} WHERE round = ?", (last,))
        db.execute("DELETE FROM verified WHERE call >= ?", (call,))
        db.execute("DELETE FROM links WHERE number >= ?", (number,))


@pytest.mark.parametrize("robbed", ["nothing", "the result"])
def test_a_last_round_that_was_cut_off_is_missed(tmp_path: Path, robbed: str) -> None:
    """The result names its last round, and so does the ledger if the result is gone too."""
    plan, out = SearchPlan("random", 1, 32), tmp_path / "o"
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ingenium.search(SPEC, plan, Stop(96), out, ledger=ledger)
        record = next(r for r in read(out / "result" / "evidence.jsonl") if r["file"])
        cut(out / "search.sqlite")
        with Store(out / "search.sqlite") as store:
            assert store.check() == []
        (found,) = ingenium.verify(SPEC, out / "result" / record["file"], ledger=ledger).runs
        assert found.faults == ("search.sqlite: the end that search.json names was cut off",)
        if robbed == "the result":
            (out / "result" / "search.json").unlink()
        with pytest.raises(CorruptError, match="was cut off"):
            ingenium.search(SPEC, plan, Stop(128), out, ledger=ledger)


def test_a_search_that_is_whole_is_verified_by_its_folder(tmp_path: Path) -> None:
    ingenium.search(SPEC, SearchPlan("random", 1, 32), Stop(64), tmp_path / "o")
    found = ingenium.verify(SPEC, tmp_path / "o")
    assert len(found.designs) == 10
    assert {d.record for d in found.designs} == {"as recorded"}
    assert found.runs[0].reported.startswith("sealed, and noted")


def test_a_link_to_a_folder_is_searched_in_anew(tmp_path: Path) -> None:
    ingenium.search(SPEC, SearchPlan("random", 1, 32), Stop(32), tmp_path / "o")
    (tmp_path / "link").symlink_to(tmp_path / "o")
    ingenium.search(SPEC, SearchPlan("random", 2, 32), Stop(32), tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "o/result/search.json").read_text())["plan"]["seed"] == 2


def test_another_search_is_refused_in_the_folder(tmp_path: Path) -> None:
    ingenium.search(SPEC, SearchPlan("random", 1, 32), Stop(32), tmp_path / "o")
    with pytest.raises(InputError, match="strategy random and not dataset"):
        ingenium.search(SPEC, SearchPlan("dataset", 1, 32), Stop(32), tmp_path / "o")
    ingenium.search(SPEC, SearchPlan("dataset", 1, 32), Stop(32), tmp_path / "o", overwrite=True)
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "letter.txt").write_text("costly")
    with pytest.raises(InputError, match="other files"):
        ingenium.search(SPEC, SearchPlan("dataset", 1, 32), Stop(32), tmp_path / "else")


def test_an_unmet_spec_says_which_limits_are_in_the_way(tmp_path: Path) -> None:
    limits = [{"quantity": "f1", "at_least": 0.62}, {"quantity": "f0", "at_most": 0.9}]
    found = ingenium.search(
        known_fronts.spec(limits=limits), SearchPlan("cma_es", 0, 32), Stop(64), tmp_path / "o"
    )
    assert not len(found.selected)
    assert found.session is not None
    assert found.session.unmet is not None
    assert len(found.session.unmet.front) > 1
    reported = json.loads((tmp_path / "o" / "result" / "search.json").read_text())["unmet"]
    assert [len(c["limits"]) for c in reported["conflicts"]] == [2]
    assert (tmp_path / "o" / "result" / "evidence.jsonl").read_text() == ""


def begin(folder: Path, log: Path, on: str = "local") -> int:
    """Start a search in a process of its own; return its number."""
    setup = {"pause_s": 0.002, "log": str(log)}
    requested = known_fronts.spec(setup=setup, objectives=known_fronts.LEAST_SQUARE)
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        ingenium.search(requested, SearchPlan("cma_es", 0, 8), Stop(CALLS), folder, on=on)
        code = 0
    finally:
        os._exit(code)


def killed(folder: Path, times: int, seed: int) -> Iterator[str]:
    """Faults of a search that is killed some times and resumed each time."""
    rng, log = random.Random(seed), folder / "log"
    for i in range(times):
        lines = log.read_text().count("\n") if log.exists() else 0
        child = begin(folder / "o", log)
        wait_for(lines + rng.randint(0, 10), log, child)
        time.sleep(0.05 * rng.random())
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if not (folder / "o" / "search.sqlite").exists():
            continue
        with Store(folder / "o" / "search.sqlite") as store:
            yield from (f"after kill {i}: {fault}" for fault in store.check())
            known = sum(len(part) for part in store.measured())
            if len(store.verified()) != known:
                yield f"after kill {i}: {known} measured, {len(store.verified())} known"
    if os.waitpid(begin(folder / "o", log), 0)[1] != 0:
        yield "the last session failed"


def wait_for(lines: int, log: Path, child: int, patience_s: float = 60.0) -> None:
    """Wait until the engine has measured a number of designs, or the process has ended."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if log.exists() and log.read_text().count("\n") >= lines:
            return
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.002)


def check_killed(folder: Path, whole: Path, times: int, seed: int) -> None:
    """A search killed at random moments ends like an undisturbed one; little is done twice."""
    assert list(killed(folder, times, seed)) == []
    assert rows(folder / "o") == rows(whole / "o")
    measured = (folder / "log").read_text().splitlines()
    delivered = 10  # that are measured again when their files were read back, at each end
    ends = len(json.loads((folder / "o" / "result" / "search.json").read_text())["sessions"])
    twice = len(measured) - len(set(measured))
    assert len(set(measured)) == CALLS
    assert twice <= 8 * times + delivered * ends, "more than what was being measured when killed"


@pytest.fixture(scope="module")
def whole(fronts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same search without a stop."""
    folder = tmp_path_factory.mktemp("whole")
    assert os.waitpid(begin(folder / "o", folder / "log"), 0)[1] == 0
    return folder


@pytest.mark.slow
def test_killed_twenty_times_it_ends_as_if_it_was_not(whole: Path, tmp_path: Path) -> None:
    check_killed(tmp_path, whole, 20, seed=1)


def test_killed_it_ends_as_if_it_was_not(whole: Path, tmp_path: Path) -> None:
    check_killed(tmp_path, whole, 3, seed=2)


@pytest.mark.slow
def test_killed_with_designs_in_flight_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    log, rng = tmp_path / "log", random.Random(3)
    log.touch()
    for _ in range(4):
        lines = log.read_text().count("\n")
        child = begin(tmp_path / "o", log, on="processes:2")
        wait_for(lines + rng.randint(1, 20), log, child, patience_s=600.0)
        time.sleep(0.1 * rng.random())
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        time.sleep(1.0)  # the workers see that the host is gone
        before = log.read_text().count("\n")
        time.sleep(0.5)
        assert log.read_text().count("\n") == before, "a worker outlived its search"
    assert os.waitpid(begin(tmp_path / "o", log, on="processes:2"), 0)[1] == 0
    with Store(tmp_path / "o" / "search.sqlite") as store:
        assert store.check() == []
        assert len(store.verified()) == sum(len(part) for part in store.measured()) == CALLS
    spec = known_fronts.spec(
        setup={"pause_s": 0.002, "log": str(log)}, objectives=known_fronts.LEAST_SQUARE
    )
    ingenium.search(
        spec, SearchPlan("cma_es", 0, 8), Stop(CALLS), tmp_path / "x", follow=tmp_path / "o"
    )
    assert rows(tmp_path / "x") == rows(tmp_path / "o"), "kills change nothing but the order"
