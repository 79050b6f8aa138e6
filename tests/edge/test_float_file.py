"""Files of floating numbers against the graphs that they come from."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from edge_nets import case, rows, writer

from ingenium.core.errors import CorruptError
from ingenium.edge import float_file
from ingenium.edge.quantise import Scheme

CASES: dict[str, tuple[Callable[[], torch.nn.Module], str]] = {
    "tokens": (writer, "step"),
    "diffusion": (lambda: rows("diffusion"), "denoise"),
    "vae": (lambda: rows("vae"), "decode"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_file_says_what_the_graph_says(name: str, tmp_path: Path) -> None:
    make, graph = CASES[name]
    own = case(make(), graph, Scheme())
    exact, sizes = own.graph.run(own.seen), {}
    for half, near in ((False, 1e-4), (True, 2e-2)):
        path = tmp_path / f"{half}.onnx"
        float_file.write(own.graph, path, half=half)
        sizes[half] = path.stat().st_size
        found = float_file.FloatFile(path)(own.seen)
        assert set(found) == set(own.graph.outputs)
        for k in own.graph.outputs:
            distance = (found[k] - exact[k]).square().mean().sqrt()
            assert float(distance) < near * float(exact[k].std())
            assert half is (float(distance) > 1e-4 * float(exact[k].std()))
    assert sizes[True] < 0.75 * sizes[False]  # small nets are mostly the names of their steps


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "graph.onnx").write_bytes(b"no graph")
    with pytest.raises(CorruptError, match="no ONNX file of ours"):
        float_file.FloatFile(tmp_path / "graph.onnx")
