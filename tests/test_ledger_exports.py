"""The ledger as PROV, RO-Crate and a report: read back by other programs, true to the entries."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from prov.model import ProvActivity, ProvAgent, ProvDocument, ProvEntity, ProvGeneration, ProvUsage
from rocrate.rocrate import ROCrate

from ingenium.core import spec as specs
from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.governance.export import export
from ingenium.governance.ledger_report import write as write_page
from ingenium.runs import loop
from ingenium.trust.ledger import Ledger, open_ledger
from ingenium.trust.place import ledger_place
from ingenium.trust.records import GENESIS, read_lines
from ingenium.trust.related import related
from ingenium.trust.signoff import sign_off


@pytest.fixture
def ledger(finished: loop.Run, tmp_path: Path):
    """The entries of one finished run, signed, among those of others."""
    with open_ledger(ledger_place()) as retained:
        evidence = file_digest(finished.folder / "evidence.jsonl")
        (made,) = [e for e in retained.entries("proposal") if e.body["evidence"] == evidence][-1:]
    with open_ledger(tmp_path / "l.sqlite", actor="ann@lab") as book:
        book.append("fit", {"family": "vae", "model": "sha256:" + 64 * "a", "cached": False})
        book.append("proposal", made.body)
        first = book.entries("proposal")[0]
        sign_off(book, first.hash, "safety", "Looked <at> it.", actor="bob@lab")
        book.append("refusal", {"screen": "s", "where": "w", "refused": [{"classes": ["x"]}]})
        book.append("proposal", made.body | {"evidence": "sha256:" + 64 * "b"})
        yield book


def test_prov_says_what_the_entries_say(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    assert export(ledger, path, "prov-json") == 5
    found = ProvDocument.deserialize(path, format="json")
    activities = {str(a.identifier) for a in found.get_records(ProvActivity)}
    assert activities == {f"entry:{i}" for i in range(1, 6)}
    agents = {str(a.identifier) for a in found.get_records(ProvAgent)}
    assert {"actor:ann%40lab", "actor:bob%40lab", "engine:euler-bernoulli%201"} < agents
    # PROV-CONSTRAINTS: an entity is generated once, and everything that is named is declared
    made = Counter(str(g.args[0]) for g in found.get_records(ProvGeneration))
    assert set(made.values()) == {1}
    declared = activities | agents | {str(e.identifier) for e in found.get_records(ProvEntity)}
    named = {
        str(value)
        for record in found.get_records()
        if record.is_relation()
        for value in record.args[:2]
    }
    assert named <= declared
    chain = [e.hash.removeprefix("sha256:") for e in ledger.entries()]
    assert {f"digest:{h}" for h in chain} <= set(made)
    assert export(ledger, tmp_path / "p.provn", "prov-n") == 5
    assert "wasDerivedFrom(digest:" + chain[1] in (tmp_path / "p.provn").read_text()


@pytest.mark.parametrize("kind", ["replay", "publish"])
def test_who_looks_at_a_run_used_its_evidence_and_did_not_make_it(kind: str, tmp_path: Path):
    digest = "sha256:" + 64 * "c"
    with open_ledger(tmp_path / "l.sqlite", actor="ann@lab") as book:
        own = book.append(kind, {"evidence": digest}).hash
        export(book, tmp_path / "p.json", "prov-json")
    found = ProvDocument.deserialize(tmp_path / "p.json", format="json")
    made = [str(g.args[0]) for g in found.get_records(ProvGeneration)]
    used = [str(u.args[1]) for u in found.get_records(ProvUsage)]
    assert made == [f"digest:{own.removeprefix('sha256:')}"]  # the entry itself
    assert used == ["digest:" + 64 * "c"]


def test_crate_is_read_by_another_program(
    ledger: Ledger, finished: loop.Run, tmp_path: Path
) -> None:
    out = tmp_path / "crate"
    assert export(ledger, out, "ro-crate", finished.folder) == 2
    crate = ROCrate(out)
    for entity in crate.data_entities:
        assert (out / entity.id).exists()
    assert crate.dereference("evidence.jsonl")["sha256"] == file_digest(
        finished.folder / "evidence.jsonl"
    ).removeprefix("sha256:")
    endorsed = crate.dereference("#sign-off-3")
    assert endorsed.type == "EndorseAction"
    assert (endorsed["agent"].id, endorsed["object"].id) == ("#bob@lab", "evidence.jsonl")
    assert crate.dereference("#run-2")["agent"].id == "#ann@lab"
    assert crate.dereference("#engine")["name"] == "euler-bernoulli"
    assert [e.kind for e in read_lines(out / "ledger.jsonl")] == ["proposal", "sign-off"]
    assert export(ledger, tmp_path / "c.zip", "ro-crate", finished.folder) == 2
    for bad, run in ((out, finished.folder), (tmp_path / "new", tmp_path), (tmp_path / "x", None)):
        with pytest.raises(InputError):
            export(ledger, bad, "ro-crate", run)


def test_entries_of_a_run_and_no_others(ledger: Ledger, finished: loop.Run) -> None:
    entries = ledger.entries()
    evidence = file_digest(finished.folder / "evidence.jsonl")
    assert [e.sequence for e in related(entries, evidence)] == [2, 3]
    search = {"search": "s", "evidence": "d"}
    begun = ledger.append("search", {"search": "s"})
    ended = ledger.append("search-end", search)
    signed = sign_off(ledger, begun.hash, "safety", "Fine.")
    assert related(ledger.entries(), "d") == [begun, ended, signed]


def test_page_shows_who_did_what(ledger: Ledger, tmp_path: Path) -> None:
    page = tmp_path / "l.html"
    assert write_page(ledger, page) == 5
    text = page.read_text()
    assert "<dt>engine</dt><dd>euler-bernoulli 1 (exact)" in text
    for part in ("is intact", "toy.cantilever", "ann@lab", "bob@lab", ledger.head(), "not signed"):
        assert part in text
    assert "Looked &lt;at&gt; it." in text
    assert "No anchor was given" in text
    write_page(ledger, page, anchor=ledger.head())
    assert "the anchor is in it" in page.read_text()


def test_page_shows_what_was_asked(ledger: Ledger, tmp_path: Path) -> None:
    page = tmp_path / "l.html"
    write_page(ledger, page)
    text = page.read_text()
    requested = ledger.entries("proposal")[0].table
    assert specs.parse(requested["requested"], Spec, "entry").problem == "toy.cantilever"
    assert digest(requested["requested"]) == requested["spec"]
    for name, said in (
        ("limits", "deflection_m &lt;= 0.004 [m]"),
        ("ranked by", "minimise mass_kg"),
        ("family", requested["family"]),
        ("data licence", requested["data_licence"]),
    ):
        assert f'<dt>{name}</dt><dd class="">{said}' in text, name


def test_page_names_every_refusal(ledger: Ledger, tmp_path: Path) -> None:
    """Refusals of a screen, of the gate, and of a signer; an admission is none."""
    first = ledger.entries("proposal")[0]
    sign_off(ledger, first.hash, "safety", "Too heavy.", decision="refused")
    checks = [{"name": "chain", "passed": True}, {"name": "signed", "passed": False}]
    body = {"published": False, "roles": ["safety"], "checks": checks}
    ledger.append("publish", body)
    ledger.append("publish", body | {"published": True, "checks": checks[:1]})
    write_page(ledger, tmp_path / "l.html")
    text = (tmp_path / "l.html").read_text()
    part = text[text.index("<h2>Refusals") : text.index("<h2>Sign-offs")]
    assert part.count("<tr><td>") == 3
    for said in ("1 refused by s (x)", "refused as safety: Too heavy.", "blocked by signed"):
        assert said in part, said
    assert "published, signed as safety" in text


def test_page_wraps_the_command_with_the_head(ledger: Ledger, tmp_path: Path) -> None:
    """A digest has no place to break, so that a narrow page would cut it off."""
    write_page(ledger, tmp_path / "l.html")
    text = (tmp_path / "l.html").read_text()
    assert f"<p><code>ingenium ledger check --anchor {ledger.head()}</code></p>" in text
    (rule,) = re.findall(r"(?m)^p \{([^}]*)\}", text)
    assert "overflow-wrap: anywhere" in rule


def test_page_of_a_ledger_that_was_altered(ledger: Ledger, tmp_path: Path) -> None:
    ledger.store._db.execute("DROP TRIGGER no_update")
    ledger.store._db.execute("UPDATE entries SET body = 'no json' WHERE sequence IN (2, 3)")
    write_page(ledger, tmp_path / "l.html")
    text = (tmp_path / "l.html").read_text()
    assert "not what was written" in text
    assert "entry 3: its body was altered" in text


def test_page_of_an_empty_ledger(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "e.sqlite") as ledger:
        assert write_page(ledger, tmp_path / "l.html") == 0
    assert GENESIS in (tmp_path / "l.html").read_text()


def test_part_of_a_ledger(ledger: Ledger, finished: loop.Run, tmp_path: Path) -> None:
    path = tmp_path / "part"
    assert export(ledger, path, "jsonl", finished.folder) == 2
    assert [json.loads(line)["sequence"] for line in path.read_text().splitlines()] == [2, 3]
    assert export(ledger, path, "prov-n", finished.folder) == 2
    assert export(ledger, path) == 5
    with pytest.raises(InputError):
        export(ledger, path, "xml")
