import subprocess
import sys
from pathlib import Path

import pytest

from ingenium.core import spec as specs
from ingenium.core.errors import InputError
from ingenium.core.spec import Between, Limit, Spec

FULL = """
problem = "toy.beam"
title = "A beam"

[setup]
file = "profiles.csv"

[conditions]
season = "winter"
day_type = ["workday", "saturday"]
level = 0.5
peak = { at_least = 0.8, at_most = 1.0 }

[fixed]
energy = { value = 3.5, unit = "kWh" }

[[limits]]
quantity = "deflection"
at_most = 4.0
unit = "mm"

[[objectives]]
quantity = "mass"
sense = "minimise"

[generator]
guidance = 1.5

[[generator.steer]]
quantity = "deflection"
target = 3.0

[select]
export = "verified"
count = 3
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "spec.toml"
    path.write_text(text)
    return path


def test_full_spec_is_read_and_survives_writing(tmp_path: Path) -> None:
    spec = specs.load(written(tmp_path, FULL))
    assert spec.conditions["day_type"] == ("workday", "saturday")
    assert spec.conditions["peak"] == Between(0.8, 1.0)
    assert spec.limits == (Limit("deflection", at_most=4.0, unit="mm"),)
    assert spec.generator.steer[0].target == 3.0
    assert specs.load(written(tmp_path, specs.dump(spec))) == spec


def test_file_names_in_setup_are_taken_from_the_folder_of_the_spec(tmp_path: Path) -> None:
    (tmp_path / "profiles.csv").write_text("x")
    spec = specs.load(written(tmp_path, FULL))
    assert spec.setup["file"] == str(tmp_path / "profiles.csv")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('title = "x"', "the entry problem"),
        ('problem = "a"\nlimts = 3', 'unknown entry "limts"'),
        ('problem = "a"\n[[limits]]\nquantity = "v"', "at_least, at_most or both, in the first"),
        ('problem = "a"\n[[limits]]\nquantity = "v"\nat_lest = 1', "quantity, at_least, at_most"),
        ('problem = "a"\n[[limits]]\nquantity = "v"\nat_least = nan', "finite number"),
        (
            'problem = "a"\n[conditions]\nx = { at_least = 3, at_most = 1 }',
            "at_least below at_most",
        ),
        ('problem = "a"\n[generator]\nfamly = "x"', "family, guidance"),
        ('problem = "a"\n[select]\nexport = "best"', "accepted"),
        ('problem = "a', "TOML"),
        ('problem = ""', "at least 1 character"),
        ('problem = "a"\ntitle = "' + 201 * "x" + '"', "at most 200 characters"),
        ('problem = "a"\n[limits]\nquantity = "v"', "[[limits]], in double brackets"),
        ('problem = "a"\n[[limits]]\nquantity = "v"\nat_most = true', "valid number, got True"),
        ('problem = "a"\n[[limits]]\nquantity = "v"\nat_most = "3"', "valid number, got '3'"),
        ('problem = "a"\n[[limits]]\nquantity = "v"\nat_most = 1' + 5000 * "0", "4300 digits"),
        ('problem = "a"\n[generator]\nsteps = 0', "greater than or equal to 1"),
        ('problem = "a"\n[generator]\nseed = -1', "greater than or equal to 0"),
        ('problem = "a"\n[select]\ncount = -1', "greater than or equal to 1"),
        (
            'problem = "a"\n[[generator.steer]]\nquantity = "v"\ntarget = 1\nstrength = -1',
            "greater than or equal to 0",
        ),
        ('problem = "a"\nx = ' + 9000 * "[" + 9000 * "]", "TOML"),
    ],
)
def test_faults_are_told_with_what_was_expected(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(InputError, match="expected") as caught:
        specs.load(written(tmp_path, text))
    assert part in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file at"):
        specs.load(tmp_path / "absent.toml")


def test_label_reads_as_an_inequality() -> None:
    assert Limit("v", at_least=0.9, at_most=1.1, unit="pu").label == "0.9 <= v <= 1.1 [pu]"


def test_numbers_that_are_not_finite_cannot_be_written() -> None:
    with pytest.raises(InputError, match="finite"):
        specs.dump(Spec("a", setup={"x": float("nan")}))


@pytest.mark.parametrize("count", [0, -1])
def test_a_selection_of_less_than_one_is_refused(count: int) -> None:
    with pytest.raises(InputError, match="greater than or equal to 1"):
        specs.parse({"problem": "toy.beam", "select": {"count": count}}, Spec, "spec")


def test_limits_that_differ_have_labels_that_differ() -> None:
    """Margins are stored by label: one of two near limits must not hide the other."""
    labels = {Limit("v", at_least=0.95).label, Limit("v", at_least=0.95000001).label}
    assert labels == {"0.95 <= v", "0.95000001 <= v"}
    assert Limit("v", at_least=0.9, at_most=1.0, unit="pu").label == "0.9 <= v <= 1 [pu]"


def test_a_spec_is_read_without_the_engine(tmp_path: Path) -> None:
    """Loading a spec took 7.6 CPU s, nearly all of them for PyTorch."""
    path = written(tmp_path, FULL)
    script = (
        f"import ingenium, sys; ingenium.load_spec({str(path)!r}); "
        "heavy = ('torch', 'xarray', 'numpy', 'ingenium.verbs.propose');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
