"""Files of the exchange structure of STEP (ISO 10303-21), as IFC uses it: instances in text.

Only what IFC4 models of solids need: references, texts, numbers, lists, enumerations.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingenium.core.errors import InputError

_TOKEN = re.compile(
    r"\s*(?:(#\d+)|'((?:[^']|'')*)'|(\.[A-Z_0-9]+\.)|([-+]?\d+(?:\.\d*)?(?:E[-+]?\d+)?)"
    r"|([A-Z][A-Z0-9_]*)(?=\()|([(),$*]))"
)
_STATEMENT = re.compile(r"\s*#(\d+)\s*=\s*([A-Z][A-Z0-9]*)\s*(\(.*)", re.DOTALL)


class Ref(NamedTuple):
    """Reference to an instance."""

    number: int


class Word(NamedTuple):
    """An enumeration value such as `.ELEMENT.`, or `$` and `*`."""

    text: str


NONE = Word("$")


class Typed(NamedTuple):
    """A value with its type, such as `IFCLABEL('x')`."""

    kind: str
    value: Any


@dataclass
class StepText:
    """Instances in order, each written once."""

    lines: list[str] = field(default_factory=list)
    known: dict[str, Ref] = field(default_factory=dict)

    def add(self, kind: str, *values: Any) -> Ref:
        """Add an instance; one with the same values is used again."""
        said = f"{kind}({','.join(map(_written, values))})"
        if said not in self.known:
            self.known[said] = Ref(len(self.lines) + 1)
            self.lines.append(f"#{len(self.lines) + 1}={said};")
        return self.known[said]


def _written(value: Any) -> str:
    if isinstance(value, Ref):
        return f"#{value.number}"
    if isinstance(value, Word):
        return value.text
    if isinstance(value, Typed):
        return f"{value.kind}({_written(value.value)})"
    if isinstance(value, str):
        return "'" + _encoded(value) + "'"
    if isinstance(value, list | tuple):
        return f"({','.join(map(_written, value))})"
    if isinstance(value, float):
        return repr(value).removesuffix("0") if value == int(value) else repr(value).upper()
    return str(value)


def _encoded(text: str) -> str:
    """Write a text with letters beyond ASCII as ISO 10303-21 has them."""
    plain = text.replace("\\", "\\\\").replace("'", "''")

    def letters(m: re.Match[str]) -> str:
        return "\\X2\\" + m[0].encode("utf-16-be").hex().upper() + "\\X0\\"

    return re.sub(r"[^ -~]+", letters, plain)


def _decoded(text: str) -> str:
    def letters(m: re.Match[str]) -> str:
        return bytes.fromhex(m[1]).decode("utf-16-be", "replace")

    found = re.sub(r"\\X2\\((?:[0-9A-F]{4})+)\\X0\\", letters, text.replace("''", "'"))
    return found.replace("\\\\", "\\")


@dataclass(frozen=True)
class Instance:
    """One instance: its type and its values."""

    kind: str
    values: tuple[Any, ...]


def instances(text: str) -> Mapping[int, Instance]:
    """Read the instances of a file.

    Raises:
        InputError: for a text that is no STEP file, or an instance that occurs twice.
    """
    head, _, rest = text.partition("DATA;")
    body, end, _ = rest.partition("ENDSEC;")
    if not head.lstrip().startswith("ISO-10303-21;") or not end:
        raise InputError("a STEP file, from ISO-10303-21; to ENDSEC;", f"{text[:40]!r}")
    found: dict[int, Instance] = {}
    for statement in re.findall(r"((?:'(?:[^']|'')*'|[^';])*);", body):
        match = _STATEMENT.fullmatch(statement)
        if match is None or int(match[1]) in found:
            raise InputError("instances of STEP, each once", f"{statement.strip()[:60]!r}")
        values, at = _list(match[3], 1)
        if match[3][at:].strip():
            raise InputError("one list of values", f"{statement.strip()[:60]!r}")
        found[int(match[1])] = Instance(match[2], tuple(values))
    return found


def _list(text: str, at: int, depth: int = 0) -> tuple[list[Any], int]:
    """Read values up to a closing bracket."""
    found: list[Any] = []
    while depth < 20:
        match = _TOKEN.match(text, at)
        if match is None:
            break
        at = match.end()
        ref, said, word, number, kind, mark = match.groups()
        if mark == ")":
            return found, at
        if mark == "(":
            inner, at = _list(text, at, depth + 1)
            found.append(inner)
        elif kind is not None:
            inner, at = _list(text, at + 1, depth + 1)
            found.append(Typed(kind, inner[0] if len(inner) == 1 else inner))
        elif mark != ",":
            found.append(_value(ref, said, word, number, mark))
    raise InputError("values of STEP in brackets", f"{text[at : at + 40]!r}")


def _value(
    ref: str | None, said: str | None, word: str | None, number: str | None, mark: str | None
) -> Any:
    if ref is not None:
        return Ref(int(ref[1:]))
    if said is not None:
        return _decoded(said)
    if number is not None:
        return float(number) if re.search(r"[.E]", number) else int(number)
    return Word(word or mark or "$")
