"""Schemas of files and answers: from the code, packaged, and valid for files of runs.

Every answer with `--json` in a test is checked against its schema (`calling.call`).
"""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from calling import answer, call, check_file

from ingenium.cli.schema import made
from ingenium.core.evidence import read

ROOT = Path(__file__).parents[2]


def test_what_is_shipped_follows_from_the_code() -> None:
    names = answer("schema")["schemas"]
    assert set(names) == set(made())
    for name, text in made().items():
        assert call("schema", name)[1] == text, f"{name}: run `make docs`"
        jsonschema.Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.toml")), ids=lambda p: p.stem)
def test_examples_are_specs(path: Path) -> None:
    table = tomllib.loads(path.read_text())
    if "problem" in table and "truths" not in table:  # which those of posteriors have
        check_file("spec", table)
        with pytest.raises(jsonschema.ValidationError):
            check_file("spec", table | {"limit": []})


def test_a_run_writes_what_the_schemas_say(out: Path) -> None:
    check_file("summary", json.loads((out / "summary.json").read_text()))
    records = read(out / "evidence.jsonl")
    for record in records:
        check_file("evidence", record)
    with pytest.raises(jsonschema.ValidationError):
        check_file("evidence", records[0] | {"verdict": "perhaps"})


def test_an_unknown_schema_is_refused() -> None:
    code, _, error = call("schema", "evidnce")
    assert code == 2
    assert 'Write "evidence"' in error
