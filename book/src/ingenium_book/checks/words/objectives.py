"""A check of requests: goals of operators, in words, as limits of setpoints."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.units import convert
from ingenium_book.findings import Commands, Finding

OBJECTIVES = Path(__file__).with_suffix(".txt")
RUN = 2  # the objective that is run: of a yield, a price, and the problem's own side product
BY_HAND = """problem = "process.laboratory"
[[limits]]
quantity = "reading_low"
at_least = 0.85
[[limits]]
quantity = "cost"
at_most = 130
[[limits]]
quantity = "side_product"
at_most = 0.08
"""
SPEC = f"asked_{RUN}/spec.toml"
SEARCH = ("--budget", 24, "--batch", 4, "--seed", 7)


@dataclass(frozen=True)
class WordedObjective:
    """Words, the problem whose designs are the setpoints, and all named values."""

    text: str
    problem: str
    values: dict[str, str]


def objectives() -> list[WordedObjective]:
    """All objectives of the file, in order."""
    rows = [row for row in OBJECTIVES.read_text(encoding="utf-8").splitlines() if row[:1] in "?="]
    requested, meant = (
        [row[2:] for row in filter(None, rows) if row[0] == sign] for sign in ("?", "=")
    )
    found = []
    for text, line in zip(requested, meant, strict=True):
        problem, *values = line.split(" ; ")
        pairs = (value.partition("=")[::2] for value in values)
        found.append(WordedObjective(text, problem, dict(pairs)))
    return found


def setpoints(commands: Commands) -> Iterator[Finding]:
    """Row 22.9, its reading half: thirty objectives, a person's approval, and a run from words."""
    requested = objectives()
    reported = [commands("ask", one.text, "--out", f"asked_{i}") for i, one in enumerate(requested)]
    marks = [_mark(one, done.answer) for one, done in zip(requested, reported, strict=True)]
    right, wrong = marks.count("right"), marks.count("wrong")
    yield Finding(
        f"of {len(requested)} objectives {right} are read, {marks.count('asked back')} asked "
        f"back, {wrong} read otherwise than meant",
        wrong == 0 and right >= 0.9 * len(requested),
        gap=True,
    )
    yield Finding(
        "without a person's yes nothing runs: a spec and no design",
        reported[RUN].answer["whole"] and reported[RUN].answer["designs"] is None,
    )
    (commands.folder / "by_hand.toml").write_text(BY_HAND)
    specs = (SPEC, "by_hand.toml")
    runs = [
        commands("search", "process.laboratory", "--spec", spec, *SEARCH, "--out", f"run_{i}")
        for i, spec in enumerate(specs)
    ]
    accepted = [run.answer["summary"]["accepted"] for run in runs]
    lines = [_measured(commands.folder / f"run_{i}" / "result") for i in range(2)]
    yield Finding(
        f"a search from the words hands over the {accepted[0]} setpoints that one from a spec by "
        "hand does",
        accepted[0] == accepted[1] and lines[0] == lines[1],
    )
    designs = "run_0/result/designs"
    again = commands("verify", "process.laboratory", "--spec", SPEC, designs)
    yield Finding(
        "whatever is handed over passes the verifier again",
        again.answer.get("accepted", 0) == accepted[0] > 0,
    )


def _mark(requested: WordedObjective, answer: Mapping[str, Any]) -> str:
    """`right` if all values with words are the meant ones, `wrong` if any is another."""
    said = {v["place"]: v for v in answer.get("values", ()) if not v["default"]}
    said.pop("problem", None)
    wrong = [place for place, v in said.items() if not _same(requested.values.get(place), v)]
    if wrong or (said and answer.get("problem") != requested.problem):
        return "wrong"
    return (
        "right"
        if answer.get("whole", False) and set(said) == set(requested.values)
        else "asked back"
    )


def _same(meant: str | None, said: Mapping[str, Any]) -> bool:
    """True if a value is the meant one, in whatever unit."""
    if meant is None or not isinstance(said["value"], int | float):
        return bool(meant == said["value"])
    number, _, unit = meant.partition(" ")
    own = str(said["unit"]).partition(",")[0] or "1"
    try:
        value = float(number) if unit == own else convert(float(number), unit or "1", own, of=meant)
    except InputError:
        value = float(number)  # such as pu, whose unit nobody writes
    return bool(abs(value - said["value"]) <= 1e-9 * max(1.0, abs(value)))


def _measured(folder: Path) -> list[str]:
    """Names and values of exported designs, without their spec."""
    rows = [json.loads(row) for row in (folder / "evidence.jsonl").read_text().splitlines()]
    return [json.dumps([row["design"], row["measured"]], sort_keys=True) for row in rows]
