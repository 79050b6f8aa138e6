"""Twenty workers killed at random in a fit and a search: nothing is lost, doubled or changed."""

import multiprocessing
import os
import random
import signal
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import ingenium
import known_fronts
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.runs.search_plan import SearchPlan
from ingenium.runs.store import Store
from ingenium.searches.stopping import Stop
from ingenium.trust.ledger import open_ledger
from ingenium.verbs.drill import DrillSpec, drill
from plugged import plugged

KILLS, CALLS, STEPS = 10, 400, 60


@pytest.fixture
def fronts(tmp_path: Path) -> Iterator[Path]:
    """A problem with known answers."""
    with plugged(known_fronts.install(tmp_path / "plugin")) as folder:
        yield folder


class Killer(threading.Thread):
    """Kills one of the workers of this process after every few measured designs."""

    def __init__(self, times: int, seed: int, log: Path) -> None:
        super().__init__(daemon=True)
        self.times, self.rng, self.log, self.done = times, random.Random(seed), log, 0
        self.over = threading.Event()

    def run(self) -> None:
        wanted = 1
        while self.done < self.times and not self.over.wait(self.rng.uniform(0.0, 0.1)):
            lines = self.log.read_text().count("\n") if self.log.exists() else 0
            workers = [p for p in multiprocessing.active_children() if p.pid]
            if workers and lines >= wanted:
                os.kill(self.rng.choice(workers).pid or 0, signal.SIGKILL)
                self.done += 1
                wanted = lines + self.rng.randint(1, 20)


def record(folder: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / "search.sqlite") as db:
        return db.execute(
            "SELECT round, part, first, measured FROM measurements ORDER BY first"
        ).fetchall()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("fronts")
def test_a_search_whose_workers_are_killed_is_the_search_of_its_order(tmp_path: Path) -> None:
    setup = {"pause_s": 0.05, "log": str(tmp_path / "log")}
    requested = known_fronts.spec(setup=setup, objectives=known_fronts.LEAST_SQUARE)
    plan, killer = SearchPlan("cma_es", 0, 8), Killer(KILLS, 7, tmp_path / "log")
    killer.start()
    ingenium.search(requested, plan, Stop(CALLS), tmp_path / "o", on="processes:2")
    killer.over.set()
    killer.join()
    assert killer.done == KILLS, "the search was over before"
    with Store(tmp_path / "o" / "search.sqlite") as store:
        assert store.check() == []
        assert len(store.verified()) == sum(len(part) for part in store.measured()) == CALLS
    ingenium.search(requested, plan, Stop(CALLS), tmp_path / "x", follow=tmp_path / "o")
    assert record(tmp_path / "x") == record(tmp_path / "o")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_fit_whose_workers_are_killed_ends_with_the_weights_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    spec = Spec(
        "molecules.library", setup={"known": 200}, generator=GeneratorChoice("autoregressive")
    )
    kills = tuple(sorted(random.Random(5).sample(range(2, STEPS - 3), KILLS)))
    requested = DrillSpec(spec, steps=STEPS, kill=kills, restarts=2 * KILLS, wait_s=120)
    with open_ledger(tmp_path / "ledger.db") as ledger:
        made = drill(requested, tmp_path / "drill", ledger=ledger)
        kinds = [entry.kind for entry in ledger.entries()]
    assert len(made.record["faults"]) >= KILLS
    assert made.record["same_weights"]
    assert made.verdict == "accepted"
    assert kinds.count("fit") == 2, "the fit under faults stands in the record once"
