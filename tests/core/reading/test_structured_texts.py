"""JSON and XML are bounded, and repeated keys are refused."""

from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.core.reading import documents
from ingenium.core.reading.documents import elements, json_file, json_text


def test_an_entry_that_stands_twice() -> None:
    assert json_text('{"a": 1, "b": {"a": 2}}', "a table", "x") == {"a": 1, "b": {"a": 2}}
    for reported in (
        '{"a": 1, "a": 1}',
        '[{"b": {"a": 1, "c": 2, "a": {}}}]',
        '{"a": 1, "\\u0061": 2}',
    ):
        with pytest.raises(InputError, match='expected a table, got x: the entry "a" occurs twice'):
            json_text(reported, "a table", "x")


@pytest.mark.parametrize("reported", ["", "{", "[" * 100_000, '{"a":' * 50_000, "1" * 5000, "\0"])
def test_what_is_no_json(reported: str) -> None:
    with pytest.raises(InputError, match="expected a table, got x"):
        json_text(reported, "a table", "x")


def test_more_parts_than_memory_is_for(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("[" + "[]," * documents.MOST_PARTS + "[]]")
    with pytest.raises(InputError, match="at most 10000000 parts"):
        json_file(file, "a table")


def test_elements_come_as_they_end() -> None:
    found = list(elements(b'<a xmlns="u"><b x="1">one <c/>two</b></a>'))
    assert [(e.name, e.depth, "".join(e.text)) for e in found] == [
        ("u c", 2, ""),
        ("u b", 1, "one two"),
        ("u a", 0, ""),
    ]
    assert found[1].attributes == {"x": "1"}


def test_text_in_pieces_is_whole() -> None:
    numbers = " ".join(map(str, range(100_000)))
    (found,) = elements(f"<a>{numbers}</a>".encode())
    assert "".join(found.text) == numbers


@pytest.mark.parametrize(
    "reported",
    [
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 101,
        b"<a",
        b"",
        b"<a/><a/>",
        b"<a b='1' b='2'/>",
    ],
)
def test_what_is_no_plain_xml(reported: bytes) -> None:
    with pytest.raises((ValueError, documents.expat.ExpatError), match=r"\S"):
        list(elements(reported))


def test_empty_elements_without_end() -> None:
    with pytest.raises(ValueError, match="4000003 tags"):
        list(elements(b"<a>" + b"<b/>" * (documents.MOST_TAGS + 1) + b"</a>"))
