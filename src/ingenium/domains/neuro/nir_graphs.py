"""Layered networks as NIR graphs, in files of HDF5 that other simulators and chips' tools open.

A chain: Input, then Affine and LIF for each layer that spikes, then Affine and LI, then Output.
Times are seconds. A current raises the first layer's voltage by its resistance of 1; a spike is an
impulse that raises the voltage by its weight, since the resistance equals the membrane's time
constant in seconds. The number and length of the steps are in the graph's metadata.

Source: Pedersen et al., Neuromorphic intermediate representation, Nature Communications 15, 2024.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np
import torch

from ingenium.core.errors import InputError
from ingenium.core.reading.files import refusing
from ingenium.core.reading.hdf5 import opened
from ingenium.core.reading.trial import sound
from ingenium.kits.spikes.layered import LayeredNetwork, Rhythm

KNOWN = ("Input", "Affine", "LIF", "LI", "Output")
METADATA = "rhythm"
SAME = 1e-6  # relative: times in single precision are the same


def graph_of(network: LayeredNetwork) -> nir.NIRGraph:
    """Build the chain of one network."""
    rhythm, tau = network.rhythm, network.rhythm.tau_ms / 1000
    nodes: dict[str, Any] = {"input": nir.Input(np.array([network.sizes[0]]))}
    for i, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        last, each = i == len(network.weights) - 1, np.ones(len(w))
        # an impulse adds r / tau, a constant current r (1 - kept) in a step
        scale = 1.0 if i == 0 else 1 / (tau * (1 - rhythm.retained))
        nodes[f"weights_{i}"] = nir.Affine(w.numpy(), b.numpy() * scale)
        r = each if i == 0 else tau * each
        if last:
            nodes[f"read_{i}"] = nir.LI(tau * each, r, 0 * each)
        else:
            nodes[f"neurons_{i}"] = nir.LIF(tau * each, r, 0 * each, each, 0 * each)
    nodes["output"] = nir.Output(np.array([network.sizes[-1]]))
    names = list(nodes)
    condition = np.array([rhythm.steps, rhythm.step_ms, rhythm.tau_ms])
    return nir.NIRGraph(nodes, list(pairwise(names)), metadata={METADATA: condition})


def write(network: LayeredNetwork, path: Path) -> None:
    """Write a file that `nir.read` opens."""
    nir.write(path, graph_of(network))
    sound(path.read_bytes())


def read(path: Path) -> LayeredNetwork:
    """Read the network of a file.

    Raises:
        InputError: for an invalid NIR, unsupported nodes, or a graph that is no chain of layers.
    """
    _known_nodes(path)
    with refusing("a network as NIR", path):
        graph = nir.read(path)
    chain = _chain(graph)
    with refusing("a chain of Affine, LIF, Affine and LI with its rhythm in the metadata", path):
        steps, step_ms, tau_ms = np.asarray(graph.metadata[METADATA]).tolist()
        if steps % 1:
            raise InputError(
                "a whole number of steps", f"{steps:g}", "Write it without a fraction."
            )
        rhythm = Rhythm(int(steps), step_ms, tau_ms)
        return _network(chain, rhythm)


def _known_nodes(path: Path) -> None:
    """Refuse, by name, nodes of kinds that no layered network has, before any is built."""
    with refusing("a network as NIR", path), opened(path, "a network as NIR") as file:
        kinds = {name: _text(node["type"][()]) for name, node in file["node/nodes"].items()}
    for name, kind in kinds.items():
        if kind not in KNOWN:
            raise InputError(
                f"nodes of NIR among {', '.join(KNOWN)}",
                f"{kind} at {name}",
                "Write layers of LIF neurons and a layer of leaky integrators (LI) that is read.",
            )


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _chain(graph: nir.NIRGraph) -> list[Any]:
    """Return the nodes between input and output, in order.

    Raises:
        InputError: for a graph that is no chain.
    """
    after: Mapping[str, str] = dict(graph.edges)
    found: list[Any] = []
    name = next((k for k, n in graph.nodes.items() if isinstance(n, nir.Input)), "")
    while name in after and len(found) < len(graph.nodes):
        name = after[name]
        found.append(graph.nodes[name])
    whole = len(found) == len(graph.nodes) - 1 and len(after) == len(graph.edges)
    kinds = [type(n).__name__ for n in found]
    layers = len(kinds) // 2
    due = ["Affine", "LIF"] * (layers - 1) + ["Affine", "LI", "Output"]
    if not whole or kinds != due or layers < 2:
        condition = " - ".join(kinds) or "none"
        raise InputError(
            "one chain of layers from input to output", condition, "Leave out branches."
        )
    return found[:-1]


def _network(chain: list[Any], rhythm: Rhythm) -> LayeredNetwork:
    """Build the network from the weights and biases of a chain whose neurons fit the rhythm."""
    tau = rhythm.tau_ms / 1000
    weights, biases = [], []
    for i, (affine, neurons) in enumerate(zip(chain[::2], chain[1::2], strict=True)):
        r = 1.0 if i == 0 else tau
        same = all(np.allclose(x, y, SAME, 0) for x, y in ((neurons.tau, tau), (neurons.r, r)))
        spiking = isinstance(neurons, nir.LIF)
        resets = not spiking or ((neurons.v_threshold == 1).all() and (neurons.v_reset == 0).all())
        if not (same and resets and (neurons.v_leak == 0).all()):
            raise InputError(
                f"neurons of layer {i + 1} with tau {tau:g} s, r {r:g}, threshold 1 and reset 0",
                "others",
                "Scale weights so that the threshold is 1.",
            )
        scale = 1.0 if i == 0 else tau * (1 - rhythm.retained)
        weights.append(torch.from_numpy(np.asarray(affine.weight, dtype=np.float64)))
        biases.append(torch.from_numpy(np.asarray(affine.bias, dtype=np.float64) * scale))
    return LayeredNetwork(tuple(weights), tuple(biases), rhythm)
