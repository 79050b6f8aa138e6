"""The judge: what a request leaves open is a question with answers, and never a silent value."""

from pathlib import Path

import pytest

from ingenium import domains
from ingenium.core.errors import InputError
from ingenium.verbs.ask import ask, contracts
from ingenium.words.contract import Contract
from ingenium.words.synonyms import unknown


@pytest.fixture(scope="module")
def known() -> tuple[Contract, ...]:
    return contracts()


@pytest.mark.parametrize(
    ("text", "about", "kind"),
    [
        ("bracket with mass under -5 kg", "mass", "range"),
        ("cantilever with a tip angle of -170 degrees", "tip_angle", "range"),
        (
            "feeder days with voltages not above 0.9 and not below 1.1 pu",
            "min_voltage",
            "contradiction",
        ),
        ("reaction with a yield above 85 %", "wanted_yield", "open"),
        ("printed bracket made of titanium under 600 g", "material", "missing"),
        ("library of molecules without rings larger than 6", "rings", "open"),
        ("roof truss with deflection at most 1e400 mm", "words", "unit"),
        ("roof truss 20 % lighter than the last one, span 20 m", "words", "relative"),
        ("bracket under 600 g, purple", "words", "unread"),
        ("a bracket", "words", "missing"),
    ],
)
def test_doubts_are_questions(
    text: str, about: str, kind: str, known: tuple[Contract, ...]
) -> None:
    reply = ask(text, known, encoder=False)
    assert not reply.complete
    assert (about, kind) in {(q.about, q.kind) for q in reply.questions}


@pytest.mark.parametrize(
    ("text", "quantity", "bound"),
    [
        ("sketch of a clock with fewer than 6 strokes", "strokes", (None, 5)),
        ("feeder days where at most 0.05 MW is the export peak", "export_peak", (None, 0.05)),
        ("leads with more than one acceptor", "acceptors", (2, None)),
        ("forecasts with mae no worse than 0.45", "mae", (None, 0.45)),
    ],
)
def test_bounds_that_were_silently_wrong(
    text: str, quantity: str, bound: tuple[float | None, float | None], known: tuple[Contract, ...]
) -> None:
    reply = ask(text, known, encoder=False)
    assert reply.made is not None
    (limit,) = (x for x in reply.made.spec.limits if x.quantity == quantity)
    assert (limit.at_least, limit.at_most) == bound


@pytest.mark.parametrize(
    "word", ["except", "without", "only", "unless", "instead", "Loihi", "tetragonal", "purple"]
)
def test_no_word_is_passed_over(word: str, known: tuple[Contract, ...]) -> None:
    """Every word that means something and became nothing makes a draft."""
    plain = ask("bracket under 600 g", known, encoder=False)
    assert plain.complete
    reply = ask(f"bracket under 600 g {word} zebra", known, encoder=False)
    assert not reply.complete
    left = [reply.reading.text[a:b] for a, b in reply.reading.unread]
    assert word in " ".join(left)


def test_answers_settle_a_request(known: tuple[Contract, ...]) -> None:
    text = "bracket with mass at least 800 g and at most 600 g, purple"
    first = ask(text, known, encoder=False)
    said = [c.says for c in first.questions[0].choices]
    assert said == ["mass >= 800 g", "mass <= 600 g", "mass = 600 .. 800 g"]
    reply = ask(text, known, answers=("2", "1"), encoder=False)
    assert reply.complete
    assert reply.made is not None
    assert reply.made.spec.limits[0].at_most == 600
    typed = ask(text, known, answers=("mass <= 0.55 kg", "1"), encoder=False)
    assert typed.made is not None
    assert typed.made.spec.limits[0].unit == "kg"
    with pytest.raises(InputError):
        ask(text, known, answers=("9",), encoder=False)
    with pytest.raises(InputError):
        ask(text, known, answers=(" ",), encoder=False)


def test_a_typed_line_replaces_what_was_read(known: tuple[Contract, ...]) -> None:
    reply = ask("bracket under 600 g, purple", known, answers=("mass <= 500 g",), encoder=False)
    assert reply.made is not None
    (mass,) = (x for x in reply.made.spec.limits if x.quantity == "mass")
    assert mass.at_most == 500


@pytest.mark.parametrize(
    ("text", "verb", "command"),
    [
        (
            "Tell me when something is wrong with the pumps, readings are in pumps.csv",
            "monitor",
            "ingenium monitor fit pumps.csv",
        ),
        (
            "Model how the number of customers grows, table customers.csv",
            "model",
            "--data customers.csv",
        ),
        (
            "Find the cheapest roof truss with a budget of 3000 evaluations, span 24 m",
            "search",
            "--budget 3000",
        ),
        ("Infer the feeder state from meters.csv", "infer", "--given meters.csv"),
        ("Formula for rig.csv with at most 9 complexity", "propose", "propose equations.law"),
    ],
)
def test_a_verb_follows_from_what_a_request_has(
    text: str, verb: str, command: str, known: tuple[Contract, ...]
) -> None:
    reply = ask(text, known, encoder=False)
    assert reply.verb.verb == verb
    assert command in reply.command(Path("spec.toml"))


def test_what_a_problem_does_not_do_is_said_to_be_outside(known: tuple[Contract, ...]) -> None:
    reply = ask("Translate this letter to French", known, encoder=False)
    assert not reply.complete
    assert reply.questions[0].about == "problem"
    none = len(reply.questions[0].choices)
    outside = ask("Translate this letter to French", known, answers=(str(none),), encoder=False)
    assert outside.outside
    assert not outside.complete


def test_limits_replace_those_of_the_problem_and_say_so(known: tuple[Contract, ...]) -> None:
    reply = ask("feeder days in winter, line loading at most 70 %", known, encoder=False)
    assert reply.made is not None
    notes = {o.place: o.note for o in reply.made.origins}
    assert "at most 100" in notes["limits.max_line_loading.at_most"]


def test_a_request_may_be_lines_of_a_spec(known: tuple[Contract, ...]) -> None:
    """As the report offers them to type instead."""
    said = "mass <= 600 g; minimise cost; n = 20"
    reply = ask(said, known, problem="structures.bracket", encoder=False)
    assert reply.complete
    assert reply.made is not None
    assert reply.made.count == 20


def test_synonyms_name_entries_of_their_problems(known: tuple[Contract, ...]) -> None:
    folder = Path(domains.__file__).parent
    files = sorted(folder.glob("*/synonyms.toml"))
    assert files
    for path in files:
        field = path.parent.name
        own = [c for c in known if c.problem.startswith(f"{field}.")]
        if own:
            assert unknown(own, path) == [], field


def test_a_setting_is_no_bound(known: tuple[Contract, ...]) -> None:
    """`over 5 qubits` is a question: neither 5 nor 6 is taken for it."""
    reply = ask("Gaussian mixture over 5 qubits, 4000 shots", known, encoder=False)
    assert {q.about for q in reply.questions} == {"qubits"}
