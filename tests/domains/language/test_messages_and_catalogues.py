"""Messages and catalogues: known truths, bad input, and what their verifiers must see."""

from random import Random

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.core.given import Given
from ingenium.domains.language.localise.catalogue import CatalogueEntry, read_po, read_xliff, xliff
from ingenium.domains.language.localise.checks import LocaleRules, compile_errors, faults
from ingenium.domains.language.localise.default import MEMORY, SOURCE
from ingenium.domains.language.localise.memory import TranslationMemory
from ingenium.domains.language.message.problem import MessageSettings, ThreadMessages
from ingenium.domains.language.message.thread import facts, read_thread
from ingenium.domains.language.message.tone import (
    PAIRS,
    canonical,
    casual,
    formal,
    formality,
    voice_distance,
)

GERMAN = LocaleRules("de")


@pytest.mark.parametrize("task", ["summary", "draft", "tone"])
@pytest.mark.parametrize("tone", ["formal", "casual"])
def test_every_task_keeps_what_it_must(task: str, tone: str) -> None:
    problem = ThreadMessages(MessageSettings(task=task, tone=tone))
    found = problem.verifier._one(problem.message(Random(1)))
    assert found[:4] == (0.0, 0.0, 0.0, 0.0)
    if task == "tone":
        assert found[5] > 0 if tone == "formal" else found[5] <= 0


def test_a_summary_without_a_number_loses_it() -> None:
    problem = ThreadMessages(MessageSettings())
    text = problem.message(Random(0)).replace("for 6 hours", "for hours")
    found = problem.reader.read(text)
    assert found is not None
    assert [f for f in found.lost if f.startswith("6")]


def test_planted_facts_are_in_summaries() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        number, day = int(rng.integers(100, 900)), int(rng.integers(1, 28))
        thread = (
            "From: A B\nDate: 2026-01-01\nSubject: S\n\nHello all. We met. The valve takes "
            f"{number} kPa. It was nice. The visit is on {day} May. We didn't sign. Bye for now.\n"
        )
        problem = ThreadMessages(MessageSettings(), Given({"thread": thread}))
        text = problem.message(Random(0))
        assert f"{number} kPa" in text
        assert f"{day} May" in text
        assert "didn't sign" in text


def test_tones_differ_and_mean_the_same() -> None:
    for one, other in PAIRS:
        assert canonical(f"They {one} it") == canonical(f"They {other} it"), (one, other)
    text = "I don't need it, but we'll get 3 of them."
    assert formal(text) == "I do not require it, however we will receive 3 of them."
    assert formality(formal(text)) > formality(casual(text))


def test_the_own_voice_is_nearer_than_another() -> None:
    own = "I've booked hall 3. We'll need two folks, and it's fine. Cheers!"
    neutral = "Hall three has been reserved. Two persons are required. Best regards."
    assert voice_distance("I've got the sensor, and it's fine. Cheers!", own) < voice_distance(
        neutral, own
    )


@pytest.mark.parametrize(
    "text", ["", "Hello", "From: A\nDate: B\n\nx", "From: A\nDate: B\nSubject: C\n\n> quoted\n"]
)
def test_threads_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="From: NAME"):
        read_thread(text)


def test_facts_are_numbers_days_times_and_denials() -> None:
    assert facts("It isn't 5 kW at 10:30 on Friday.") >= {"5 kW", "10:30", "friday"}
    assert facts("All is well.") == frozenset()


BROKEN = {
    'msgid "a"\nmsgstr "b\n': "line 2",
    'msgid "a"\nmsgid "b"\nmsgstr ""\n': "two, in line 2",
    'msgid "a"\n': "a msgstr of each message",
    'msgstr "a"\n': "a msgid before msgstr",
    'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n': "lines 1 and 4",
    "hello\n": "line 1",
    "": "no messages",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_catalogues_are_refused_with_their_line(text: str) -> None:
    with pytest.raises(InputError, match=BROKEN[text]):
        read_po(text)


def test_po_round_trip_and_gettext_agrees() -> None:
    found = read_po(MEMORY).named(
        Content_Type="text/plain; charset=UTF-8", Plural_Forms=GERMAN.plural[1]
    )
    assert read_po(found.po()).entries == found.entries
    assert not compile_errors(found)
    wrong = found.po().replace("%d Dateien", "Dateien %s")
    assert compile_errors(read_po(wrong))


def test_xliff_round_trip() -> None:
    entries = tuple(e for e in read_po(MEMORY).entries if not e.plural)
    again = read_xliff(xliff(read_po(MEMORY), "de"))
    assert {(e.source, e.target) for e in entries} <= {(e.source, e.target) for e in again.entries}
    with pytest.raises(InputError, match="document type"):
        read_xliff('<!DOCTYPE x [<!ENTITY a "b">]><xliff/>')


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        ("Save %s", "Speichern", "placeholders"),
        ("Save %s", "%s %s", "placeholders"),
        ("Save {name}", "{nome} sichern", "placeholders"),
        ("Page 7", "Seite 8", "placeholders"),
        ("Save:", "Speichern", "placeholders"),
        ("Save", "Speichern ", "placeholders"),
        ("Go", "Nun gehen wir alle zusammen los", "lengths"),
    ],
)
def test_faults_of_translations_are_seen(source: str, target: str, kind: str) -> None:
    assert faults(CatalogueEntry(source, (target,)), GERMAN)[kind]


def test_accelerators_and_terms() -> None:
    rules = LocaleRules("de", "~", {"file": "Datei"})
    assert not any(faults(CatalogueEntry("~File", ("~Datei",)), rules).values())
    assert faults(CatalogueEntry("~File", ("Datei",)), rules)["accelerators"]
    assert faults(CatalogueEntry("~File", ("~Akte",)), rules)["terms"]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="a language such as"):
        _ = LocaleRules("tlhx").plural


def test_near_matches_are_adapted_and_marked() -> None:
    memory = TranslationMemory([CatalogueEntry("Page 3 of {n}", ("Seite 3 von {n}",))], GERMAN)
    (found,) = memory.matches(CatalogueEntry("Page 7 of {n}"))
    assert found.target == ("Seite 7 von {n}",)
    assert "fuzzy" in found.flags
    (none,) = memory.matches(CatalogueEntry("Something else"))
    assert none.target == ("",)


def test_the_example_is_the_default() -> None:
    assert len(read_po(SOURCE).entries) == 9
