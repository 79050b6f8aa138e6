"""Bounds of a core, and their consequences for a kernel."""

import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.scale import roofline
from ingenium.scale.roofline import Kernel, Roof


def test_a_kernel_is_bound_by_the_lower_roof() -> None:
    roof = Roof(gflops=100.0, gb_s=20.0)
    assert roof.ridge == 5
    assert (roof.over(1.0), roof.over(50.0)) == (20.0, 100.0)
    low, high = Kernel("norm", 8e9, 8e9, 1.0), Kernel("product", 64e9, 1e9, 1.0)
    assert (low.bound(roof), high.bound(roof)) == ("memory", "compute")
    assert (low.gflops, high.intensity) == (8.0, 64.0)


def test_the_command_tells_each_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        roofline, "measured", lambda: (Roof(9.0, 3.0), [Kernel("norm", 2e9, 2e9, 1.0)])
    )
    done = CliRunner().invoke(app, ["roofline"])
    assert done.exit_code == 0, done.output
    assert "ridge is at 3 FLOP a byte" in done.output
    assert "memory" in done.output


@pytest.mark.slow
def test_norms_wait_for_memory_and_products_do_not() -> None:
    roof, kernels = roofline.measured()
    bound = {kernel.name: kernel.bound(roof) for kernel in kernels}
    assert bound["product of matrices"] == "compute"
    assert bound["layer norm"] == bound["softmax"] == "memory"
    assert all(kernel.gflops <= 1.05 * roof.over(kernel.intensity) for kernel in kernels)
