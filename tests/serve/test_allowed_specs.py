"""Files that a sent spec names: below the allowed folders, or refused before they are read."""

import tomllib
from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.specs import allowed_spec

PROBLEM = "equations.law"


@pytest.fixture
def folders(tmp_path: Path) -> AllowedFolders:
    found = AllowedFolders.of((tmp_path / "work", tmp_path / "data"))
    (tmp_path / "work/own.csv").write_text("a,b\n")
    (tmp_path / "data/table.csv").write_text("a,b\n")
    (tmp_path / "secret.csv").write_text("a,b\n")
    (tmp_path / "work/link.csv").symlink_to(tmp_path / "secret.csv")
    return found


def test_names_become_absolute(folders: AllowedFolders, tmp_path: Path) -> None:
    sent = f"""
[given]
table = {{ file = "own.csv" }}
[setup]
grid = "{tmp_path / "data/table.csv"}"
query = "C/C=C/C"
[[limits]]
quantity = "misfit"
at_most = 0.1
"""
    text = allowed_spec(folders, PROBLEM, sent)
    assert text is not None
    found = tomllib.loads(text)
    assert found["problem"] == PROBLEM
    assert found["given"]["table"]["file"] == str(tmp_path / "work/own.csv")
    assert found["setup"] == {"grid": str(tmp_path / "data/table.csv"), "query": "C/C=C/C"}
    assert found["limits"] == [{"quantity": "misfit", "at_most": 0.1}]
    assert allowed_spec(folders, PROBLEM, " ") is None
    assert allowed_spec(folders, PROBLEM, "a = ") == "a = "  # which the command refuses


@pytest.mark.parametrize(
    "line",
    [
        '[given]\ntable = { file = "/etc/passwd" }',
        '[given]\ntable = { file = "../secret.csv" }',
        '[given]\ntable = { file = "link.csv" }',
        '[given]\n"table"."file" = "a/../../secret.csv"',
        '[setup]\ngrid = "/etc/passwd"',
        '[setup]\ngrid = "../secret.csv"',
        '[setup]\ngrid = "link.csv"',
        '[setup]\ngrids = ["a", { own = "/etc/passwd" }]',
        '[generator]\nfamily = "/etc/passwd"',
    ],
)
def test_files_elsewhere_are_refused(line: str, folders: AllowedFolders) -> None:
    with pytest.raises(InputError, match="expected a path in"):
        allowed_spec(folders, PROBLEM, line)
