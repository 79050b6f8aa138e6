"""Each number of a request is in one value or question, or among the words not understood."""

import random
import re

import pytest

from ingenium.verbs.ask import ask, contracts
from ingenium.words.contract import Contract
from ingenium.words.replies import Reply

HEADS = (
    "roof truss",
    "bracket in aluminium",
    "winter days of the feeder",
    "leads",
    "PV and batteries for an island",
    "build plans",
    "wing sections",
    "sonnets",
)
NAMES = (
    "mass",
    "span",
    "deflection",
    "voltage",
    "losses",
    "price",
    "rings",
    "temperature",
    "molecular weight",
    "zebras",
    "lift to drag",
    "steps",
)
BOUNDS = (
    "at most {}",
    "no less than {}",
    "of {}",
    "about {}",
    "fewer than {}",
    "{} or more",
    "between {} and 7000",
    "not {}",
    "{}",
)
UNITS = ("", " kg", " mm", " %", " EUR", " kW", " pu", " blorks", " h", " MWh", " Ah", " rad/s")
CASES = 25
TOKEN = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def known() -> tuple[Contract, ...]:
    return contracts()


def _places(reply: Reply) -> list[tuple[int, int]]:
    asked = [s for q in reply.questions for s in q.words]
    return [*(s for v in reply.reading.found for s in v.words), *asked, *reply.reading.unread]


def _values(reply: Reply, start: int) -> set[str]:
    """Uses of a number: a target and the quantity that measures it count as one."""
    own = (
        v.entry.measured or v.entry.name
        for v in reply.reading.found
        for m in (v.low, v.high, v.exact)
        if m is not None and m.low.start <= start < m.low.end
    )
    return {re.sub(r"^(?:min|max|lowest|highest)_", "", name) for name in own}


def _drawn(seed: int) -> str:
    """A request of some limits with drawn names, bounds, numbers and units."""
    drawn = random.Random(seed)
    parts = []
    for _ in range(drawn.randint(1, 3)):
        whole = drawn.random() < 0.5
        number = str(drawn.randint(11, 6000)) if whole else f"{drawn.uniform(0.01, 900):.3f}"
        said = drawn.choice(BOUNDS).format(number + drawn.choice(UNITS))
        parts.append(f"{drawn.choice(NAMES)} {said}")
    return f"{drawn.choice(HEADS)}, " + ", ".join(parts)


@pytest.mark.parametrize("seed", range(CASES))
def test_no_number_is_lost_or_used_twice(known: tuple[Contract, ...], seed: int) -> None:
    text = _drawn(seed)
    reply = ask(text, known, encoder=False)
    if reply.outside:
        return
    places = _places(reply)
    for token in TOKEN.finditer(text):
        inside = any(a <= token.start() < b for a, b in places)
        assert inside or reply.verb.options, (text, token[0])
        assert len(_values(reply, token.start())) <= 1, (text, token[0])


@pytest.mark.parametrize(
    ("text", "line", "entry", "gone"),
    [
        ("winter Sundays of the feeder, 60 scenarios", "n = 60", "n", "scenarios"),
        ("wing sections with drag over 70", "lift_to_drag >= 70", "lift_to_drag", "drag"),
    ],
)
def test_an_answer_takes_its_number(
    text: str, line: str, entry: str, gone: str, known: tuple[Contract, ...]
) -> None:
    first = ask(f"{text}, purple", known, encoder=False)
    assert gone in {v.entry.name for v in first.reading.found}
    reply = ask(f"{text}, purple", known, answers=(line,), encoder=False)
    names = {v.entry.name for v in reply.reading.found}
    assert entry in names
    assert gone not in names


def test_a_purpose_is_context_and_a_demand_is_none(known: tuple[Contract, ...]) -> None:
    told = ask("bracket under 600 g for our tractor", known, encoder=False)
    assert told.complete
    assert [told.reading.text[a:b] for a, b in told.reading.context] == ["tractor"]
    for said in ("for our titanium tractor", "for tractors without rust", "for 3 tractors"):
        assert not ask(f"bracket under 600 g {said}", known, encoder=False).complete
