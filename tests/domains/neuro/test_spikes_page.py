"""The commands of the page on spikes, on few designs; and invalid files."""

import re
import shlex
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "spikes.md").read_text()


@pytest.fixture(scope="module")
def spikes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Result of the page's first command, with few designs."""
    folder = tmp_path_factory.mktemp("page")
    command, _ = re.findall(r"^ingenium (propose .*)$", PAGE, re.MULTILINE)
    requested = command.replace("-n 200", "-n 8").replace("examples", str(ROOT / "examples"))
    done = CliRunner().invoke(
        app, shlex.split(requested.replace("out/spikes", str(folder / "out" / "spikes")))
    )
    assert done.exit_code == 0, done.output
    return folder / "out" / "spikes"


def test_the_page_draws_with_spikes(spikes: Path):
    file = spikes / "designs" / "network.nir"
    graph = nir.read(file)
    assert sum(type(n).__name__ == "LIF" for n in graph.nodes.values()) == 2
    with h5py.File(file) as held:
        count = len(held["drawn/rate"])
        assert held["drawn/image"].shape == (count, 28, 28)
    text = (spikes / "report.html").read_text()
    for said in ("synaptic operations", "is a model", "A100"):
        assert said in text


def test_a_network_of_other_nodes_is_refused_by_name(spikes: Path, tmp_path: Path):
    one = np.ones(2)
    nodes = {
        "input": nir.Input(np.array([2])),
        "odd": nir.CubaLIF(one, one, one, one, one),
        "output": nir.Output(np.array([2])),
    }
    path = tmp_path / "odd.nir"
    nir.write(path, nir.NIRGraph(nodes, [("input", "odd"), ("odd", "output")]))
    spec = str(spikes / "spec.toml")
    done = CliRunner().invoke(app, ["verify", "neuro.digits", str(path), "--spec", spec])
    assert done.exit_code == 2
    assert "CubaLIF at odd" in " ".join(done.stderr.split())


def test_limits_that_no_network_meets_are_refused_before_anything_is_made(tmp_path: Path):
    text = (ROOT / "examples" / "neuro" / "digits_loihi.toml").read_text()
    spec = tmp_path / "one_core.toml"
    spec.write_text(text.replace('"cores"\nat_most = 2', '"cores"\nat_most = 1'))
    out = tmp_path / "out"
    words = ["propose", "neuro.digits", "--spec", str(spec), "-n", "4", "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "has 2 whatever drives it" in " ".join(done.stderr.split())
    assert not out.exists()


@pytest.mark.slow
def test_the_page_speaks_vowels(tmp_path: Path):
    _, command = re.findall(r"^ingenium (propose .*)$", PAGE, re.MULTILINE)
    requested = command.replace("-n 100", "-n 12").replace("examples", str(ROOT / "examples"))
    out = tmp_path / "out"
    done = CliRunner().invoke(app, shlex.split(requested.replace("out/vowels", str(out))))
    assert done.exit_code == 0, done.output
    lines = (out / "designs" / "vowels.ts").read_text().splitlines()
    series = lines[lines.index("@data") + 1 :]
    assert len(series) > 4
    assert {line.count(":") for line in series} == {12}
    assert {line.rpartition(":")[2] for line in series} == {"3"}


@pytest.mark.slow
def test_families_with_commas_are_compared_and_pictured(tmp_path: Path):
    """Use a budget at which nothing is learned; saved fits are not repeated."""
    (command,) = re.findall(r"^ingenium (compare .*)$", PAGE, re.MULTILINE)
    spec = tmp_path / "few.toml"
    spec.write_text('problem = "neuro.digits"\n[setup]\nknown = 100\n')
    requested = command.replace("out/digits", str(tmp_path / "out")).replace(
        "--seeds 5", "--seeds 1"
    )
    words = [*shlex.split(requested), "--spec", str(spec), "--steps", "3", "--members", "10"]
    done = CliRunner().invoke(app, [*words, "--judged", "4"])
    assert done.exit_code == 0, done.output
    assert "6 fits, of which 0 are kept" in done.stderr
    made = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"sheets.png", "energy.png", "comparison.md", "costs.json"} <= made
    again = CliRunner().invoke(app, [*words, "--judged", "4"])
    assert "6 fits, of which 6 are kept" in again.stderr
