"""Binding to the EPANET toolkit: a project opened from a file and run step by step.

Source: Rossman et al., EPANET 2.2 User Manual, EPA/600/R-20/133, 2020, appendix on the toolkit.
"""

import ctypes
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError

JUNCTION, TANK = 0, 2
PUMP = 2
NODES, LINKS, CONTROLS = 0, 2, 5  # what can be counted
ELEVATION, BASE_DEMAND, DEMAND, HEAD, PRESSURE = 0, 1, 9, 10, 11  # of nodes
LOWEST, HIGHEST, SPILLS = 20, 21, 26  # of tanks
FLOW, STATUS, POWER = 8, 11, 13  # of links
DURATION, HYDRAULIC_STEP, PATTERN_STEP, PATTERN_START, REPORT_STEP = 0, 1, 3, 4, 5  # times
UNBALANCED, UNSTABLE, ERRORS = 1, 2, 100  # warnings without an answer, and where errors begin


class NoAnswerError(Exception):
    """Failure of the engine: an error of its own, or no balance of flows."""


@dataclass(frozen=True)
class Toolkit:
    """Toolkit library of one EPANET build."""

    path: Path

    @cached_property
    def library(self) -> ctypes.CDLL:
        """Shared library of the toolkit."""
        return ctypes.CDLL(str(self.path))

    @property
    def version(self) -> str:
        """Version of the build, such as 2.3.06."""
        found = ctypes.c_int()
        self.library.EN_getversion(ctypes.byref(found))
        major, rest = divmod(found.value, 10000)
        return f"{major}.{rest // 100}.{rest % 100:02d}"

    def opened(self, network: Path) -> "Hydraulics":
        """Open a network, ready to run.

        Raises:
            InputError: for a file that this build cannot open.
        """
        project = ctypes.c_void_p()
        self.library.EN_createproject(ctypes.byref(project))
        names = (os.fsencode(network), os.fsencode(os.devnull), b"")
        code = self.library.EN_open(project, *names)
        if code > ERRORS:
            self.library.EN_deleteproject(project)
            raise InputError(
                "a network that EPANET opens", f"{network}: error {code} of EPANET {self.version}"
            )
        return Hydraulics(self.library, project)


