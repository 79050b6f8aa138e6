"""CPU seconds of the tests of each domain, printed at the end beside what they may take.

A test counts for the one domain that its file is about, else for what domains share. Its seconds
are those of its process and of the programs that ended in it, fixtures included.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

DEFAULT_S, SLOW_S = 20.0, 120.0  # of processor time, for a domain
NAME = "cpu_s"
BEGAN = pytest.StashKey[float]()


def _cpu_s() -> float:
    ended = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    item.stash[BEGAN] = _cpu_s()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    if call.when == "teardown":  # the last report of a test, which travels to the main process
        item.user_properties.append((NAME, _cpu_s() - item.stash[BEGAN]))
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from of_domains import SHARED, about

    spent: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "teardown":
                continue
            path = Path(terminalreporter.config.rootpath, report.nodeid.partition("::")[0])
            domains = about(path) if path.is_file() else frozenset({SHARED})
            own = min(domains) if len(domains) == 1 else SHARED
            spent[own] += dict(report.user_properties).get(NAME, 0.0)
    if not spent:
        return
    slow = terminalreporter.config.option.markexpr == "slow"
    budget = SLOW_S if slow else DEFAULT_S
    terminalreporter.section("CPU seconds by domain")
    for name, seconds in sorted(spent.items(), key=lambda one: -one[1]):
        within = "" if name == SHARED else f" of {budget:.0f}"
        over = "  over its budget" if name != SHARED and seconds > budget else ""
        terminalreporter.write_line(f"{name:12}{seconds:8.1f}{within}{over}")
