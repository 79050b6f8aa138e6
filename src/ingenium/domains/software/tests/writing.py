"""Tests from results of calls: each assertion states an observed or a documented value."""

import ast
import builtins
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from ingenium.core.errors import InputError
from ingenium.domains.software.tests.grammar import SuiteTest, read_suite

_MOST_ATTRIBUTES = 10


@runtime_checkable
class Statements(Protocol):
    """Source of statements for a test."""

    def statements(self, module: str) -> tuple[str, ...]:
        """Return the statements as a test writes them."""
        ...


def written(
    name: str,
    candidate: Statements,
    portrait: Sequence[Any],
    module: str,
    public: Sequence[str],
    label: str = "Observed.",
) -> SuiteTest | None:
    """Return a test that asserts a portrait; None where the grammar of tests excludes it."""
    statements = candidate.statements(module)
    if portrait[0] == "raised":
        lines = list(_raised(statements, portrait[1][0], module, public))
    else:
        lines = [*statements, *_asserted(statements, portrait[1])]
    body = "\n    ".join([f'"""{label}"""', *lines])
    try:
        tests = read_suite(f"def {name}():\n    {body}\n", module, public)
    except InputError:
        return None
    return tests[0]


def _raised(
    statements: Sequence[str], said: Sequence[str], module: str, public: Sequence[str]
) -> Iterator[str]:
    kind, message = said[0], said[1]
    known = getattr(builtins, kind, None)
    own = kind in public
    if isinstance(known, type) and issubclass(known, Exception):
        shown = kind
    else:
        shown = f"{module}.{kind}" if own else "Exception"
    yield from statements[:-1]
    yield f"with pytest.raises({shown}) as caught:"
    yield f"    {statements[-1].partition(' = ')[2]}"
    if shown == "Exception" and kind != "Exception":
        yield f"assert type(caught.value).__name__ == {kind!r}"
    if message:
        yield f"assert str(caught.value) == {message!r}"


def _asserted(statements: Sequence[str], reported: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield assertions on final values of names; on arguments only where they were changed."""
    first = dict(s.split(" = ", 1) for s in statements if s.startswith("given_"))
    for name, kind, text in reported:
        if name in first and _same(first[name], text):
            continue
        if kind == "literal":
            compared = "is" if text in ("None", "True", "False") else "=="
            yield f"assert {name} {compared} {text}"
        elif kind == "repr":
            yield f"assert repr({name}) == {text!r}"
        elif kind == "iterator":
            yield f"assert list(itertools.islice({name}, 20)) == {text}"
        elif kind == "attributes":
            own, held = ast.literal_eval(text)
            yield f"assert type({name}).__name__ == {own!r}"
            for key, value in list(held.items())[:_MOST_ATTRIBUTES]:
                yield f"assert {name}.{key} == {value}"


def _same(source: str, text: str) -> bool:
    try:
        return bool(ast.literal_eval(source) == ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return False
