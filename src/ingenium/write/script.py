"""Steps of a session, from a script in TOML or from a person at a prompt."""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingenium.core.errors import InputError, choose
from ingenium.core.reading.files import MOST_TOML, text

ENTRIES: Mapping[str, Mapping[str, type]] = {
    "propose": {"spec": str, "n": int, "seed": int, "given": str, "prompt": str},
    "choose": {"pick": int, "after": str},
    "refuse": {"pick": int, "why": str},
    "edit": {"find": str, "replace": str},
    "verify": {"spec": str},
}
NEEDED = {"propose": ("spec",), "choose": ("pick",), "refuse": ("pick",),
          "edit": ("find", "replace"), "verify": ("spec",)}  # fmt: skip
MOST_STEPS, MOST_DESIGNS = 500, 1000
HELP = (
    "propose SPEC [n=16] [seed=0] [given=draft] [prompt='...'] | choose pick=1 | "
    "refuse pick=2 why='...' | edit find='...' replace='...' | verify SPEC | done"
)


@dataclass(frozen=True)
class WritingStep:
    """Next action, and its entries."""

    do: str
    entries: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        choose(self.do, ENTRIES, "step of a session")
        known = ENTRIES[self.do]
        for name, value in self.entries.items():
            if name not in known or type(value) is not known[name]:
                raise InputError(
                    f"a step {self.do} with {', '.join(known)}", f"{name} = {value!r}"[:100]
                )
        missing = [n for n in NEEDED[self.do] if n not in self.entries]
        if missing:
            raise InputError(f"{missing[0]} in the step {self.do}", "nothing")
        if not 1 <= self.entries.get("n", 1) <= MOST_DESIGNS or self.entries.get("pick", 1) < 1:
            raise InputError(f"n from 1 to {MOST_DESIGNS} and pick from 1", str(dict(self.entries)))


@dataclass(frozen=True)
class Script:
    """A title, the person who writes, and the steps."""

    title: str
    writer: str
    steps: tuple[WritingStep, ...]


def read_script(path: Path) -> Script:
    """Read a script.

    Raises:
        InputError: for what is none, or a step that cannot be.
    """
    try:
        table = tomllib.loads(text(path, "a script as TOML", most=MOST_TOML, prose=True))
    except tomllib.TOMLDecodeError as error:
        raise InputError("a script as TOML", f"{path}: {error}") from None
    steps = table.get("step", [])
    odd = set(table) - {"title", "writer", "step"}
    whole = isinstance(steps, list) and all(isinstance(s, dict) and "do" in s for s in steps)
    if odd or not whole or not steps or len(steps) > MOST_STEPS:
        got = f"the entry {sorted(odd)[0]}" if odd else f"{len(steps)} steps"
        raise InputError(
            f"title, writer, and 1 to {MOST_STEPS} [[step]] with do", f"{got} in {path}"
        )
    title, writer = table.get("title", path.stem), table.get("writer", "the writer")
    if not isinstance(title, str) or not isinstance(writer, str):
        raise InputError("title and writer as text", f"others in {path}")
    made = tuple(
        WritingStep(str(s["do"]), {k: v for k, v in s.items() if k != "do"}) for s in steps
    )
    return Script(title, writer, made)


def typed(line: str) -> WritingStep:
    """Read a step from a line that a person types.

    Raises:
        InputError: for what is none.
    """
    try:
        do, *words = shlex.split(line)
    except ValueError as error:
        raise InputError(HELP, f"{error}") from None
    if do not in ENTRIES:
        raise InputError(HELP, do)
    known, entries = ENTRIES[do], dict[str, Any]()
    for word in words:
        name, mark, value = word.partition("=")
        if not mark:
            name, value = NEEDED[do][0], word
        if known.get(name) is int and value.isdigit():
            entries[name] = int(value)
        else:
            entries[name] = value
    return WritingStep(do, entries)


def spoken(ask: Any, tell: Any) -> Iterator[WritingStep]:
    """Yield the steps of a person, until `done` or an empty line; a wrong one is explained."""
    while True:
        line = ask()
        if line.strip() in ("", "done"):
            return
        try:
            yield typed(line)
        except InputError as error:
            tell(str(error))
