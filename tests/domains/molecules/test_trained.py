"""The recipe of the pretrained generator, on a few molecules."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rdkit import Chem
from safetensors.torch import load_file

from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import CorruptError, MissingDistribution
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.molecules.trained import conditional, model
from ingenium.domains.molecules.trained.conditional import ConditionalTraining, deafened, teach
from ingenium.domains.molecules.trained.model import NAME, codec, facts, pretrained
from ingenium.domains.molecules.trained.recipe import PLAN, LanguageRecipe, train
from ingenium.generators.fitted import trained

FEW = LanguageRecipe(
    molecules=300,
    read=300,
    merges=40,
    steps=32,
    width=16,
    layers=1,
    plan=replace(PLAN, steps=4, batch=64, held_out=0.1, check_every=2),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    train(FEW, folder)
    return folder


def test_what_a_recipe_makes_can_be_shipped(folder: Path) -> None:
    found = pretrained(64, folder)[NAME]
    family = found.make()
    family.load_state_dict({k: v.float() for k, v in load_file(found.weights).items()})
    about = json.loads((folder / "moses.json").read_text())
    assert about["weights"] == file_digest(found.weights)
    assert found.about["recipe"]["merges"] == FEW.merges
    assert found.about["about"]["designs"] > 250
    x = family.propose(torch.zeros(32, 1), torch.Generator().manual_seed(0))
    proposed = codec("moses", 64, folder).to_texts(x)
    assert all(Chem.MolFromSmiles(text) is not None for text in proposed)


def test_a_generator_without_ears_writes_as_before(folder: Path) -> None:
    """Conditions are ignored until it is fine-tuned."""
    base = model.network(64, folder)
    torch.manual_seed(1)
    deaf = deafened(base, torch.randn(50, 3))
    x = base.propose(torch.zeros(16, 1), torch.Generator().manual_seed(0))
    conditional = deaf.surprise(x, torch.randn(16, 3))
    torch.testing.assert_close(
        conditional, base.surprise(x, torch.zeros(16, 1)), rtol=1e-3, atol=1e-3
    )


def test_a_taught_generator_is_kept(folder: Path, tmp_path: Path) -> None:
    plan = replace(PLAN, steps=4, batch=64, held_out=0.1, check_every=2, learning_rate=0.05)
    requested = ConditionalTraining(
        {"weight": (30.0, 700.0), "logp": (-8.0, 12.0)}, molecules=300, plan=plan
    )
    alongside = Path(shutil.copytree(folder, tmp_path / "beside"))
    teach(requested, alongside, base=folder)
    about = conditional.facts(alongside)
    assert about["weights"] == file_digest(alongside / "moses.conditional.safetensors")
    assert about["about"]["base"] == file_digest(folder / "moses.safetensors")
    assert conditional.hears(alongside) == requested.conditions
    found = conditional.pretrained(64, alongside)
    family = found.make()
    family.load_state_dict({k: v.float() for k, v in load_file(found.weights).items()})
    low, high = (family.told(torch.full((1, 2), end)) for end in (-0.5, 0.5))
    assert not torch.allclose(low, high, atol=1e-3), "it hears"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"about": {"base": "sha256:other"}}, "taught on other weights .sha256:other"),
        ({"weights": "sha256:other"}, "holds other weights than moses.conditional.json"),
    ],
)
def test_a_taught_generator_belongs_to_one_base(
    folder: Path, tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    plan = replace(PLAN, steps=2, batch=32, held_out=0.1, check_every=2)
    teach(ConditionalTraining({"logp": (-8.0, 12.0)}, molecules=300, plan=plan), copy, base=copy)
    about = json.loads((copy / "moses.conditional.json").read_text())
    (copy / "moses.conditional.json").write_text(json.dumps(about | changed))
    with pytest.raises(CorruptError, match=message):
        conditional.pretrained(64, copy).make()


def test_the_shipped_taught_generator_belongs_to_the_shipped_base() -> None:
    """A new base must not be packaged without fine-tuning it."""
    assert conditional.facts()["weights"] == file_digest(conditional.pretrained(64).weights)
    conditional.pretrained(64).make()


@pytest.mark.parametrize("what", ["weights", "tokens"])
def test_what_does_not_belong_together_is_seen(folder: Path, tmp_path: Path, what: str) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    about = json.loads((copy / "moses.json").read_text())
    (copy / "moses.json").write_text(json.dumps(about | {what: "sha256:other"}))
    with pytest.raises(CorruptError, match=f"names other {what} .sha256:other"):
        pretrained(64, copy)[NAME].make()


def test_shipped_weights_and_tokens_are_those_that_their_facts_name() -> None:
    """Neither may be replaced alone: numbers of tokens are rows of the weights."""
    assert facts()["weights"] == file_digest(pretrained(64)[NAME].weights)
    assert facts()["tokens"] == digest(list(codec("moses", 64).vocabulary.tokens))
    pretrained(64)[NAME].make()


def test_weights_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = open_problem(Spec(problem="molecules.library"))
    monkeypatch.setattr("ingenium.core.networks.find_spec", lambda name: None)
    with pytest.raises(MissingDistribution, match=r"moses.safetensors .* pip install ./networks"):
        trained(problem, NAME)


def test_a_stopped_training_goes_on(folder: Path, tmp_path: Path) -> None:
    def stop(step: int, steps: int, loss: float) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(FEW, tmp_path, progress=stop)
    assert not (tmp_path / "moses.safetensors").exists()
    train(FEW, tmp_path)
    assert file_digest(tmp_path / "moses.safetensors") == file_digest(folder / "moses.safetensors")
