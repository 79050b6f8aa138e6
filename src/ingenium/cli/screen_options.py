"""Options of `search` that count only beside others, as the plan of a screen."""

from collections.abc import Mapping
from dataclasses import fields

from ingenium.core.errors import InputError
from ingenium.runs.search_plan import FIDELITY, REQUESTED, ScreenPlan
from ingenium.searches.screens import LEARNED

SCREENED = ("pass_fraction", "audit", "miscoverage")  # by a screen
LOW_FIDELITY = ("cheap", "cost_ratio")  # by what asks a cheap tier


def plan(strategy: str, screen: str | None, options: Mapping[str, object]) -> ScreenPlan | None:
    """The screen, if there is one; `options` are none where they were not written.

    Raises:
        InputError: for an option that nothing would use, saying what uses it.
    """
    given = {name: value for name, value in options.items() if value is not None}
    cheap = "--screen cheap" + (f", or --strategy {FIDELITY}" if screen is None else "")
    if screen is None:
        _refuse(given, SCREENED, "--screen", "--screen cheap, say")
    if screen in LEARNED or (screen is None and strategy != FIDELITY):
        _refuse(given, LOW_FIDELITY, cheap, cheap)
    if "cost_ratio" not in given:
        _refuse(given, ("cost",), f"--cost-ratio and {cheap}", "--cost-ratio 0.01, say")
    by = REQUESTED if screen is None and strategy == FIDELITY else screen
    if by is None:
        return None
    known = {f.name for f in fields(ScreenPlan)}
    own = {name: value for name, value in given.items() if name in known}
    if "cheap" in own:
        own["cheap"] = tuple(x.strip() for x in str(own["cheap"]).split(",") if x.strip())
    return ScreenPlan(by, **own)  # type: ignore[arg-type]


def _refuse(
    given: Mapping[str, object], names: tuple[str, ...], alongside: str, write: str
) -> None:
    for name in names:
        option = f"--{name.replace('_', '-')}"
        if name in given:
            raise InputError(
                f"{option} together with {alongside}",
                f"{option} {given[name]} alone",
                f"Write {write}, or leave {option} out.",
            )
