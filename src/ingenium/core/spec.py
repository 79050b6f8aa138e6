"""The spec: a request to a problem, as frozen dataclasses and as a TOML file."""

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

import tomli_w
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError
from ingenium.core.faults import Table
from ingenium.core.reading.files import MOST_TOML, refusing, text
from ingenium.core.units import convert

T = TypeVar("T")
MOST = 10**9  # of anything that is counted
LAST_SEED = 2**63 - 1
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)
Number = Annotated[float, Field(strict=True)]  # no text and no truth value that reads as one
Reason = Annotated[str, Field(min_length=1, max_length=400)]
_LABEL = re.compile(
    r"(?:([-+.e\d]+) <= )?([^\W\d]\w*)(?: <= ([-+.e\d]+))?(?: \[(.+?)\])?( beyond uncertainty)?"
)


@checked(frozen=True, config=_STRICT)
class Limit:
    """A bound on a measured quantity; judged with a signed margin."""

    quantity: str
    at_least: Number | None = None
    at_most: Number | None = None
    unit: str | None = None  # None is the unit of the quantity
    beyond_uncertainty: bool | None = None  # true: margin above it; none: only where a mesh matters

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise InputError(
                "at_least, at_most or both",
                f"a limit on {self.quantity} without them",
                "Write at_least = or at_most = and a number.",
            )
        if self.at_least is not None and self.at_most is not None:
            _check_order(self.at_least, self.at_most)

    @property
    def label(self) -> str:
        """The limit in words, e.g. `0.9 <= min_voltage [pu]`."""
        low = "" if self.at_least is None else f"{self.at_least:.12g} <= "
        high = "" if self.at_most is None else f" <= {self.at_most:.12g}"
        unit = f" [{self.unit}]" if self.unit else ""
        beyond = " beyond uncertainty" if self.beyond_uncertainty else ""
        return f"{low}{self.quantity}{high}{unit}{beyond}"

    @classmethod
    def labelled(cls, label: str) -> "Limit":
        """Return the limit that has this label.

        Raises:
            InputError: if the label is not that of a limit.
        """
        found = _LABEL.fullmatch(label)
        if found is None or not (found[1] or found[3]):
            raise InputError("the label of a limit", label, 'Write "mass <= 2 [kg]".')
        low, name, high, unit, beyond = found.groups()
        at_least, at_most = (None if end is None else float(end) for end in (low, high))
        return cls(name, at_least, at_most, unit, True if beyond else None)

    def in_unit(self, unit: str) -> "Limit":
        """Convert the limit to the unit of its quantity.

        Raises:
            InputError: if its own unit measures something else.
        """

        def one(bound: float | None) -> float | None:
            if bound is None or self.unit is None:
                return bound
            return convert(bound, self.unit, unit, of=self.quantity)

        return replace(self, at_least=one(self.at_least), at_most=one(self.at_most), unit=unit)


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
        _check_order(self.at_least, self.at_most)


def _check_order(least: float, most: float) -> None:
    if least > most:
        raise InputError(
            "at_least below at_most", f"{least:g} and {most:g}", "Write the smaller as at_least."
        )


@checked(frozen=True, config=_STRICT)
class Fixed:
    """A value that every design takes exactly, by projection."""

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
    """Model family that proposes, the length of its training and its steering."""

    family: str = "default"
    guidance: Number = 1.0  # classifier-free weight; 1 is the plain conditional model
    steps: Annotated[int, Field(ge=1, le=MOST)] | None = (
        None  # of training; None for the family's own
    )
    rows: Annotated[int, Field(ge=1, le=MOST)] | None = (
        None  # labelled by the engine to fit inverse; None for its own
    )
    seed: Annotated[int, Field(ge=0, le=LAST_SEED)] = 0  # of the fit
    steer: tuple[Target, ...] = ()


@checked(frozen=True, config=_STRICT)
class Select:
    """Selection of the designs that are exported."""

    export: Literal["accepted", "rejected", "verified"] = "accepted"  # verified: both
    count: Annotated[int, Field(ge=1, le=MOST)] | None = None  # number of the best; None for all
    min_distance: Annotated[Number, Field(gt=0)] | None = (
        None  # least distance of any two; None for any
    )


Wanted = str | float | tuple[str, ...] | Between


