"""CPU seconds of the tests of each domain, printed at the end beside what they may take.

A test counts for the one domain that its file is about, else for what domains share: contracts
of a domain's problems are its own. Its seconds are those of its process and of the programs that
ended in it, fixtures included. What is more than all processors can do while it ran was done before
it, by a program that an earlier test had begun: that is shared.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

DEFAULT_S, SLOW_S = 20.0, 120.0  # of processor time, for a domain
NAME, EARLIER = "cpu_s", "earlier_cpu_s"
BEGAN = pytest.StashKey[tuple[float, float]]()


def _cpu_s() -> float:
    ended = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def parted(cpu_s: float, wall_s: float, processors: int) -> tuple[float, float]:
    """What a test can have taken itself, and what earlier ones must have."""
    own = min(cpu_s, processors * wall_s)
    return own, cpu_s - own


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    item.stash[BEGAN] = _cpu_s(), time.monotonic()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    if call.when == "teardown":  # the last report of a test, which travels to the main process
        cpu_s, at_s = item.stash[BEGAN]
        own, earlier = parted(_cpu_s() - cpu_s, time.monotonic() - at_s, os.cpu_count() or 1)
        item.user_properties += [(NAME, own), (EARLIER, earlier)]
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
            told = dict(report.user_properties)
            spent[own] += told.get(NAME, 0.0)
            spent[SHARED] += told.get(EARLIER, 0.0)
    if not spent:
        return
    slow = terminalreporter.config.option.markexpr == "slow"
    budget = SLOW_S if slow else DEFAULT_S
    terminalreporter.section("CPU seconds by domain")
    for name, seconds in sorted(spent.items(), key=lambda one: -one[1]):
        within = "" if name == SHARED else f" of {budget:.0f}"
        over = "  over its budget" if name != SHARED and seconds > budget else ""
        terminalreporter.write_line(f"{name:12}{seconds:8.1f}{within}{over}")
    terminalreporter.write_line(f"{'all':12}{sum(spent.values()):8.1f}")
