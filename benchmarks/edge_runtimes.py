"""A step of the pretrained pen: eager, by ONNX Runtime's quantiser, and ours.

Rounding by ONNX Runtime's dynamic quantiser leaves activations, sums and tables in floating point;
ours uses integers throughout, as a microcontroller requires. OpenVINO and NNCF are added where they
are installed.
"""

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file

from benchmarks.measuring import report
from ingenium.domains.edge.doodle import trained
from ingenium.domains.edge.doodle.data import WORDS
from ingenium.edge.graph import NetworkGraph
from ingenium.edge.onnx_file import GraphFile
from ingenium.edge.parts import FileRunner, Recorder, part_of

BATCHES = (1, 64)
TIMES = 200
CALIBRATED = 300  # rows that NNCF sees
MB = 1e-6


class _Step(torch.nn.Module):
    def __init__(self, graph: NetworkGraph) -> None:
        super().__init__()
        self.graph = graph

    def forward(self, *given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.graph.run(dict(zip(self.graph.inputs, given, strict=True)))
        return tuple(found[k] for k in self.graph.outputs)


def run() -> None:
    """Measure and print."""
    family = trained.network(WORDS)
    weights = load_file(trained.FOLDER / "subjects.safetensors")
    family.load_state_dict({k: v.float() for k, v in weights.items()})
    found = part_of(family, trained.NAME)
    recorders = {k: Recorder(g) for k, g in found.graphs(family).items()}
    cond = torch.eye(len(WORDS)).repeat(4, 1)
    found.seated(family, recorders).propose(cond, torch.Generator().manual_seed(0))  # type: ignore[operator]
    graph, seen = recorders["step"].graph, recorders["step"].seen()
    exact = graph.run(seen)["scores"].numpy()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        for name, size, call in _rivals(graph, seen, Path(place)):
            missed = call(seen) - exact
            row = {
                "runtime": name,
                "MB": size * MB,
                "relative error of scores": float(np.std(missed) / np.std(exact)),
            }
            for n in BATCHES:
                some = {k: v[:n] for k, v in seen.items()}
                row[f"µs a step, batch of {n}"] = _microseconds(call, some)
            rows.append(row)
    report("edge_runtimes", "A step of the pen", rows, {})


Call = Callable[[dict[str, torch.Tensor]], np.ndarray]


def _rivals(
    graph: NetworkGraph, seen: dict[str, torch.Tensor], folder: Path
) -> list[tuple[str, int, Call]]:
    plain, rounded = folder / "plain.onnx", folder / "rounded.onnx"
    example = tuple(seen[k][:2] for k in graph.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notices on how the exporter changes between releases
        torch.onnx.export(
            _Step(graph),
            example,
            str(plain),
            input_names=graph.inputs,
            output_names=graph.outputs,
            dynamic_axes={k: {0: "n"} for k in (*graph.inputs, *graph.outputs)},
            dynamo=False,
        )
    _initialised(plain)
    quantize_dynamic(plain, rounded, per_channel=True, weight_type=QuantType.QInt8)
    ours = trained.place("subjects") / "step.onnx"
    runner = FileRunner(GraphFile(ours))
    found = [
        ("PyTorch, eager", 4 * graph.parameters, lambda x: graph.run(x)["scores"].numpy()),
        ("ONNX Runtime, floating", plain.stat().st_size, _session(plain)),
        ("ONNX Runtime, its dynamic int8", rounded.stat().st_size, _session(rounded)),
        ("ours, whole numbers", ours.stat().st_size, lambda x: runner(x)["scores"].numpy()),
    ]
    if find_spec("openvino") and find_spec("nncf"):
        found[-1:-1] = _openvino(plain, seen, folder)
    return found


def _openvino(
    plain: Path, seen: dict[str, torch.Tensor], folder: Path
) -> Iterator[tuple[str, int, Call]]:
    """Time OpenVINO as it is, and after NNCF rounded weights and activations."""
    import nncf
    import openvino

    core = openvino.Core()
    model = core.read_model(plain)
    spread = np.linspace(0, len(seen["told"]) - 1, CALIBRATED).astype(int)  # over all steps
    rows = [{k: v[i : i + 1].numpy() for k, v in seen.items()} for i in spread]
    usual = nncf.QuantizationPreset.MIXED  # activations around zeros of their own, as ours
    rounded = nncf.quantize(model, nncf.Dataset(rows), preset=usual, subset_size=CALIBRATED)
    for name, own in (("floating", model), ("NNCF's int8", rounded)):
        path = folder / f"{name[:4]}.xml"
        openvino.save_model(own, path, compress_to_fp16=False)
        ready = core.compile_model(own, "CPU", {"INFERENCE_NUM_THREADS": 1})

        def call(given: dict[str, torch.Tensor], ready: Any = ready) -> np.ndarray:
            found: np.ndarray = ready({k: v.numpy() for k, v in given.items()})["scores"]
            return found

        yield f"OpenVINO, {name}", path.with_suffix(".bin").stat().st_size, call


def _initialised(path: Path) -> None:
    """Convert constants to initialisers, where alone the quantiser finds weights."""
    model = onnx.load(path)
    for node in [n for n in model.graph.node if n.op_type == "Constant"]:
        tensor = node.attribute[0].t
        tensor.name = node.output[0]
        model.graph.initializer.append(tensor)
        model.graph.node.remove(node)
    onnx.save(model, path)


def _session(path: Path) -> Call:
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def call(given: dict[str, torch.Tensor]) -> np.ndarray:
        found: np.ndarray = session.run(["scores"], {k: v.numpy() for k, v in given.items()})[0]
        return found

    return call


def _microseconds(call: Call, given: dict[str, torch.Tensor]) -> float:
    """CPU time of a call, the fastest of five rounds."""
    best = np.inf
    for _ in range(5):
        began = time.process_time()
        for _ in range(TIMES // 5):
            call(given)
        best = min(best, (time.process_time() - began) / (TIMES // 5))
    return 1e6 * best
