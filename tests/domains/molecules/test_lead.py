"""Leads: quantities of the setup are measured, and unavailable ones are refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from rdkit import Chem
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import folder_digest
from ingenium.core.errors import InputError
from ingenium.core.evidence import written
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Limit, Objective, Select, Spec
from ingenium.core.text import codes
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.best_proposal import BestProposal
from ingenium.domains.molecules.formats import molecules
from ingenium.domains.molecules.lead import CHOSEN, Lead, LeadSettings
from ingenium.domains.molecules.report import _nearest
from ingenium.domains.molecules.required_group import RequiredPrefix
from ingenium.generators.fitted import trained
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.safety import DualUseScreen
from ingenium.runs import loop
from ingenium.runs.audit import audit
from ingenium.runs.replay import replay
from ingenium.trust.ledger import open_ledger

PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"


@pytest.fixture(scope="module")
def problem(own_folders: Path) -> Lead:
    return Lead(
        LeadSettings(query=PARACETAMOL, keep=("c1ccccc1", "C(=O)N"), avoid=("[OX2H]",), known=200)
    )


def found(problem: Lead, *smiles: str) -> dict[str, list[float]]:
    measured = problem.verifier.measure(codes(smiles, problem.longest))
    names = [q.name for q in problem.quantities]
    return dict(zip(names, measured.T.tolist(), strict=True))


def test_groups_and_likeness_are_measured(problem: Lead) -> None:
    values = found(problem, PARACETAMOL, "CC(=O)Nc1ccccc1", "CCO", problem.known.smiles[0])
    assert values["groups_missing"][:3] == [0, 0, 2]
    assert values["groups_unwanted"][:3] == [1, 0, 1]
    assert values["similarity"][0] == 1 > values["similarity"][1] > values["similarity"][2]
    assert values["in_training"][3] == 1
    assert values["nearest_known"][3] == 1 > max(values["nearest_known"][:3])


def test_only_what_is_asked_for_is_measured(problem: Lead) -> None:
    plain = {q.name for q in Lead(LeadSettings(known=200)).quantities}
    assert not plain & {"similarity", "solubility", "gap"}
    assert "gap" in {q.name for q in Lead(LeadSettings(known=200, electrons="gfn2")).quantities}
    assert {q.name for q in problem.quantities} - plain == {"similarity"}


def test_a_route_is_looked_for_where_it_is_asked_for() -> None:
    """Paracetamol is a block itself; lidocaine takes two steps; the last has no route."""
    problem = Lead(LeadSettings(known=200, route=20))
    values = found(problem, PARACETAMOL, "CCN(CC)CC(=O)Nc1c(C)cccc1C", "C1C2C3C1C4C2C34")
    assert values["route_found"] == [1, 1, 0]
    assert values["route_steps"] == [0, 1, 6]


@pytest.mark.parametrize(
    ("setup", "reported"),
    [
        ({"query": "c1ccc"}, "query as SMILES"),
        ({"query": "CC(=O)[O-].[Na+]"}, "salt or mixture"),
        ({"query": "C[CH2]"}, "a radical"),
        ({"query": "C[C@H](N)C(=O)O"}, "with stereochemistry"),
        ({"query": "[13CH3]CO"}, "with an isotope"),
        ({"query": "CC(C)OP(C)(=O)F"}, "dual-use"),
        (
            {"keep": ("[CX4][PX4](=O)(F)[OX2][#6]",), "source": "zinc250k"},
            "draws a member of: chem",
        ),
        ({"keep": ("NC(C)Cc1ccccc1",)}, "draws a member of: controlled drugs: amphetamines"),
        ({"keep": ("c1ccccc1",), "avoid": ("c",)}, 'keep "c1ccccc1" with avoid "c"'),
        ({"avoid": ("C(C",)}, "cannot be parsed"),
        ({"known": 3}, "from 100"),
        ({"route": -1}, "route of at least 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(setup: dict[str, object], reported: str) -> None:
    with pytest.raises(InputError, match=reported.replace("(", r"\(")):
        Lead(LeadSettings(**setup))  # type: ignore[arg-type]


@pytest.mark.parametrize("group", ["NCCc1ccccc1", "[N+](=O)[O-]", "c1ccc2[nH]ccc2c1", "CP", "C=O"])
def test_groups_of_much_else_are_no_hazard(group: str) -> None:
    """A phenethylamine, a nitro group, an indole: products of them are screened, not they."""
    DualUseScreen().admit_group(group, Chem.MolFromSmarts(group))


@pytest.mark.slow
def test_cheap_rules_choose_among_proposals() -> None:
    """More tries add groups and approach conditions, design by design."""
    cond = torch.tensor([[-0.25, -0.1, -0.6], [-0.15, 0.1, -0.5]]).repeat(8, 1)
    short = []
    for tries in (1, 8):
        problem = Lead(LeadSettings(keep=("c1ccccc1", "C(=O)N"), known=200, tries=tries))
        family = trained(problem, CHOSEN).family
        x = family.propose(cond, torch.Generator().manual_seed(1))
        mols = [parsed(text) for text in problem.codec.to_texts(x)]
        short.append([problem.target.short(m, c) for m, c in zip(mols, cond, strict=True)])
        first, again = (family.propose(cond[:2], torch.Generator().manual_seed(1)) for _ in "ab")
        assert torch.equal(first, again)
    assert np.mean(short[1]) < np.mean(short[0]) / 3


def test_a_lead_grows_from_a_group_that_choosing_would_miss() -> None:
    """A benzene ring is in most known molecules, an anilinoquinazoline in hardly any.

    A family that does not choose among proposals grows in any case.
    """
    ring, rare = "c1ccccc1", "c1ccc(Nc2ncnc3ccccc23)cc1"
    for keep, tries, free in (
        ((ring,), 16, True),
        ((ring,), 1, False),
        ((rare,), 16, False),
        ((ring, rare), 16, False),
    ):
        problem = Lead(LeadSettings(keep=keep, known=200, tries=tries))
        chosen = problem.pretrained()[CHOSEN].make()
        assert isinstance(chosen, BestProposal)
        grows = [isinstance(one, RequiredPrefix) for one in chosen.inner.tokens.first]
        assert grows == [not free] * len(grows)
        assert all(isinstance(one, RequiredPrefix) for one in problem.codec.first)
        assert any(f'grow each molecule from "{keep[-1]}"' in note for note in problem.notes)
        assert any("choose for" in note for note in problem.notes) == free


def test_the_notes_say_how_many_proposals_a_design_is_chosen_from() -> None:
    (note,) = Lead(LeadSettings(known=200, tries=8)).notes
    assert "each design is chosen from 8 proposals" in note
    assert not Lead(LeadSettings(known=200, tries=1)).notes
    assert not Lead(LeadSettings(source="zinc250k", known=200)).notes, "what is fitted is not"
    assert len(Lead(LeadSettings(known=200, screen=False)).notes) == 2


def test_the_report_explains_solubility_and_says_what_is_outside_the_data() -> None:
    problem = Lead(LeadSettings(known=200, solubility=True))
    designs = problem.designs_of(("OCCc1ccc(Cl)cc1", "C1CC2(C1)CC1(C2)CC2(C1)CC1(C2)CCC1", "CCO"))
    measured = problem.verifier.measure(*to_arrays(designs, problem.variables)).T.numpy()
    named = {q.name: ("design", row) for q, row in zip(problem.quantities, measured, strict=True)}
    units = {q.name: {"units": q.unit, "long_name": q.long_name} for q in problem.quantities}
    verdicts = xr.Dataset(
        {k: (*v, units[k]) for k, v in named.items()}
        | {"verdict": ("design", [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REJECTED])}
    )
    found = {section.heading: section for section in problem.sections(designs, verdicts)}
    reported = found["Where the predicted solubility comes from"]
    assert "1 of 2 distinct molecules lie outside" in reported.text
    assert reported.figure is not None
    above = [axes.get_title() for axes in reported.figure.axes]
    assert ["outside the measured data" in title for title in above[:2]] == [False, True]
    pixels = reported.figure.axes[0].images[0].get_array()[..., :3]
    assert (np.ptp(pixels, axis=-1) > 0.2).mean() > 0.02  # coloured


def test_files_of_other_hands(problem: Lead, tmp_path: Path) -> None:
    smi, sdf = problem.formats["smi"], problem.formats["sdf"]
    file = tmp_path / "theirs.smi"
    file.write_text("OC(=O)c1ccccc1 benzoic acid\n\nCCN\n")
    assert smi.read(file)["smiles"].to_numpy().tolist() == ["O=C(O)c1ccccc1", "CCN"]
    file.write_text("CCN\n[13CH3]CO\n")
    with pytest.raises(InputError, match="line 2"):
        smi.read(file)
    made = sdf.write(molecules(["CC(O)CN"], [7], problem.longest), tmp_path)
    text = made[7].read_text()
    made[7].write_text(text.replace("CC(O)CN", "CCCCCCC"))  # of the property line of the atoms
    back = sdf.read(made[7])
    assert back["smiles"].to_numpy().tolist() == ["CC(O)CN"]
    assert back[DESIGN].to_numpy().tolist() == [7]


def test_lines_of_smiles_lie_beside_the_structures(problem: Lead, tmp_path: Path) -> None:
    """The same molecules in the same order under the same names."""
    designs = molecules(["CCN", "OCC", "c1ccccc1"], [4, 2, 9], problem.longest)
    made = problem.formats["sdf"].write(designs, tmp_path)
    assert {path.name for path in made.values()} == {"molecules.sdf"}
    text = (tmp_path / "molecules.smi").read_text()
    assert text == "CCN molecule_000004\nCCO molecule_000002\nc1ccccc1 molecule_000009\n"
    lines, records = (problem.formats[k].read(tmp_path) for k in ("smi", "sdf"))
    assert lines.identical(records)


def test_a_run_of_leads_hands_over_both_files(own_folders: Path, tmp_path: Path) -> None:
    """The ledger has the digest of both, and the measurements of either are the same."""
    problem = Lead(LeadSettings(known=200))
    requested = Spec(
        "molecules.lead",
        generator=GeneratorChoice(family="bootstrap"),
        select=Select(export="verified"),
    )
    out = tmp_path / "run"
    with open_ledger(tmp_path / "book.db") as book:
        run = loop.run(problem, requested, 3, 1, out, ledger=book)
        (entry,) = book.entries("proposal")
    smi, sdf = (out / "designs" / f"molecules.{k}" for k in ("smi", "sdf"))
    assert len(smi.read_text().splitlines()) == len(run.selected) == 3
    assert run.record["notes"] == list(problem.notes) != []
    assert entry.table["wrote"]["designs/"] == folder_digest(smi.parent)
    assert replay(problem, requested, out, 1).reproduced
    lines, records = (audit(problem, requested, [file]).designs for file in (smi, sdf))
    assert [(d.design, d.measured) for d in lines] == [(d.design, d.measured) for d in records]
    assert {d.record for d in records} == {"as recorded"}
    smi.write_text("CCO molecule_000000\n")
    assert entry.table["wrote"] != written(out)


def test_why_a_file_is_refused_stands_beside_few_other_words(problem: Lead, tmp_path: Path) -> None:
    requested = Spec("molecules.lead", limits=problem.limits)
    (tmp_path / "theirs.smi").write_text("CCO fine\nCN=[N+]=[N-] not\n")
    with pytest.raises(InputError) as reported:
        audit(problem, requested, [tmp_path / "theirs.smi"])
    assert "(smi: expected" in str(reported.value)
    assert "SDF" not in str(reported.value), "its ending says what it is"
    assert "line 2" in str(reported.value)
    assert "explosives: azides" in str(reported.value)
    (tmp_path / "theirs.SDF").write_text("no record\n")
    with pytest.raises(InputError, match="sdf: expected an SDF"):
        audit(problem, requested, [tmp_path / "theirs.SDF"])


@pytest.mark.parametrize(
    "name", ["library", *(pytest.param(n, marks=pytest.mark.slow) for n in ("lead", "route"))]
)
def test_a_search_needs_no_strategy_named(name: str, own_folders: Path, tmp_path: Path) -> None:
    """Designs are texts, which the usual strategy cannot cross."""
    (tmp_path / "own.toml").write_text(
        f'problem = "molecules.{name}"\n[setup]\nknown = {30 if name == "route" else 200}\n'
    )
    words = ["search", f"molecules.{name}", "--spec", str(tmp_path / "own.toml"), "--json"]
    words += ["--budget", "4", "--batch", "4", "--out", str(tmp_path / "out")]
    found = CliRunner().invoke(app, words)
    assert found.exit_code in (0, 1), found.stderr
    assert json.loads(found.stdout)["strategy"] == "reweighted"


def test_altered_atoms_are_seen(problem: Lead, tmp_path: Path) -> None:
    made = problem.formats["sdf"].write(molecules(["CCN"], [0], problem.longest), tmp_path)
    text = made[0].read_text()
    made[0].write_text(text.replace(" N  ", " O  ", 1))
    with pytest.raises(InputError, match="record 1"):
        problem.formats["sdf"].read(made[0])


@pytest.mark.slow
def test_processes_measure_the_same(problem: Lead) -> None:
    """Each process opens the data again, which takes seconds."""
    texts = problem.known.smiles[:40]
    one, two = (Lead(LeadSettings(known=200, processes=n)) for n in (1, 2))
    first, second = (p.verifier.measure(codes(texts, p.longest)) for p in (one, two))
    np.testing.assert_array_equal(first, second)


def test_zinc_is_learned_without_stereochemistry() -> None:
    """Charged molecules of ZINC250k survive the codec, and the fitted family is on tokens."""
    problem = Lead(LeadSettings(source="zinc250k", known=300))
    smiles = [str(s) for s in problem.data()["smiles"].to_numpy()]
    assert not any("@" in s or "/" in s for s in smiles)
    assert any("+" in s for s in smiles)
    assert problem.codec.to_texts(problem.encode(problem.data())) == smiles
    assert not problem.pretrained()
    assert problem.default_family == "lstm"


@pytest.mark.parametrize(
    ("quantity", "line"),
    [
        ("gap", 'Write electrons = "gfn2" under'),
        ("strain", 'Write electrons = "gfn2_relaxed" under'),
        ("solubility_low", "Write solubility = true under"),
        ("similarity", "Write query = "),
        ("route_found", "Write route = 30 under"),
    ],
)
def test_what_the_setup_leaves_out_is_named(quantity: str, line: str, own_folders: Path) -> None:
    plain = Lead(LeadSettings(known=200))
    for spec in (
        Spec("molecules.lead", limits=(Limit(quantity, at_least=0.0),)),
        Spec("molecules.lead", objectives=(Objective(quantity, "maximise"),)),
    ):
        with pytest.raises(InputError, match=line):
            resolve(spec, plain)


def test_records_without_a_title_are_read_as_rdkit_writes_them(
    problem: Lead, tmp_path: Path
) -> None:
    smiles = ["CC(=O)Nc1ccc(O)cc1", "CCOc1ccccc1"]
    with Chem.SDWriter(str(tmp_path / "theirs.sdf")) as file:
        for one in smiles:
            file.write(Chem.MolFromSmiles(one))
    assert (tmp_path / "theirs.sdf").read_text().startswith("\n")
    found = problem.formats["sdf"].read(tmp_path / "theirs.sdf")
    assert [Chem.CanonSmiles(x) for x in found["smiles"].to_numpy()] == [
        Chem.CanonSmiles(x) for x in smiles
    ]


def test_two_spellings_of_one_molecule_are_said_to_be_one(problem: Lead, tmp_path: Path) -> None:
    path = tmp_path / "theirs.smi"
    path.write_text("OC(C)C\nCC(C)O\nCCO\n")
    found = audit(problem, Spec("molecules.lead", limits=problem.limits), [path])
    assert [d.repeats for d in found.designs] == ["", "design 0 of theirs.smi", ""]


def test_without_an_accepted_molecule_the_nearest_are_drawn_with_what_they_violate(
    problem: Lead,
) -> None:
    """Two limits of different scale: benzene violates one by little, the others more or both."""
    smiles = ("CCO", "c1ccccc1", "CCN")
    designs = molecules(smiles, [4, 5, 6], problem.longest)
    verdicts = xr.Dataset(
        {
            "verdict": (DESIGN, np.array(["rejected"] * 3, dtype=object)),
            "margin": ((DESIGN, "limit"), [[-0.2, -3.0], [0.1, -1.0], [0.1, -4.0]]),
        },
        coords={"limit": ["qed >= 0.6", "weight >= 80"], DESIGN: [4, 5, 6]},
    )
    (section,) = _nearest(designs, verdicts)
    assert section.figure is not None
    assert [row[:2] for row in section.table[1:]] == [
        ("design 5", "c1ccccc1"),
        ("design 6", "CCN"),
        ("design 4", "CCO"),
    ]
    assert section.table[1][2] == "weight >= 80"
    assert section.table[3][2] == "qed >= 0.6"
