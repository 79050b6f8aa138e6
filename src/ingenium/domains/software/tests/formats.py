"""Suites as folders: the test file, and its measurements as JUnit XML, LCOV and a table.

Only the test file is judged. Its companions are written from measurements of that file, and
refused on reading where they differ.
"""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.software.tests.grammar import MOST_FILE, head
from ingenium.domains.software.tests.verifier import Subject, SuiteRun

SUITE = "suite"
JUNIT, LCOV, MUTANTS = "junit.xml", "coverage.lcov", "mutants.csv"
MOST = 4 << 20  # bytes of a file
_SECONDS = re.compile(r' time="[^"]*"')


def suites(listed: list[str], index: list[int]) -> xr.Dataset:
    """Return designs from the texts of suites.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, MOST_FILE, name=SUITE)
    about = {"units": "1", "long_name": "tests, as a file holds them below its imports"}
    return xr.Dataset(
        {SUITE: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class SuiteFolders:
    """Format with a folder for each suite of a module."""

    subject: Subject
    run: Callable[[str], SuiteRun]
    name: str = "pytest"
    endings: tuple[str, ...] = (".py", ".xml", ".lcov", ".csv")

    @property
    def separate(self) -> Literal[True]:
        return True

    @property
    def test_file(self) -> str:
        """Name of the test file."""
        return f"test_{self.subject.module.name.replace('.', '_')}.py"

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write the test file, and its companions where the suite can be run."""
        found = {}
        rows = zip(designs[DESIGN].to_numpy().tolist(), designs[SUITE].values, strict=True)
        for i, suite in rows:
            place = folder / f"suite_{i:05d}"
            place.mkdir(parents=True, exist_ok=True)
            (place / self.test_file).write_text(self.subject.file(str(suite)), encoding="utf-8")
            for name, content in self.companions(str(suite)).items():
                (place / name).write_text(content, encoding="utf-8")
            found[i] = place
        return found

    def companions(self, suite: str) -> Mapping[str, str]:
        """Return results of the suite by file name; empty for a text that is no suite."""
        try:
            run = self.run(suite)
        except InputError:
            return {}
        found = {JUNIT: junit(run, self.subject)}
        if run.whole:
            found |= {LCOV: lcov(run, self.subject), MUTANTS: mutants(run, self.subject)}
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a suite, all suites of a folder, or a test file alone.

        Raises:
            InputError: for a file that is no test file of the module, or companions that differ.
        """
        if path.is_file():
            return suites([self._suite(path)], [_number(path.parent)])
        folders = [path] if (path / self.test_file).exists() else sorted(path.glob("suite_*"))
        if not folders:
            raise InputError("suites in folders, suite_00000", f"none in {path}")
        read = [self._folder(place) for place in folders]
        numbers = [_number(place) for place in folders]
        whole = len(set(numbers)) == len(numbers)
        return suites(read, numbers if whole else list(range(len(numbers))))

    def _folder(self, place: Path) -> str:
        """Read the suite of a folder, and check its companions against measurements."""
        suite = self._suite(place / self.test_file)
        wanted = self.companions(suite)
        if {p.name for p in place.iterdir()} != {self.test_file, *wanted}:
            raise InputError(
                f"{', '.join((self.test_file, *wanted))}, and nothing else", f"{place}"
            )
        for name, content in wanted.items():
            found = text_of(place / name, "results of a suite", most=MOST, prose=True)
            if _SECONDS.sub("", found) != _SECONDS.sub("", content):
                raise InputError(
                    f"{name} with what is measured of {self.test_file}",
                    f"other results in {place}",
                    f"Verify {self.test_file} alone.",
                )
        return suite

    def _suite(self, file: Path) -> str:
        """Return the tests of a file, without its imports."""
        what = f"a test file of {self.subject.module.name} as propose writes it"
        found = text_of(file, what, most=MOST, prose=True)
        first = head(self.subject.module.name)
        if not found.startswith(first):
            raise InputError(what, f"{file}", "Write these lines first:\n" + first.rstrip())
        tests = self.subject.read(found[len(first) :])
        return "".join(t.source for t in tests)


def junit(run: SuiteRun, subject: Subject) -> str:
    """Return each test with its seconds and its failure, as JUnit XML.

    Source: the schema of Jenkins' xunit plug-in, which CI servers read.
    """
    name = subject.module.name
    failed = {t.name: f"ended: {run.ended}" for t in run.tests} if run.ended != "done" else {}
    failed |= run.failed | dict.fromkeys(run.flaky, "fails in some of 20 reruns")
    total = sum(run.seconds.values())
    count = {"tests": str(len(run.tests)), "failures": str(len(failed)), "errors": "0"}
    suite = ET.Element("testsuite", {"name": name, **count, "time": f"{total:.6f}"})
    for t in run.tests:
        seconds = f"{run.seconds.get(t.name, 0.0):.6f}"
        about = {"classname": f"test_{name}", "name": t.name, "time": seconds}
        case = ET.SubElement(suite, "testcase", about)
        if t.name in failed:
            ET.SubElement(case, "failure", {"message": failed[t.name]})
    whole = ET.Element("testsuites")
    whole.append(suite)
    ET.indent(whole)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(whole, "unicode") + "\n"


def lcov(run: SuiteRun, subject: Subject) -> str:
    """Return covered lines and branches, from coverage.py.

    Source: geninfo(1) of LCOV 2.
    """
    found = run.coverage or {}
    lines = ["TN:", f"SF:{subject.module.name.replace('.', '/')}.py"]
    missed = set(found["missed"])
    lines += [f"DA:{n},{int(n not in missed)}" for n in found["statements"]]
    lines += [f"LF:{len(found['statements'])}", f"LH:{len(found['statements']) - len(missed)}"]
    arms = sorted(found["branches_by_line"])
    lines += [f"BRDA:{line},0,{'exit' if to < 0 else to},{taken}" for line, to, taken in arms]
    taken = sum(t for _, _, t in arms)
    return "\n".join([*lines, f"BRF:{len(arms)}", f"BRH:{taken}", "end_of_record"]) + "\n"


def mutants(run: SuiteRun, subject: Subject) -> str:
    """Return a table with a row for each mutant, and the tests that kill it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["mutant", "line", "kind", "before", "after", "verdict", "killed_by"])
    for m in subject.mutants:
        by = run.kills[m.number]
        verdict = "killed" if by else "survived"
        writer.writerow([m.number, m.line, m.kind, m.before, m.after, verdict, " ".join(by)])
    return out.getvalue()


def _number(place: Path) -> int:
    match = re.fullmatch(r"suite_(\d{1,9})", place.name)
    return int(match[1]) if match else 0
