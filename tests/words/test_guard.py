"""The guard against fabrication: statements that stand in a source, and those made of its parts."""

import pytest

from ingenium.words.culture import flags
from ingenium.words.guard import FabricationGuard, Supported, Withheld, differing
from ingenium.words.passages import DocumentSet, sentences

SOURCE = """In Smith v. Jones, 123 F.3d 456 (9th Cir. 1997), the court upheld the ruling of the
lower court. The recommended dose of amoxil is 250 mg three times daily for adults.
Patients under 12 years may take 125 mg. Marie Curie was born in Warsaw in 1867 and
received the Nobel Prize in Physics in 1903. "We will not raise prices this year,"
said Anna Berg, the head. Tom Reed said: "I disagree with that." Exports grew by 4.2 %
in 2021, while imports fell by 1.3 %. Critics claim that the vaccine is dangerous. The
trial (Weber et al., 2019) had 410 patients. The study had 90 patients and found no
effect. The drug X7 is safe, but only for adults.
"""
TRUE = (
    "The recommended dose of amoxil is 250 mg three times daily.",
    "In Smith v. Jones, 123 F.3d 456 (9th Cir. 1997), the court upheld the ruling.",
    "Marie Curie was born in Warsaw in 1867.",
    "According to the report, exports grew by 4.2 % in 2021.",
    '"We will not raise prices this year," said Anna Berg.',
    'Tom Reed said: "I disagree with that."',
    "The trial (Weber et al., 2019) had 410 patients.",
    "The study had 90 patients.",
    "Thank you for reading.",
)
FALSE = (
    "The recommended dose of amoxil is 500 mg three times daily.",
    "The recommended dose of amoxil is 250 mg four times daily.",
    "The recommended dose of amoxil is 250 g three times daily.",
    "The recommended dose of ibuprofen is 250 mg three times daily.",
    "Adults may take 125 mg.",
    "Patients under 12 years take 125 mg.",  # without its hedge
    "In Smith v. Jonas, 123 F.3d 456 (9th Cir. 1997), the court upheld the ruling.",
    "In Smith v. Jones, 123 F.3d 465 (9th Cir. 1997), the court upheld the ruling.",
    "In Smith v. Jones, 123 F.3d 456 (9th Cir. 1997), the court overturned the ruling.",
    "Marie Curie was born in Paris in 1867.",
    "Marie Curie was born in Warsaw in 1903.",  # the year of another event
    "Marie Curie was not born in Warsaw in 1867.",
    "Exports grew by 1.3 % in 2021.",
    "Imports grew by 4.2 % in 2021.",
    "Exports fell by 4.2 % in 2021.",
    '"We will not raise prices this year," said Tom Reed.',
    '"I disagree with that," said Anna Berg.',
    '"We will raise prices this year," said Anna Berg.',
    "The vaccine is dangerous, 410 patients found.",
    "The trial (Weber et al., 2020) had 410 patients.",
    "The drug X7 is safe.",  # takes back what comes after
    "The study found an effect.",
    "The Vaccine is dangerous in Warsaw.",
)


@pytest.fixture(scope="module")
def guard() -> FabricationGuard:
    passages = tuple(sentences("a.txt", SOURCE))
    return FabricationGuard(DocumentSet({"a.txt": SOURCE}, {"a.txt": ""}, passages))


@pytest.mark.parametrize("text", TRUE)
def test_what_stands_in_a_source_passes_with_its_place(guard: FabricationGuard, text: str) -> None:
    found = guard.check(text)
    assert all(isinstance(x, Supported) for x in found), found
    for one in found:
        assert isinstance(one, Supported)
        assert one.passage is None or guard.documents.stands(one.passage)


@pytest.mark.parametrize("text", FALSE)
def test_what_is_made_up_of_parts_is_withheld(guard: FabricationGuard, text: str) -> None:
    found = guard.check(text)
    assert any(isinstance(x, Withheld) for x in found), found


def test_an_attribution_that_is_left_out_is_found() -> None:
    passage = "Critics claim that the vaccine is dangerous."
    assert differing("The vaccine is dangerous.", passage) == "without its claim"


def test_flags_say_what_they_are() -> None:
    found = flags("Let's touch base next Friday; it is 5 miles from the port, ready by 03/04.")
    assert [(f.kind, f.phrase) for f in found] == [
        ("idiom", "touch base"),
        ("ambiguity", "next Friday"),
        ("culture", "5 miles"),
        ("ambiguity", "03/04"),
    ]
