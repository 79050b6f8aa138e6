"""The spec: what a user asks of a problem, as frozen dataclasses and as a TOML file."""

import math
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import tomli_w
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError

T = TypeVar("T")
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)
Number = Annotated[float, Field(strict=True)]  # no text and no truth value that reads as one


@checked(frozen=True, config=_STRICT)
class Limit:
    """A bound on a measured quantity; judged with a signed margin."""

    quantity: str
    at_least: Number | None = None
    at_most: Number | None = None
    unit: str | None = None  # None is the unit in which the problem measures

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a limit needs at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} lies above at_most {self.at_most}")

    @property
    def label(self) -> str:
        """The limit in words, e.g. `0.9 <= min_voltage [pu]`."""
        low = "" if self.at_least is None else f"{self.at_least:.12g} <= "
        high = "" if self.at_most is None else f" <= {self.at_most:.12g}"
        return f"{low}{self.quantity}{high}" + (f" [{self.unit}]" if self.unit else "")


@checked(frozen=True, config=_STRICT)
class Objective:
    """A measured quantity that ranks accepted designs."""

    quantity: str
    sense: Literal["minimise", "maximise"]


@checked(frozen=True, config=_STRICT)
class Between:
    """A range of a numeric condition; designs are spread evenly over it."""

    at_least: Number
    at_most: Number

    def __post_init__(self) -> None:
        if self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} lies above at_most {self.at_most}")


@checked(frozen=True, config=_STRICT)
class Fixed:
    """A value that every design holds exactly, by projection."""

    value: Number
    unit: str | None = None


@checked(frozen=True, config=_STRICT)
class Target:
    """A measured quantity towards which the proposal is steered by its gradient."""

    quantity: str
    target: Number
    unit: str | None = None
    strength: Annotated[Number, Field(ge=0)] = 1.0


@checked(frozen=True, config=_STRICT)
class GeneratorChoice:
    """Which family proposes, how long it may learn and how it is steered."""

    family: str = "default"
    guidance: Number = 1.0  # classifier-free weight; 1 is the plain conditional model
    steps: Annotated[int, Field(ge=1)] | None = None  # of training; None for the family's own
    seed: Annotated[int, Field(ge=0)] = 0  # of the fit
    steer: tuple[Target, ...] = ()


@checked(frozen=True, config=_STRICT)
class Select:
    """What is kept and exported."""

    keep: Literal["accepted", "rejected", "verified"] = "accepted"  # verified: both
    count: Annotated[int, Field(ge=1)] | None = None  # the best so many; None for all
    apart: Annotated[Number, Field(gt=0)] | None = None  # least distance of any two; None for any


Wanted = str | float | tuple[str, ...] | Between


@checked(frozen=True, config=_STRICT)
class Spec:
    """What is asked of a problem: conditions, limits, objectives."""

    problem: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(max_length=200)] = ""
    setup: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Wanted] = field(default_factory=dict)
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    objectives: tuple[Objective, ...] = ()
    generator: GeneratorChoice = field(default_factory=GeneratorChoice)
    select: Select = field(default_factory=Select)


def parse(table: Mapping[str, Any], kind: type[T], where: str) -> T:
    """A settings dataclass from a table, with a clear message on the first fault.

    Raises:
        InputError: naming the entry, what was expected and what came.
    """
    if is_dataclass(kind):  # a plain one would pass over what it does not know
        names = [f.name for f in fields(kind)]
        for entry in table:
            if entry not in names:
                raise InputError(
                    expected=f"only known entries in {where}",
                    came=f'the unknown entry "{entry}"',
                    instead=f"Write one of {', '.join(names)}.",
                )
    try:
        found: T = _adapter(kind).validate_python(dict(table))
        return found
    except ValidationError as error:
        raise _explain(error, kind, where) from None


@cache
def _adapter(kind: type) -> Any:
    return TypeAdapter(kind)


def _explain(error: ValidationError, kind: type, where: str) -> InputError:
    """The first fault of a validation, in the three parts of an `InputError`."""
    faults = error.errors(include_url=False)
    fault = next((f for f in faults if f["type"] == "value_error"), faults[0])
    told = fault.get("ctx", {}).get("error")
    if isinstance(told, InputError):  # by settings that check themselves
        return told
    path = ".".join(str(p) for p in fault["loc"] if not str(p).startswith(("Between", "tuple[")))
    place = f"{path} in {where}" if path else where
    if fault["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = _known_entries(kind, fault["loc"])
        return InputError(
            expected=f"only known entries in {where}",
            came=f'the unknown entry "{path}"',
            instead=f"Write one of {', '.join(known)}.",
        )
    if fault["type"] in ("missing", "missing_argument"):
        return InputError(
            expected=f"the entry {place}", came="nothing", instead=f"Write {path} = ... ."
        )
    listed = fault["type"] == "tuple_type"
    return InputError(
        expected=f"{place} as a value where: {fault['msg'].removeprefix('Value error, ')}",
        came=_short(fault["input"]),
        instead=f"Write [[{path}]], in double brackets."
        if listed
        else "Write a value that holds this; docs/reference/spec.md lists all entries.",
    )


def _short(value: object) -> str:
    """What was written, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]} ..."


def _known_entries(kind: type, loc: tuple[int | str, ...]) -> list[str]:
    """Names of the fields at the place of a fault; those of `kind` where the place is deeper."""
    if is_dataclass(kind) and len(loc) > 1:
        for f in fields(kind):
            if f.name == loc[0] and isinstance(f.type, type) and is_dataclass(f.type):
                return _known_entries(f.type, loc[1:])
        inner = {"limits": Limit, "objectives": Objective, "fixed": Fixed}.get(str(loc[0]))
        if inner is not None:
            return [f.name for f in fields(inner)]
    return [f.name for f in fields(kind)] if is_dataclass(kind) else []


def load(path: Path) -> Spec:
    """A spec from a TOML file; relative paths in `setup` are taken from the file's folder.

    Raises:
        InputError: if the file is missing, is not TOML or is not a spec.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            expected="a spec as a TOML file",
            came=f"no file at {path}",
            instead="Write the path of a spec; examples/ holds some to copy.",
        ) from None
    except (UnicodeDecodeError, IsADirectoryError, PermissionError) as error:
        raise InputError(
            expected=f"a readable TOML file at {path}",
            came=str(error),
            instead="Write UTF-8 text.",
        ) from None
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of numbers with too many digits
        raise InputError(
            expected=f"TOML in {path}",
            came=str(error),
            instead="Write valid TOML; see toml.io.",
        ) from None
    spec = parse(table, Spec, str(path))
    return _anchor(spec, path.resolve().parent)


def _anchor(spec: Spec, folder: Path) -> Spec:
    """Make file names in `setup` that exist beside the spec absolute."""

    def one(value: Any) -> Any:
        with suppress(OSError):  # of text that is too long for a name
            if isinstance(value, str) and value and (folder / value).is_file():
                return str(folder / value)
        return value

    table = asdict(spec) | {"setup": {k: one(v) for k, v in spec.setup.items()}}
    return parse(table, Spec, "spec")


def dump(spec: Spec) -> str:
    """The spec as TOML; `load` of it gives the same spec."""
    return tomli_w.dumps(_plain(asdict(spec)))


def as_table(spec: Spec) -> dict[str, Any]:
    """The spec as plain data, without entries that are not set."""
    table: dict[str, Any] = _plain(asdict(spec))
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(
            expected="finite numbers in a spec", came=repr(value), instead="Write a number."
        )
    return value
