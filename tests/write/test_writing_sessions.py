"""Sessions: authors of spans through edits and files, tampering, scripts and bad steps."""

from pathlib import Path
from random import Random

import pytest

from ingenium.core.errors import CorruptError, InputError
from ingenium.trust.session import SessionRecord
from ingenium.verbs.write import write
from ingenium.write.document import Author, Document, Span, made
from ingenium.write.files import WRITERS, read_document
from ingenium.write.script import Script, WritingStep, read_script, typed

ME, IT = Author("A. Novelist", "person"), Author("desk.story/divergent", "program")
SIGNS = 'abc <>&"-!\n\t\u00e9\u201c]'


def sample() -> Document:
    document = made(
        "Har & <bour>", [Span('# Har\n\nThe <sea> & "it" -->.\n', ME, {"by": "typing"})]
    )
    return document.added(
        "\nTobias walked to the mill.\n", IT, {"seed": 7, "prompt": "go <on> -->"}
    )


@pytest.mark.parametrize("seed", range(12))
def test_documents_read_back_from_every_format(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    texts = ["".join(rng.choices(SIGNS, k=rng.randint(1, 30))) for _ in range(5)]
    document = made("T", [Span(t, rng.choice((ME, IT)), {"n": i}) for i, t in enumerate(texts)])
    for ending, writer in WRITERS.items():
        file = tmp_path / f"draft{ending}"
        file.write_bytes(writer(document))
        assert read_document(file) == document, ending


def test_an_edit_takes_over_the_characters_that_it_changes() -> None:
    before = sample()
    after = before.edited(before.text.replace("mill", "mile"), ME)
    mine = [s for s in after.spans if s.author == ME and s.origin == {"by": "editing"}]
    assert [s.text for s in mine] == ["e"]
    assert after.text == before.text.replace("mill", "mile")
    assert before.edited(before.text, ME) == before


def test_tampering_is_found(tmp_path: Path) -> None:
    document, rng = sample(), Random(7)
    for _ in range(120):
        ending = rng.choice(list(WRITERS))
        data = bytearray(WRITERS[ending](document))
        at = rng.randrange(len(data))
        data[at] = (data[at] + rng.randrange(1, 255)) % 256
        file = tmp_path / f"draft{ending}"
        file.write_bytes(bytes(data))
        with pytest.raises(InputError):
            read_document(file)


def test_a_record_that_was_altered_or_cut_is_refused(tmp_path: Path) -> None:
    record = SessionRecord()
    record.append("open", "me", {"a": 1})
    record.append("edit", "me", {"find": "x", "replace": "y"})
    file = tmp_path / "session.jsonl"
    file.write_text(record.text())
    assert SessionRecord.read(file, record.head).head == record.head
    file.write_text(record.text().replace('"x"', '"z"'))
    with pytest.raises(CorruptError):
        SessionRecord.read(file)
    file.write_text(record.text().splitlines(keepends=True)[0])
    with pytest.raises(CorruptError):
        SessionRecord.read(file, record.head)


def test_a_session_proposes_refuses_chooses_and_keeps_the_prompt(tmp_path: Path) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text("The tide was out. We waited.\n")
    steps = (
        WritingStep("propose", {"spec": "desk.cutup", "n": 4, "seed": 1, "prompt": "cut the tide"}),
        WritingStep("refuse", {"pick": 1, "why": "no"}),
        WritingStep("choose", {"pick": 1, "after": "## Cut"}),
        WritingStep("edit", {"find": "We waited", "replace": "They waited"}),
        WritingStep("propose", {"spec": "desk.cutup", "n": 4, "seed": 1}),
    )
    script = Script("Test", "me", steps)
    found = write(draft, script, tmp_path / "out")
    again = write(draft, script, tmp_path / "again")
    assert found.session.document == again.session.document
    assert found.session.document.spans[-1].origin["prompt"] == "cut the tide"
    assert len(found.session.proposals[1][1].shown) - len(found.session.shown) == 1
    for ending in WRITERS:
        assert read_document(tmp_path / "out" / f"draft{ending}") == found.session.document
    head = SessionRecord.read(tmp_path / "out" / "session.jsonl").head
    assert head == found.session.record.head
    on = write(tmp_path / "out" / "draft.docx", Script("Test", "you", (steps[0],)), tmp_path / "on")
    assert on.session.document == found.session.document


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (WritingStep("choose", {"pick": 1}), "propose"),
        (WritingStep("edit", {"find": "absent", "replace": "x"}), "occur once"),
        (WritingStep("propose", {"spec": "structures.roof"}), "texts"),
    ],
)
def test_bad_steps_are_refused(step: WritingStep, said: str, tmp_path: Path) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text("The tide was out.\n")
    with pytest.raises(InputError, match=said):
        write(draft, Script("Test", "me", (step,)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_bad_scripts_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    for text in ('title = 3\n[[step]]\ndo="done"', "[[step]]\ndo='sing'", "x = 1", "[[step", ""):
        file.write_text(text)
        with pytest.raises(InputError):
            read_script(file)
    assert typed("propose desk.cutup n=3 given=draft").entries["n"] == 3
    with pytest.raises(InputError):
        typed("sing loudly")
