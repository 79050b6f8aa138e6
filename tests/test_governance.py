"""Cards, the bill of materials and the record of a release: only existing facts are stated."""

import json
import re
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.torch import load_file, save_file

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.governance import cards, pack, sbom
from ingenium.governance.weights_card import weights_card
from ingenium.runs import loop
from ingenium.trust.ledger import open_ledger
from ingenium.trust.signoff import sign_off

ROOT = Path(__file__).parents[1]


def head(card: cards.Card) -> dict:
    """The head of a written card, as another program reads it."""
    return yaml.safe_load(str(card).split("---\n")[1])


def test_model_card_tells_what_the_run_measured(finished: loop.Run) -> None:
    card = cards.model_card(finished.folder)
    found = head(card)
    (result,) = found["model-index"][0]["results"]
    shares = {m["type"]: m["value"] for m in result["metrics"]}
    s = finished.summary
    assert shares["accepted_share"] == s.accepted / s.proposed
    assert sum(shares.values()) == pytest.approx(1.0)
    assert "co2_eq_emissions" not in found  # no carbon of a kWh was stated
    model = json.loads((finished.folder / "model" / "model.json").read_text())
    for part in (
        model["digest"],
        finished.record["origin"]["data"],
        "CC0-1.0",
        "unit load integral",
        f"| Accepted | {s.accepted} |",
        "The run took",
        "The beams were drawn by rule of thumb.",
    ):
        assert part in card.text, part


def test_card_of_weights_alone(finished: loop.Run, tmp_path: Path) -> None:
    for name in ("model.safetensors", "model.json"):
        shutil.copy(finished.folder / "model" / name, tmp_path / name)
    file = tmp_path / "model.safetensors"
    card = weights_card(file)
    about = json.loads((tmp_path / "model.json").read_text())
    numbers = sum(t.numel() for t in load_file(file).values())
    for part in (about["digest"], about["family"], file_digest(file), f"{numbers:,} in"):
        assert part in card.text, part
    assert "these are the weights that `digest` names" in card.text
    assert "Nothing of what it proposes stands in these files" in card.text
    assert head(card)["tags"] == ["ingenium", about["family"]]


