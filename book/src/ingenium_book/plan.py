"""A check as data: files, steps, expectations and a picture, from the table of a row.

The files are written, the steps run in order, and each expectation becomes a finding.
`each` names lists of values: whatever mentions `{seed}`, or `{arm.steps}` of a list of tables, is
repeated for each value. A plan that could not fail is refused when it is read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from string import Formatter
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.spec import parse
from ingenium_book.expressions import FUNCTIONS, Expression

KINDS = ("command", "read", "digest", "change", "value", "values")  # of steps
TELLING = ("list", "show")  # commands whose words show no system
FUNCTION = r"[\w.]+:\w+"
MARKS = ("o", "s", ".", "-", "--", "o-", "steps", "bars", "image")


@dataclass(frozen=True)
class CheckStep:
    """One step of a check, and the name of its result."""

    name: str
    command: str = ""  # after `ingenium`; gives `code`, `answer`, `text`, `seconds`, `cpu_seconds`
    read: str = ""  # a file, or all that a pattern names, as a list
    digest: str = ""  # of a file
    change: str = ""  # a file in which `old` becomes `new`
    old: str = ""
    new: str = ""
    value: str = ""  # an expression
    values: str = ""  # "package.module:function" of the commands and earlier results

    @property
    def kind(self) -> str:
        """Kind of the step."""
        return next(kind for kind in KINDS if getattr(self, kind))

    @property
    def expression(self) -> Expression:
        """Expression of its value."""
        return Expression.read(self.value, f"step {self.name}")


@dataclass(frozen=True)
class Expectation:
    """A sentence, with expressions in braces, and the condition for it to be true.

    What is missing altogether is no expectation; it is `untested` in the row.
    """

    text: str
    holds: str
    gap: bool = False

    @property
    def expression(self) -> Expression:
        """Condition of the sentence."""
        return Expression.read(self.holds, f'"{self.text}"')

    @property
    def parts(self) -> list[tuple[str, Expression | None, str]]:
        """Literal text, each with the expression after it and its format."""
        place = f'the sentence "{self.text}"'
        try:
            found = [
                (text, name, form or "") for text, name, form, _ in Formatter().parse(self.text)
            ]
        except ValueError as error:
            raise InputError(f"expressions in braces in {place}", str(error)) from error
        return [
            (text, None if name is None else Expression.read(name, place), form)
            for text, name, form in found
        ]


@dataclass(frozen=True)
class Series:
    """A series of a picture: marks, a line, bars, or an image in a panel of its own."""

    y: str
    x: str = ""  # without one, numbers from 1
    mark: str = "o"
    label: str = ""


@dataclass(frozen=True)
class PicturePlan:
    """A picture of the check's results."""

    caption: str
    series: tuple[Series, ...]
    x: str = ""  # labels of the axes
    y: str = ""