class Hydraulics:
    """Opened network; items are numbered from 1, as in EPANET."""

    def __init__(self, library: ctypes.CDLL, project: ctypes.c_void_p) -> None:
        self.library, self.project = library, project
        self._sizes = (self.count(NODES), self.count(LINKS))
        self._room: dict[tuple[str, int], tuple[np.ndarray, ctypes.c_void_p]] = {}

    def count(self, of: int) -> int:
        """Return the number of nodes, links or controls."""
        return self._int("EN_getcount", of)

    def id(self, kind: str, item: int) -> str:
        """Return the name of an item; `kind` is node, link or pattern."""
        name = ctypes.create_string_buffer(64)
        self._call(f"EN_get{kind}id", item, name)
        return name.value.decode("utf-8", "replace")

    def type(self, kind: str, item: int) -> int:
        """Return the type code of a node or link."""
        return self._int(f"EN_get{kind}type", item)

    def ends(self, link: int) -> tuple[int, int]:
        """Return the start and end nodes of a link."""
        first, last = ctypes.c_int(), ctypes.c_int()
        self._call("EN_getlinknodes", link, ctypes.byref(first), ctypes.byref(last))
        return first.value, last.value

    def place(self, node: int) -> tuple[float, float]:
        """Return the map coordinates of a node; NaN where the file has none."""
        x, y = ctypes.c_double(), ctypes.c_double()
        code = self.library.EN_getcoord(self.project, node, ctypes.byref(x), ctypes.byref(y))
        return (float("nan"), float("nan")) if code > ERRORS else (x.value, y.value)

    def control(self, item: int) -> tuple[int, int, float, int, float]:
        """Return kind (0 below, 1 above), link, setting, node and level of a simple control."""
        kind, link, node = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
        setting, level = ctypes.c_double(), ctypes.c_double()
        into = (ctypes.byref(x) for x in (kind, link, setting, node, level))
        self._call("EN_getcontrol", item, *into)
        return kind.value, link.value, setting.value, node.value, level.value

    def forget(self, control: int) -> None:
        """Remove a simple control, so that an external controller can replace it."""
        self._call("EN_deletecontrol", control)

    def node(self, item: int, value: int) -> float:
        """Return a value of a node at the current step."""
        return self._double("EN_getnodevalue", item, value)

    def link(self, item: int, value: int) -> float:
        """Return a value of a link at the current step."""
        return self._double("EN_getlinkvalue", item, value)

    def nodes(self, value: int) -> Float64[np.ndarray, " n"]:
        """Return a value of all nodes in order of number; the next call overwrites the array."""
        return self._all("EN_getnodevalue", value, self._sizes[0])

    def links(self, value: int) -> Float64[np.ndarray, " n"]:
        """Return a value of all links in order of number; the next call overwrites the array."""
        return self._all("EN_getlinkvalue", value, self._sizes[1])

    def set_node(self, item: int, value: int, to: float) -> None:
        """Change a value of a node."""
        self._call("EN_setnodevalue", item, value, ctypes.c_double(to))

    def set_link(self, item: int, value: int, to: float) -> None:
        """Change a value of a link."""
        self._call("EN_setlinkvalue", item, value, ctypes.c_double(to))

    def set_time(self, of: int, seconds: int) -> None:
        """Change a step or the duration."""
        self._call("EN_settimeparam", of, ctypes.c_long(seconds))

    def pattern(self, item: int) -> Float64[np.ndarray, " t"]:
        """Return the factors of a pattern."""
        count = self._int("EN_getpatternlen", item)
        return np.array([self._double("EN_getpatternvalue", item, i + 1) for i in range(count)])

    def set_pattern(self, item: int, factors: Float64[np.ndarray, " t"]) -> None:
        """Replace the factors of a pattern."""
        values = np.ascontiguousarray(factors, dtype=np.float64)
        self._call("EN_setpattern", item, values.ctypes.data_as(ctypes.c_void_p), len(values))

    def demand_pattern(self, node: int) -> int:
        """Return the number of the pattern that a node's first demand follows; 0 for none."""
        return self._int("EN_getdemandpattern", node, 1)

    def begin(self) -> None:
        """Open the solver and go back to the first step."""
        self._call("EN_openH")
        self._call("EN_initH", 0)

    def solve(self) -> int:
        """Compute flows and heads of this step; return its time in seconds.

        Raises:
            NoAnswerError: if flows do not balance.
        """
        second = ctypes.c_long()
        code = self.library.EN_runH(self.project, ctypes.byref(second))
        if code in (UNBALANCED, UNSTABLE) or code > ERRORS:
            raise NoAnswerError(f"EPANET says {code} at {second.value} s")
        return second.value

    def advance(self) -> int:
        """Advance to the next step; return the seconds until then, 0 at the end."""
        seconds = ctypes.c_long()
        self._call("EN_nextH", ctypes.byref(seconds))
        return seconds.value

    def end(self) -> None:
        """Close the solver, so that another week can begin."""
        self.library.EN_closeH(self.project)

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self.library, name)(self.project, *arguments)
        if code > ERRORS:
            raise NoAnswerError(f"{name} of EPANET says {code}")

    def _all(self, name: str, value: int, count: int) -> Float64[np.ndarray, " n"]:
        if (name, value) not in self._room:
            fresh = np.zeros(count)
            self._room[name, value] = fresh, fresh.ctypes.data_as(ctypes.c_void_p)
        found, place = self._room[name, value]
        if hasattr(self.library, f"{name}s"):  # from EPANET 2.3 on
            self._call(f"{name}s", value, place)
            return found
        one, get = ctypes.c_double(), getattr(self.library, name)
        for i in range(count):  # one call each
            get(self.project, i + 1, value, ctypes.byref(one))
            found[i] = one.value
        return found

    def _int(self, name: str, *arguments: int) -> int:
        found = ctypes.c_int()
        self._call(name, *arguments, ctypes.byref(found))
        return found.value

    def _double(self, name: str, *arguments: int) -> float:
        found = ctypes.c_double()
        self._call(name, *arguments, ctypes.byref(found))
        return found.value
