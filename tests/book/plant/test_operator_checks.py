"""Checks of people and an agent on a plant: each must fail against a planted mutant."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ingenium.operate.plant import Weighing
from ingenium.operate.risks import NONE
from ingenium_book.checks.plant import operators
from ingenium_book.findings import Finding


def failed(findings: Iterator[Finding]) -> list[str]:
    """Texts of findings that do not hold, except gaps."""
    return [own.text for own in findings if not own.holds and not own.gap]


def rows(**changed: dict[str, Any]) -> list[dict[str, str]]:
    """A register as its file has it, with changed entries of some faults."""
    found = []
    for i, fault in enumerate(operators.FAULTS):
        loss = 1000.0 - 10 * i
        own = {"fault": fault, "per_year": 2.0, "loss": loss, "risk": 2 * loss}
        own |= {"inside": 0.5, "shut": 0.5, "unsafe": 0.0}
        found.append(own | changed.get(fault.replace(" ", "_"), {}))
    calm = {"fault": NONE, "per_year": 0.0, "loss": 0.0, "risk": 0.0}
    calm |= {"inside": 1.0, "shut": 0.0, "unsafe": 0.0} | changed.get("calm", {})
    return [{k: str(v) for k, v in own.items()} for own in (*found, calm)]


@pytest.mark.parametrize(
    ("mutant", "said"),
    [
        ({"IDV_3": {"risk": 9999.0, "loss": 4999.5}}, "sorted"),
        ({"IDV_3": {"per_year": 1.0}}, "sorted"),
        ({"IDV_3": {"inside": 0.0, "unsafe": 0.5}}, "in neither"),
        ({"IDV_3": {"fault": "IDV 4"}}, "holds all"),
        ({"calm": {"shut": 0.1}}, "nothing is shut down"),
    ],
)
def test_a_register_in_another_order_or_with_unsafe_ends_fails(
    mutant: dict[str, dict[str, Any]], said: str
) -> None:
    assert failed(operators.registered(rows())) == []
    (text,) = failed(operators.registered(rows(**mutant)))
    assert said in text


def test_a_blend_that_is_no_better_than_the_agent_fails() -> None:
    rng = np.random.default_rng(0)
    persons = np.stack([rng.normal(125, 10, 24), np.full(24, 125.0), np.zeros(24)], 1)
    own = np.array([118.0, 110.0, 0.0])
    better, same = (
        np.stack([x + 0.5 * (persons[:, 0] - 125), np.full(24, 112.0), np.zeros(24)], 1)
        for x in (110.0, 118.0)
    )
    assert failed(operators.compared(own, persons, better)) == []
    assert len(failed(operators.compared(own, persons, same))) == 1
    wild = better + np.array([[0, 0, 0.2]])
    assert len(failed(operators.compared(own, persons, wild))) == 1


def decisions(*, blind: bool) -> list[tuple[int, Weighing]]:
    """Decisions by a rule on criteria that depend on each other, or by chance."""
    rng, found = np.random.default_rng(0), []
    for copy in range(operators.COPIES + operators.LATER):
        for first, other in rng.uniform(0, 10, (40, 2)).tolist():
            criteria = {"a": first, "b": other, "c": first + other, "d": first - other}
            kind = "holds" if first < 4 else "moves"
            chance = str(rng.choice(["holds", "moves"]))
            found.append((copy, Weighing(chance if blind else kind, criteria)))
    return found


def test_a_surrogate_of_decisions_by_chance_fails() -> None:
    assert failed(operators.explained(decisions(blind=False))) == []
    (text,) = failed(operators.explained(decisions(blind=True)))
    assert "a tree decides alike" in text
    assert len(failed(operators.explained(decisions(blind=False)[:50]))) == 1


@pytest.mark.slow
def test_a_shell_that_blends_an_override_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tep_studio", reason='pip install "ingenium[tennessee]"')
    from ingenium.operate.shell import Shell

    assert failed(operators.obeyed()) == []
    monkeypatch.setattr(Shell, "_person", lambda *_: None)
    (text,) = failed(operators.obeyed())
    assert "an override wins" in text


@pytest.mark.slow
def test_answers_at_random_recover_no_objective() -> None:
    pytest.importorskip("tep_studio", reason='pip install "ingenium[tennessee]"')
    (text,) = failed(operators.recovered(0.499))
    assert "hidden objectives 0 are recovered" in text or "recovered with" in text