def test_card_of_weights_that_are_others(finished: loop.Run, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    with pytest.raises(InputError, match="no file at"):
        weights_card(file)
    shutil.copy(finished.folder / "model" / file.name, file)
    with pytest.raises(InputError, match="the JSON that ingenium writes with"):
        weights_card(file)
    alongside = tmp_path / "model.json"
    for text, error in (("{", CorruptError), ("[]", InputError), ('{"a": 1}', InputError)):
        alongside.write_text(text)
        with pytest.raises(error):
            weights_card(file)
    shutil.copy(finished.folder / "model" / "model.json", alongside)
    state = load_file(file)
    first = next(iter(state))
    save_file(state | {first: state[first] + 1}, file)
    with pytest.raises(CorruptError, match="other weights than `digest`"):
        weights_card(file)
    file.write_bytes(b"no weights")
    with pytest.raises(CorruptError, match="holds no weights"):
        weights_card(file)


def test_model_card_follows_the_files(finished: loop.Run, tmp_path: Path) -> None:
    run = shutil.copytree(finished.folder, tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    record["energy"] |= {"kg_co2e": 0.5, "g_co2e_per_kwh": 40.0, "carbon_source": "somebody"}
    record["cross_check"] = None
    (run / "run.json").write_text(json.dumps(record))
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps(summary | {"failed": 3}))
    card = cards.model_card(run)
    assert head(card)["co2_eq_emissions"]["emissions"] == 500.0
    assert "No independent engine" in card.text
    assert "To 3 of" in card.text
    (run / "summary.json").unlink()
    with pytest.raises(InputError, match=r"summary\.json"):
        cards.model_card(run)


def test_data_cards(finished: loop.Run) -> None:
    made = cards.data_card(finished.folder)
    assert head(made)["license_name"] == "CC0-1.0"
    assert head(made)["size_categories"] == ["n<1K"]
    mass = finished.verdicts["mass_kg"].to_numpy()
    row = next(x for x in made.text.splitlines() if x.startswith("| mass_kg |"))
    assert f"{np.nanmin(mass):.4g}" in row
    assert f"{np.nanmax(mass):.4g}" in row
    assert file_digest(finished.folder / "designs.nc") in made.text
    rows = [x for x in made.text.partition("## Variables")[2].splitlines() if x.startswith("| ")]
    cells = {c[0]: c[1:] for c in ([x.strip() for x in row.split("|")[1:-1]] for row in rows[2:])}
    assert {k: c for k, c in cells.items() if not (c[0] and c[2])} == {}
    assert cells["load_n"][:3] == ["N", "1", "load at the tip"]
    assert cells["verdict"][2] == "0 accepted, 1 rejected, 2 failed"
    limit = finished.spec.limits[0]
    assert cells["margin[0]"][0] == limit.unit
    assert limit.label in cells["margin[0]"][2]
    known = cards.known_card(finished.problem)
    assert "| load_n | N | 1 | load at the tip |" in known.text
    assert f"| held_out | 1 | 1 | {cards.HELD_OUT['long_name']} |" in known.text
    assert finished.record["origin"]["data"] != ""
    assert "held out" in known.text
    assert "| width_m | m |" in known.text


def test_bill_of_materials_is_valid() -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    text = sbom.text()
    validator = validation.JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    reported = json.loads(text)
    names = {c["name"].lower() for c in reported["components"]}
    assert {"torch", "numpy", "xarray"} <= names
    assert "mypy" not in names
    refs = {
        reported["metadata"]["component"]["bom-ref"],
        *(c["bom-ref"] for c in reported["components"]),
    }
    assert {d["ref"] for d in reported["dependencies"]} == refs
    assert {r for d in reported["dependencies"] for r in d["dependsOn"]} <= refs


def controls() -> list[dict]:
    """All controls of all frameworks."""
    places = [files("ingenium.governance") / "controls" / f"{n}.toml" for n in pack.FRAMEWORKS]
    return [c for p in places for c in tomllib.loads(p.read_text("utf-8"))["control"]]


def test_controls_name_each_thing_once_and_well() -> None:
    ids = [c["id"] for c in controls()]
    assert len(ids) == len(set(ids))
    kinds = {"file", "text", "part", "run", "entry", "study", "test"}
    for control in controls():
        assert set(control) <= {"id", "name", "evidence", "gap"}
        for what in control["evidence"]:
            assert len(set(what) & kinds) == 1
    articles = [i for i in ids if i.startswith("Article")]
    assert articles == [f"Article {n}" for n in range(9, 16)]
    assert all(
        re.match(r"(Article|Annex IV|4-1|3-3|GOVERN|MAP|MEASURE|MANAGE|ECCOLA) ", i) for i in ids
    )


def test_tests_that_controls_name_are_there() -> None:
    """A test that was renamed must not quietly become `no evidence`."""
    for control in controls():
        for what in control["evidence"]:
            if "test" in what:
                place, _, name = what["test"].partition("::")
                assert (ROOT / place).is_file(), what
                assert not name or f"def {name}(" in (ROOT / place).read_text(), what


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two of the files that controls name."""
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "NOTICE").write_text("whose")
    (tmp_path / "repo" / "CHANGELOG.md").write_text("what")
    return tmp_path / "repo"


def states(found: tuple[pack.Framework, ...]) -> dict[str, pack.FrameworkControl]:
    return {c.id: c for f in found for c in f.controls}


def test_missing_is_no_evidence(repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    found = states(pack.write(out, None, root=repository))
    assert found["Annex IV 6"].state == "evidence"  # the CHANGELOG alone
    assert found["Annex IV 8"].state == "no evidence"  # nothing is named
    assert found["4-1 SVV-2"].state == "no evidence"  # neither test nor study is in this root
    assert found["Article 14"].state == "no evidence"  # no ledger
    assert found["MAP 4.1"].state == "evidence"
    (repository / "CHANGELOG.md").unlink()
    (repository / "NOTICE").unlink()
    found = states(pack.write(out, None, root=repository, overwrite=True))
    assert found["Annex IV 6"].state == "no evidence"
    assert found["MAP 4.1"].state == "in part"
    text = (out / "record.md").read_text()
    assert "no conformity is claimed" in text
    assert "file CHANGELOG.md (missing)" in text


def test_pack_with_everything(finished: loop.Run, repository: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.trust.test_x" name="test_a[1]"/>'
        '<testcase classname="tests.trust.test_x" name="test_b"><failure/></testcase>'
        '<testcase classname="tests.trust.test_x" name="test_c"><skipped/></testcase>'
        "</testsuite></testsuites>"
    )
    with open_ledger(tmp_path / "l.sqlite", actor="ann@lab") as ledger:
        made = ledger.append("proposal", {"problem": "toy.cantilever"})
        sign_off(ledger, made.hash, "safety", "Fine.")
        written = pack.write(
            tmp_path / "p", ledger, runs=[finished.folder], tests=report, root=repository
        )
    found = states(written)
    assert found["Article 14"].state == "in part"  # the sign-off, and no test in this root
    assert found["MEASURE 2.12"].state == "evidence"  # the energy of the run
    assert found["Annex IV 2(d)"].state == "evidence"  # both cards
    assert found["Article 10"].state == "in part"  # all is found, and the mapping names a gap
    sums = (tmp_path / "p" / "SHA256SUMS").read_text().splitlines()
    assert {line.split("  ")[1] for line in sums} == {
        "data_card_1.md",
        "ledger.jsonl",
        "model_card_1.md",
        "record.json",
        "record.md",
        "sbom.cdx.json",
        "tests.xml",
    }
    for line in sums:
        digest, name = line.split("  ")
        assert file_digest(tmp_path / "p" / name) == f"sha256:{digest}"


def test_a_test_counts_as_its_report_says(repository: Path, tmp_path: Path) -> None:
    (repository / "tests").mkdir()
    (repository / "tests" / "test_x.py").write_text(
        "def test_a(): assert f()\ndef test_b(): assert f()\n"
    )
    seen = pack.Pack(repository, tmp_path, (), {}, None)
    look = {name: {"test": f"tests/test_x.py{name}"} for name in ("", "::test_a", "::test_z")}
    assert [pack._test(seen, look[n])[0] for n in look] == [True, True, False]
    passed = {"tests.test_x::test_a[1]": True, "tests.test_x::test_b": False}
    ran = pack.Pack(repository, tmp_path, (), {}, passed)
    assert [pack._test(ran, look[n]) for n in look] == [
        (False, "1 of 2 passed"),
        (True, "1 of 1 passed"),
        (False, "missing, or does nothing"),
    ]
    unran = pack.Pack(repository, tmp_path, (), {}, {})
    assert pack._test(unran, look["::test_a"]) == (False, "not in the report of tests")


def test_tests_that_nobody_ran_show_a_control_in_part(tmp_path: Path) -> None:
    names = ("test_database_refuses_change", "test_who_may_sign_as_what")
    modules = ("tests.trust.test_ledger", "tests.trust.test_signoff")
    report = tmp_path / "report.xml"

    def shown(inner: str | None, **more: str) -> pack.FrameworkControl:
        """The control that rests on two tests, with the given report of the second one."""
        cases = zip(modules, names, ("", inner or ""), strict=True)
        reported = (f'<testcase classname="{m}" name="{n}">{x}</testcase>' for m, n, x in cases)
        report.write_text(f"<testsuite>{''.join(reported)}</testsuite>")
        tests = None if inner is None else report
        out = tmp_path / "pack"
        return states(pack.write(out, None, tests=tests, root=ROOT, overwrite=True))["4-1 SVV-1"]

    written = shown(None)
    assert (written.state, written.gap) == ("in part", pack.UNRUN)
    row = next(
        x for x in (tmp_path / "pack" / "record.md").read_text().splitlines() if "SVV-1" in x
    )
    assert "(written, not run)" in row
    assert pack.UNRUN in row
    assert (shown("").state, shown("").gap) == ("evidence", "")
    assert [shown(x).state for x in ("<skipped/>", "<failure/>")] == ["in part", "in part"]


def test_a_test_that_needs_a_server_counts_only_if_it_was_run(tmp_path: Path) -> None:
    whats = [
        w for c in controls() if c["id"] == "3-3 SR 3.9" for w in c["evidence"] if "needs" in w
    ]
    (what,) = whats
    seen = pack.look(pack.Pack(ROOT, tmp_path, (), {}, None), what)
    assert (seen.there, seen.said) == (False, "written, not run; runs only with PostgreSQL")
    passed = {"tests.trust.test_access::test_who_may_what_on_a_server": True}
    assert pack.look(pack.Pack(ROOT, tmp_path, (), {}, passed), what).there


def test_a_report_that_is_none(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="JUnit"):
        pack.write(tmp_path / "p", None, tests=repository / "NOTICE", root=repository)
