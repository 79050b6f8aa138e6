"""Annotations are executed at the first calls of each function in each test, and now and then.

jaxtyping and beartype check every call, which takes longer than most calls do: the loop of a plant
reads its sensors a million times. Here they wrap a function when it is first called and check its
first calls in each test and regular samples of later ones; the others are not checked.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from types import CodeType
from typing import Any

import jaxtyping
import pytest

EACH = 50  # checked first calls in a test, and the interval of later ones
WRAPPED = 3  # first calls in a test at which a function within a function is wrapped
every_call: Callable[..., Any] = jaxtyping.jaxtyped


@dataclass
class RunningTest:
    """Number of the running test in this process."""

    number: int = 0


@dataclass
class Calls:
    """Count of a function's calls, and the test they are from."""

    test: int = -1
    count: int = 0


RUNNING = RunningTest()
OF_LOCAL: dict[CodeType, Calls] = {}  # of functions within functions


def install(package: str = "ingenium") -> None:
    """Install the hook for all modules of a package that are imported later."""
    jaxtyping.jaxtyped = some_calls
    jaxtyping.install_import_hook(package, "beartype.beartype")


def some_calls(what: Any = None, *, typechecker: Any) -> Any:
    """Wrap a function or class, in place of jaxtyping's own decorator."""
    if what is None:
        return partial(some_calls, typechecker=typechecker)
    if inspect.isfunction(what):
        return _counted(what, typechecker)
    if hasattr(what, "__dataclass_fields__") and inspect.isfunction(what.__init__):
        if not hasattr(what.__init__, "__wrapped__"):
            what.__init__ = _counted(what.__init__, typechecker)
        return what
    return every_call(what, typechecker=typechecker)


def _counted(bare: Any, typechecker: Any) -> Any:
    local = "<locals>" in bare.__qualname__  # created and wrapped again at each call
    calls = OF_LOCAL.setdefault(bare.__code__, Calls()) if local else Calls()
    wrapped: Any = None

    @wraps(bare)
    def call(*args: Any, **named: Any) -> Any:
        nonlocal wrapped
        __tracebackhide__ = True
        if calls.test != RUNNING.number:
            calls.test, calls.count = RUNNING.number, 0
        calls.count += 1
        if calls.count > EACH and (local or calls.count % EACH):
            return bare(*args, **named)
        if wrapped is None:
            if (local and calls.count > WRAPPED) or sys.is_finalizing():
                return bare(*args, **named)
            wrapped = every_call(bare, typechecker=typechecker)
        return wrapped(*args, **named)

    return call


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Reset all counts at the beginning of a test."""
    RUNNING.number += 1
    return (yield)
