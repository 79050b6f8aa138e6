"""Execution of a plan: steps in order, then a finding for each expectation, and a picture."""

import json
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from ingenium.core.digest import file_digest
from ingenium.core.errors import InputError
from ingenium_book.expressions import Expression, MissingValueError
from ingenium_book.findings import Commands, Finding, Picture
from ingenium_book.plan import CheckPlan, CheckStep, Expectation, PicturePlan, Series

WRONG_INPUT, NOT_INSTALLED = 2, "pip install"


def carry_out(plan: CheckPlan, commands: Commands) -> Iterator[Finding | Picture]:
    """Write the files, run the steps, and compare results with expectations.

    Raises:
        InputError: if a command reports missing packages.
    """
    for name, text in plan.files.items():
        path = commands.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    values = Answers()
    for step in plan.steps:
        try:
            values[step.name] = TAKEN[step.kind](step, commands, values)
        except (MissingValueError, LookupError) as missing:  # and all that depends on it
            values[step.name] = MissingValueError(f"{step.name} ({missing})")
    yield from (finding(expectation, values) for expectation in plan.expect)
    if plan.picture:
        try:
            yield drawn(plan.picture, values)
        except MissingValueError:
            return  # the findings say what is missing


class Answers(dict[str, Any]):
    """Values of the steps by name; reading a missing one raises."""

    def __getitem__(self, name: str) -> Any:
        """Get the value of a step.

        Raises:
            MissingValueError: if it has none.
        """
        found = super().__getitem__(name)
        if isinstance(found, MissingValueError):
            raise found
        return found


def finding(expectation: Expectation, values: Mapping[str, Any]) -> Finding:
    """Evaluate a finding; one whose sentence or condition has no value is false, and says so."""
    text, holds, missing = "", False, dict[str, None]()
    for literal, expression, form in expectation.parts:
        text += literal
        if expression is not None:
            try:
                text += format(_plain(expression.value(values)), form)
            except (MissingValueError, TypeError, ValueError) as error:
                text += "?"
                missing[str(error)] = None
    try:
        holds = expectation.expression.holds(values)
    except MissingValueError as error:
        missing[str(error)] = None
    if missing:
        return Finding(f"{text} (missing: {'; '.join(missing)})", False, expectation.gap)
    return Finding(text, holds, expectation.gap)


def drawn(plan: PicturePlan, values: Mapping[str, Any]) -> Picture:
    """Draw the series of a plan: images in a panel each, all others in one.

    Raises:
        MissingValueError: if one of them has no values.
    """
    from ingenium.drawing.style import dress, panels

    images = [series for series in plan.series if series.mark == "image"]
    others = [series for series in plan.series if series.mark != "image"]
    count = len(images) + bool(others)
    figure, grid = panels(1, count, (2.8 if count > 1 else 4.6, 2.4))
    for axes, series in zip(grid[0], images, strict=False):
        axes.imshow(np.asarray(_drawn(series.y, values)).T, cmap="gray_r", origin="lower")
        axes.set_title(series.label, fontsize=9)
        axes.axis("off")
    for number, series in enumerate(others):
        _add(grid[0, -1], series, values, number, len(others))
    if others:
        dress(grid[0, -1], plan.x, plan.y, grid=True)
        if any(series.label for series in others):
            grid[0, -1].legend(fontsize=8, frameon=False)
    return Picture(figure, plan.caption)


def _add(axes: Any, series: Series, values: Mapping[str, Any], number: int, count: int) -> None:
    """Add one series to a panel; bars of several are drawn side by side."""
    y = np.atleast_1d(np.asarray(_drawn(series.y, values), dtype=float).T)  # a line for each row
    x = _drawn(series.x, values) if series.x else np.arange(1, len(y) + 1)
    if series.mark == "bars":
        at = np.arange(len(y)) + (number - (count - 1) / 2) * 0.8 / count
        axes.bar(at, y, 0.8 / count, label=series.label)
        axes.set_xticks(np.arange(len(y)), [str(name) for name in x])
    elif series.mark == "steps":
        axes.step(x, y, where="post", label=series.label)
    else:
        axes.plot(x, y, series.mark, ms=4, label=series.label)


def _drawn(text: str, values: Mapping[str, Any]) -> Any:
    return Expression.read(text, "a picture").value(values)


def _plain(value: Any) -> Any:
    """Format a value for a sentence."""
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(str(_plain(one)) for one in value)
    return value.item() if isinstance(value, np.generic) else value


def _command(step: CheckStep, commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    cpu, began = process_time(), perf_counter()
    done = commands(*shlex.split(step.command))
    if done.code == WRONG_INPUT and NOT_INSTALLED in done.text:
        raise InputError(f"an installation for `ingenium {step.command}`", done.text.strip())
    took = {"seconds": perf_counter() - began, "cpu_seconds": process_time() - cpu}
    return {"code": done.code, "answer": done.answer, "text": done.text, **took}


def _read(step: CheckStep, commands: Commands, values: Mapping[str, Any]) -> Any:
    if "*" in step.read:
        return [_content(path) for path in sorted(commands.folder.glob(step.read))]
    return _content(commands.folder / step.read)


def _content(path: Path) -> Any:
    """Read a file as tables and arrays where its ending is known, or as text."""
    try:
        if path.suffix == ".nc":
            return _arrays(path)
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".json", ".toml"):
            return (json if path.suffix == ".json" else tomllib).loads(text)
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines()]
    except (OSError, ValueError) as error:
        raise MissingValueError(f"{path.name} ({type(error).__name__})") from error
    return text


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a NetCDF file by name; verdicts as words."""
    import xarray as xr

    from ingenium.core.verdict import unflagged

    found = xr.load_dataset(path)
    if "verdict" in found:
        found = unflagged(found)
    return {str(name): array.to_numpy() for name, array in found.variables.items()}


def _digest(step: CheckStep, commands: Commands, values: Mapping[str, Any]) -> str:
    try:
        return file_digest(commands.folder / step.digest)
    except OSError as error:
        raise MissingValueError(f"{step.digest} ({type(error).__name__})") from error


def _change(step: CheckStep, commands: Commands, values: Mapping[str, Any]) -> bool:
    path = commands.folder / step.change
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MissingValueError(f"{step.change} ({type(error).__name__})") from error
    if step.old not in text:
        raise MissingValueError(f'"{step.old}" in {step.change}')
    path.write_text(text.replace(step.old, step.new), encoding="utf-8")
    return True


def _value(step: CheckStep, commands: Commands, values: Mapping[str, Any]) -> Any:
    return step.expression.value(values)


def _values(step: CheckStep, commands: Commands, values: Mapping[str, Any]) -> Any:
    """Call a function with the commands and earlier results.

    Raises:
        InputError: if there is none of this name.
    """
    module, _, name = step.values.partition(":")
    function: Callable[..., Any] | None = getattr(import_module(module), name, None)
    if function is None:
        raise InputError(f"a function {name} in {module}", "none")
    return function(commands, values)


TAKEN: Mapping[str, Callable[[CheckStep, Commands, Mapping[str, Any]], Any]] = {
    "command": _command,
    "read": _read,
    "digest": _digest,
    "change": _change,
    "value": _value,
    "values": _values,
}
