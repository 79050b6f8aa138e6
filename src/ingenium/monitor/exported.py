"""A detector as an ONNX file, and its scores when that file is read back.

Shapes: t rows of a stream, k tags, n windows, w rows of one.
"""

import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Float64

from ingenium.core.errors import CorruptError
from ingenium.core.packages import Extra
from ingenium.core.reading.files import content
from ingenium.monitor.families.detector import Detector
from ingenium.monitor.stream import Stream, scored

EXTRA = Extra("monitor")


class _Both(torch.nn.Module):
    """Score and shares of the tags, as one graph."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.detector(x), self.detector.shares(x)


def write(detector: Detector, path: Path) -> None:
    """Export a detector: input `window`, outputs `score` and `shares`.

    Raises:
        MissingExtra: with the line that installs the missing package.
    """
    EXTRA.package("onnx")
    axes = {name: {0: "n"} for name in ("window", "score", "shares")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notices on how the exporter changes between releases
        torch.onnx.export(
            _Both(detector).eval(),
            (torch.zeros(2, detector.window, detector.k),),
            str(path),
            input_names=["window"],
            output_names=["score", "shares"],
            dynamic_axes=axes,
            dynamo=False,
        )


class Exported:
    """An exported detector, ready to score on one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            MissingExtra: with the line that installs the missing package.
            CorruptError: if it is no exported detector.
        """
        self.path = path
        self.session = self._opened(content(path, "a monitor's ONNX file"))

    def _opened(self, data: bytes) -> Any:
        runtime = EXTRA.package("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of a private class of the runtime
            raise CorruptError(
                str(self.path), f"is no ONNX file ({error})", "Fit it again."
            ) from error

    @cached_property
    def window(self) -> int:
        """Rows of a window."""
        return int(self.session.get_inputs()[0].shape[1])

    def windows(
        self, x: Float32[np.ndarray, "n w k"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n k"]]:
        """Return scores, and the distance of each tag from its mean."""
        score, shares = self.session.run(None, {"window": x})
        return score.astype(np.float64), shares.astype(np.float64)

    def stream(self, stream: Stream) -> Float64[np.ndarray, " t"]:
        """Score each row; NaN before the first whole window."""
        return scored(stream, self.window, lambda x: self.windows(x)[0])
