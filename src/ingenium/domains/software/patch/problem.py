"""`software.patch`: a wrong function and its cases to a unified diff that hidden cases judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section
from ingenium.core.spec import Limit
from ingenium.domains.software.patch.bug import Bug, read_bug
from ingenium.domains.software.patch.formats import LONGEST, PATCH, VARIABLE, diff_files, patches
from ingenium.domains.software.patch.repair import Suspicion, edits, repairs, suspicion
from ingenium.domains.software.patch.verifier import PatchVerifier
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

PIECE = r"--- a/program\.py\n.+"
CONSTANT, KNOWN, HELD_OUT_EVERY = 1, 24, 4
SOURCE_DEFAULT = """def bucketsort(arr, k):
    counts = [0] * k
    for x in arr:
        counts[x] += 1

    sorted_arr = []
    for i, count in enumerate(arr):
        sorted_arr.extend([i] * count)

    return sorted_arr
"""
CASES_DEFAULT = """{"arguments": [[], 14], "value": []}
{"arguments": [[3, 11, 2, 9, 1, 5], 12], "value": [1, 2, 3, 5, 9, 11]}
{"arguments": [[3, 2, 4, 2, 3, 5], 6], "value": [2, 2, 3, 3, 4, 5]}
{"arguments": [[20, 19, 18, 17, 16, 15, 14], 21], "value": [14, 15, 16, 17, 18, 19, 20]}
{"arguments": [[8, 5, 3, 1, 9, 6, 0, 7, 4, 2, 5], 10], "value": [0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9]}
"""
SOURCE = Input(
    "source", "text", "the program with the wrong function", most=200_000, default=SOURCE_DEFAULT
)
CASES = Input(
    "cases",
    "text",
    "arguments and right values, a JSON object a line; every second one is hidden",
    most=400_000,
    default=CASES_DEFAULT,
)


@dataclass(frozen=True)
class PatchSettings:
    """The wrong function, and the number of edits to try."""

    function: str = "bucketsort"  # name of the wrong function
    edits: int = 1500  # that are tried at most
    seed: int = 0  # seed of the search


class FunctionPatches(Problem):
    """Unified diffs after which a function is correct on cases that no search saw."""

    name: ClassVar[str] = "software.patch"
    summary: ClassVar[str] = "a unified diff that repairs a function, judged by hidden cases"
    Settings: ClassVar[type] = PatchSettings
    inputs: ClassVar[tuple[Input, ...]] = (SOURCE, CASES)
    judged: ClassVar[str] = (
        "Each diff, applied to the program: the function is called in the sandbox on all cases, "
        "and its values are compared with the correct ones outside the sandbox."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Arguments beyond the cases: a patch may overfit the cases.",
        "Whether the patch reads as a person would have written it.",
    )
    default_family: ClassVar[str] = "repairs"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    tiers: tuple[PatchVerifier, ...]
    licence = "the program's own"

    def __init__(self, settings: PatchSettings, given: Given = NOTHING) -> None:
        """Read the program and its cases, and run the visible ones.

        Raises:
            InputError: for a program or cases that cannot be used, or that pass already.
        """
        if settings.edits < 1:
            raise InputError("edits of at least 1", settings.edits, "Write edits = 1500.")
        self.settings, self.given = settings, given
        source = given.values.get("source", SOURCE_DEFAULT)
        self.bug: Bug = read_bug(
            source, settings.function, given.values.get("cases", CASES_DEFAULT)
        )
        self.system = digest([source, settings.function, self.bug.cases])
        self.variables = (VARIABLE,)
        self.conditions = ()
        self.limits = (
            Limit("failing_visible", at_most=0),
            Limit("failing_hidden", at_most=0),
            Limit("lines_touched", at_most=6),
        )
        self.tiers = (PatchVerifier(self.bug),)
        self.formats = {"diff": diff_files(self.bug)}
        failing = self.bug.right.count(False)
        self.notes = (
            f"{settings.function} fails on {failing} of {len(self.bug.right)} visible cases; "
            f"{len(self.bug.hidden)} are hidden.",
        )

    @cached_property
    def suspicion(self) -> Suspicion:
        """Suspicion of each line."""
        return suspicion(self.bug)

    @cached_property
    def edited(self) -> tuple[str, ...]:
        """Diffs of one edit each.

        Raises:
            InputError: if there is nothing to edit.
        """
        found = edits(self.bug, self.suspicion, self.settings.edits)
        listed = tuple(self.bug.diff(s) for s in found)
        short = tuple(d for d in listed if len(d) <= LONGEST)
        if len(short) < 2:
            raise InputError("a failing case that runs lines of the program", "none")
        return short

    @cached_property
    def repaired(self) -> tuple[str, ...]:
        """Diffs after which no visible case fails; hidden cases are not used."""
        right = set(repairs(self.bug, [self.bug.patched(d) for d in self.edited]))
        return tuple(d for d in self.edited if self.bug.patched(d) in right)

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec whose tokens are whole diffs."""
        vocabulary = Vocabulary.of(self.edited, pattern=PIECE, rare=1)
        return TokenCodec(vocabulary, 2, LONGEST, None, PATCH)

    def data(self) -> xr.Dataset:
        """Single edits, most of which repair nothing; every fourth is held out."""
        listed = list(self.edited[:KNOWN])
        held = np.arange(len(listed)) % HELD_OUT_EVERY == 1
        designs = patches(listed, list(range(len(listed))))
        return designs.assign_coords(held_out=(DESIGN, held))

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Edits that pass the visible cases, and any edit at a suspicious line."""
        rules = {"repairs": self._repair, "single_edits": self._any}
        return {
            name: partial(TextChoices, self.codec, CONSTANT, rule, name)
            for name, rule in rules.items()
        }

    def _repair(self, rng: Random) -> list[str]:
        return [rng.choice(self.repaired or self.edited)]

    def _any(self, rng: Random) -> list[str]:
        return [rng.choice(self.edited)]

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on the suspicion of each line, and on the accepted diffs."""
        rows = [("line", "suspicion", "program")]
        for n, line in enumerate(self.bug.source.splitlines(), 1):
            found = self.suspicion.lines.get(n)
            bare = line.lstrip(" ")
            spaced = "\N{NO-BREAK SPACE}" * (len(line) - len(bare)) + bare
            rows.append((str(n), "" if found is None else f"{found:.2f}", spaced))
        text = (
            f"{len(self.edited)} edits of one place were tried; {len(self.repaired)} of them pass "
            "the visible cases. Suspicion is Ochiai's, from the visible cases."
        )
        reported = [Section("Where the fault may lie", text, table=tuple(rows))]
        for number, diff in zip(designs[DESIGN].values[:3], designs[PATCH].values, strict=False):
            table = (("diff",), *((line,) for line in str(diff).splitlines()))
            reported.append(Section(f"Patch {number}", table=table))
        return tuple(reported)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """The lines that a patch adds."""
        return tuple(
            " ".join(x[1:].strip() for x in str(d).splitlines()[2:] if x.startswith("+"))[:120]
            for d in designs[name].to_numpy()
        )

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A comment repairs nothing; a program that stops at once is wrong on every case."""
        comment = self.bug.diff(f"# Nothing else.\n{self.bug.source}")
        broken = self.bug.diff(f"raise SystemExit\n{self.bug.source}")
        all_wrong = {"failing_visible": float(len(self.bug.visible))}
        all_wrong["failing_hidden"] = float(len(self.bug.hidden))
        same = {"failing_visible": float(self.bug.right.count(False)), "lines_touched": 1.0}
        return (
            (patches([comment], [0]), same, 1e-12),
            (patches([broken], [0]), all_wrong, 1e-12),
        )
