"""CPU seconds of the tests of each domain, printed at the end; more than a budget is a failure.

A test counts for the one domain that its file is about, else as shared: contracts of a domain's
problems are its own. Its seconds are those of its process and of the programs that ended in it,
fixtures included. An excess over what all processors can do while it ran comes from a program that
an earlier test had started: it counts as shared. Fits, preparations and compilations for the cache,
which the next run finds there, are counted separately: they are needed once.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from types import MappingProxyType

import pytest

import cached

EACH_S = 6.0  # of processor time, for a problem of a domain
# Domains that are not within it yet, and what they may take until they are: these only go down.
NOT_YET_S = MappingProxyType(
    {
        "grid": 250.0,
        "structures": 200.0,
        "molecules": 180.0,
        "autonomy": 110.0,
        "airfoils": 48.0,
        "matter": 40.0,
        "words": 36.0,
        "buildings": 15.0,  # 9 for plans, whose sheets to scale are drawn twice, and 6 for another
        "plant": 40.0,  # 34 for one problem, and 6 for the second
        "radio": 34.0,
        "equations": 34.0,
        "physics": 28.0,
        "edge": 28.0,
        "neuro": 18.0,
        # 18 for one problem and 6 for each of two more, whose modules each worker compiles again
        "printing": 30.0,
        "process": 10.0,
    }
)
NAME, EARLIER, ONCE = "cpu_s", "earlier_cpu_s", "once_cpu_s"
BEGAN = pytest.StashKey[tuple[float, float, float]]()


def _cpu_s() -> float:
    ended = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def parted(cpu_s: float, wall_s: float, processors: int) -> tuple[float, float]:
    """Split CPU seconds into those of the test itself, and those of earlier ones."""
    own = min(cpu_s, processors * wall_s)
    return own, cpu_s - own


def budget_s(domain: str) -> float:
    """CPU budget of the default tests of a domain."""
    from ingenium.domains import load

    return NOT_YET_S.get(domain, EACH_S * len(load(domain).problems))


def over(spent: Mapping[str, float]) -> list[str]:
    """Messages on domains whose tests exceed their budgets."""
    from ingenium.domains import own

    budgets = {name: budget_s(name) for name in own()}
    return [
        f"{name}: {spent[name]:.1f} CPU s of {most:.0f}"
        for name, most in budgets.items()
        if spent.get(name, 0.0) > most
    ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    cached.listen()
    item.stash[BEGAN] = _cpu_s(), time.monotonic(), cached.ONCE.spent_s
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    if call.when == "teardown":  # the last report of a test, which travels to the main process
        cpu_s, at_s, once_s = item.stash[BEGAN]
        once = cached.ONCE.spent_s - once_s
        whole, wall = _cpu_s() - cpu_s, time.monotonic() - at_s
        own, earlier = parted(whole, wall, os.cpu_count() or 1)
        item.user_properties += [(NAME, own - once), (EARLIER, earlier), (ONCE, once)]
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    spent, once = _spent(terminalreporter)
    if not spent:
        return
    terminalreporter.section("CPU seconds by domain")
    for name, seconds in sorted(spent.items(), key=lambda one: -one[1]):
        terminalreporter.write_line(f"{name:12}{seconds:8.1f}   {once[name]:8.1f} for the cache")
    total = f"{'all':12}{sum(spent.values()):8.1f}   {sum(once.values()):8.1f}"
    terminalreporter.write_line(f"{total} for the cache")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run of the default tests that takes more than its budgets fails."""
    if hasattr(session.config, "workerinput") or not session.config.option.markexpr.startswith(
        "not slow"
    ):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    found = over(_spent(reporter)[0])
    for line in found:
        reporter.write_line(f"\nover its budget: {line}", red=True)
    if found and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _spent(reporter: pytest.TerminalReporter) -> tuple[dict[str, float], dict[str, float]]:
    """CPU seconds of each domain, and those for its cache."""
    from of_domains import SHARED, about

    spent: dict[str, float] = defaultdict(float)
    once: dict[str, float] = defaultdict(float)
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "teardown":
                continue
            path = Path(reporter.config.rootpath, report.nodeid.partition("::")[0])
            domains = about(path) if path.is_file() else frozenset({SHARED})
            own = min(domains) if len(domains) == 1 else SHARED
            reported = dict(report.user_properties)
            spent[own] += reported.get(NAME, 0.0)
            spent[SHARED] += reported.get(EARLIER, 0.0)
            once[own] += reported.get(ONCE, 0.0)
    return spent, once