@dataclass(frozen=True)
class CheckPlan:
    """Files, steps and expectations of a check."""

    files: Mapping[str, str]
    steps: tuple[CheckStep, ...]
    expect: tuple[Expectation, ...]
    picture: PicturePlan | None

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules whose functions compute its values."""
        return tuple(sorted({s.values.partition(":")[0] for s in self.steps if s.values}))

    def __str__(self) -> str:
        commands = sum(bool(step.command) for step in self.steps)
        return f"{commands} commands and {len(self.expect)} expectations in the file of the row"


def read(table: Mapping[str, Any], where: str) -> CheckPlan:
    """Parse a plan from the table of a row.

    Raises:
        InputError: naming an entry that is unknown, missing, or has no expectation.
    """
    unknown = sorted(set(table) - {"files", "each", "steps", "expect", "picture"})
    if unknown:
        known = "files, each, steps, expect or picture"
        raise InputError(f"{known} in {where}", f'"{unknown[0]}"')
    each = _each(table.get("each", {}), where)
    files = [parse(one, _File, f"files in {where}") for one in _files(table, each, where)]
    picture = table.get("picture")
    if picture is not None:
        series = [s for one in picture.get("series", ()) for s in _repeated(one, each)]
        picture = parse(picture | {"series": series}, PicturePlan, f"picture in {where}")
    plan = CheckPlan(
        files={file.name: file.text for file in files},
        steps=tuple(_items(table, "steps", CheckStep, each, where)),
        expect=tuple(_items(table, "expect", Expectation, each, where)),
        picture=picture,
    )
    _check_steps(plan, where)
    _check_expectations(plan, where)
    return plan


@dataclass(frozen=True)
class _File:
    name: str
    text: str


def _files(table: Mapping[str, Any], each: Mapping[str, list[Any]], where: str) -> Iterator[Any]:
    files = table.get("files", {})
    if not isinstance(files, Mapping):
        raise InputError(f"a table of files by name in {where}", type(files).__name__)
    for name, text in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise InputError(f"a file below the folder of {where}", f'"{name}"')
        yield from _repeated({"name": name, "text": text}, each)


def _each(table: object, where: str) -> dict[str, list[Any]]:
    if not isinstance(table, Mapping):
        raise InputError(f"a table of lists as `each` in {where}", type(table).__name__)
    for name, values in table.items():
        if not isinstance(values, list) or not values:
            raise InputError(f"a list of values for each {name} in {where}", repr(values))
    return dict(table)


def _items(
    table: Mapping[str, Any], key: str, kind: type[Any], each: Mapping[str, list[Any]], where: str
) -> Iterator[Any]:
    entries = table.get(key, [])
    if not isinstance(entries, list):
        raise InputError(f"a list as `{key}` in {where}", type(entries).__name__)
    for i, entry in enumerate(entries, start=1):
        for one in _repeated(entry, each):
            yield parse(one, kind, f"{key} {i} in {where}")


def _repeated(entry: Any, each: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Repeat an entry for every value that it mentions."""
    if not isinstance(entry, Mapping):
        raise InputError("a table", repr(entry))
    texts = [text for text in entry.values() if isinstance(text, str)]
    names = [n for n in each if any(re.search(rf"\{{{n}(\.\w+)?\}}", text) for text in texts)]
    for chosen in product(*(each[name] for name in names)):
        put = {
            k: v for name, value in zip(names, chosen, strict=True) for k, v in _put(name, value)
        }
        yield {k: _with(v, put) if isinstance(v, str) else v for k, v in entry.items()}


def _put(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from ((f"{{{name}.{key}}}", str(one)) for key, one in value.items())
    else:
        yield f"{{{name}}}", str(value)


def _with(text: str, put: Mapping[str, str]) -> str:
    for name, value in put.items():
        text = text.replace(name, value)
    return text


def _check_steps(plan: CheckPlan, where: str) -> None:
    seen: set[str] = set()
    for step in plan.steps:
        place = f"step {step.name} in {where}"
        if not step.name.isidentifier() or step.name in seen or step.name in FUNCTIONS:
            raise InputError(f"a name of its own for each step in {where}", f'"{step.name}"')
        if sum(bool(getattr(step, kind)) for kind in KINDS) != 1:
            raise InputError(f"one of {', '.join(KINDS)} in {place}", "none or several")
        if bool(step.change) != bool(step.old):
            raise InputError(f"change and old together in {place}", "one of them")
        if step.values and not re.fullmatch(FUNCTION, step.values):
            raise InputError(f"values as package.module:function in {place}", f'"{step.values}"')
        if step.value:
            _check_evidence(plan, step.value, place)
            _check_names(Expression.read(step.value, place), seen, place)
        seen.add(step.name)


def _check_expectations(plan: CheckPlan, where: str) -> None:
    if not any(not one.gap for one in plan.expect):
        raise InputError(f"an expectation that is no gap in {where}", "none")
    names = {step.name for step in plan.steps}
    for one in plan.expect:
        place = f'"{one.text}" in {where}'
        for _, expression, _ in one.parts:
            if expression:
                _check_names(expression, names, place)
        if not one.holds:
            raise InputError(f"what must hold for {place}", "nothing", "Write it under untested.")
        _check_evidence(plan, one.holds, place)
        _check_names(one.expression, names, place)
        if not one.expression.names:
            raise InputError(f"something that could be false for {place}", one.holds)
    for series in plan.picture.series if plan.picture else ():
        place = f"picture in {where}"
        if series.mark not in MARKS:
            raise InputError(f"one of {', '.join(MARKS)} in {place}", f'"{series.mark}"')
        for text in filter(None, (series.x, series.y)):
            _check_names(Expression.read(text, place), names, place)


def _check_evidence(plan: CheckPlan, text: str, place: str) -> None:
    told = [step.name for step in plan.steps if step.command.split(" ")[0] in TELLING]
    if any(re.search(rf"\b{name}\.text\b", text) for name in told):
        raise InputError(f"what a command does in {place}", "words that list or show tell")


def _check_names(expression: Expression, names: set[str], place: str) -> None:
    unknown = sorted(expression.names - names)
    if unknown:
        raise InputError(f"names of earlier steps in {place}", f'"{unknown[0]}"')