@checked(frozen=True, config=_STRICT)
class Spec:
    """A request to a problem: conditions, limits, objectives."""

    problem: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(max_length=200)] = ""
    setup: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Wanted] = field(default_factory=dict)
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    without: Mapping[str, Reason] = field(default_factory=dict)  # limits removed, and why
    objectives: tuple[Objective, ...] = ()
    generator: GeneratorChoice = field(default_factory=GeneratorChoice)
    select: Select = field(default_factory=Select)


def parse(table: Mapping[str, Any], kind: type[T], where: str, *, under: tuple[str, ...] = ()) -> T:
    """Build a settings dataclass from a table, with a clear message on the first fault.

    At every depth an unknown entry is refused, also by plain dataclasses, which alone would ignore
    it. `under` are the keys of the table's place in the file that the user wrote.

    Raises:
        InputError: naming the entry, what was expected and what it got.

    Examples:
        >>> parse({"quantity": "mass", "at_most": 900.0, "unit": "kg"}, Limit, "the limit").at_most
        900.0
    """
    own = Table(kind, where, under)
    try:
        parsed = cast(T, _reading(kind)((dict(table),))[0])  # type: ignore[arg-type]  # classes hash
    except ValidationError as error:
        faults = error.errors(include_url=False)
        for fault in faults:
            fault["loc"] = fault["loc"][1:]
        raise own.refusal(faults) from None
    own.check_kinds(table)
    return parsed


@cache
def _reading(kind: Any) -> Callable[..., tuple[Any, ...]]:
    """Validate within a tuple, since a tuple passes its configuration on to plain dataclasses."""
    return TypeAdapter(tuple[kind], config=_STRICT).validate_python


def load(source: str | Path | Mapping[str, Any]) -> Spec:
    """Load a spec from a TOML file, or from a dictionary with the same entries.

    Relative paths in it start from the file's folder, or from the working directory.

    Raises:
        InputError: if the file is missing, is not TOML or is not a spec.

    Examples:
        >>> spec = load({"problem": "structures.roof", "setup": {"span": 30.0}})
        >>> spec.setup
        {'span': 30.0}
    """
    if isinstance(source, Mapping):
        return parse(source, Spec, "the spec")
    path = Path(source)
    what = "a spec as a TOML file in UTF-8; `ingenium examples COPY-TO` writes some"
    found = text(path, what, most=MOST_TOML, prose=True)
    with refusing(what, path):
        table = tomllib.loads(found)
    spec = parse(table, Spec, str(path))
    return anchored(spec, path.resolve().parent)


def anchored(spec: Spec, folder: Path) -> Spec:
    """Make paths of `given`, and names in `setup` of files next to the spec, absolute.

    Examples:
        >>> spec = load({"problem": "equations.law", "given": {"table": {"file": "t.csv"}}})
        >>> str(anchored(spec, Path("/data")).given["table"]["file"])
        '/data/t.csv'
    """

    def one(value: Any) -> Any:
        with suppress(OSError):  # of text that is too long for a name
            if isinstance(value, str) and value and (folder / value).is_file():
                return str(folder / value)
        return value

    def alongside(entry: Any) -> Any:
        if isinstance(entry, Mapping) and isinstance(entry.get("file"), str):
            return {**entry, "file": str(folder / entry["file"])}
        return entry

    setup = {k: one(v) for k, v in spec.setup.items()}
    given = {k: alongside(v) for k, v in spec.given.items()}
    return parse(asdict(spec) | {"setup": setup, "given": given}, Spec, "spec")


def dump(spec: Spec) -> str:
    """Return the spec as TOML; `load` of it gives an equal spec.

    Examples:
        >>> import tomllib
        >>> spec = Spec("structures.roof", limits=(Limit("mass", at_most=900.0, unit="kg"),))
        >>> load(tomllib.loads(dump(spec))) == spec
        True
    """
    return tomli_w.dumps(as_table(spec))


def as_table(spec: Spec) -> dict[str, Any]:
    """Return the spec as plain data, without entries that are not set.

    Examples:
        >>> as_table(Spec("structures.roof"))["problem"]
        'structures.roof'
    """
    table: dict[str, Any] = _plain(asdict(spec))
    for name in ("given", "without"):
        if not table[name]:  # is the same request as before the entry existed
            del table[name]
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
            expected="finite numbers in a spec", got=repr(value), instead="Write a number."
        )
    return value
