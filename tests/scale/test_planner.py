"""The planner against published figures and its own limits."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingenium.core.artifact import load
from ingenium.core.errors import InputError
from ingenium.scale import laws, planner
from ingenium.scale.carbon import LIFE_CYCLE, GridUnit, merit_order, planned_start, read_trace
from ingenium.scale.cluster import Cluster, Device, Link
from ingenium.scale.layout import RankLayout
from ingenium.scale.model_size import ModelSize
from ingenium.scale.planner import PlanSpec, Training
from ingenium.scale.step_time import rank_bytes, stage_parameters

EXAMPLES = Path(__file__).parents[2] / "examples/scale"
# Source: Narayanan et al., SC 2021, arXiv:2104.04473, table 1: billions of parameters, heads,
# width, layers, tensor and pipeline ranks, GPUs, batch, TFLOP/s a GPU (computed twice counted).
MEGATRON = (
    (1.7, 24, 2304, 24, 1, 1, 32, 512, 137),
    (3.6, 32, 3072, 30, 2, 1, 64, 512, 138),
    (7.5, 32, 4096, 36, 4, 1, 128, 512, 142),
    (18.4, 48, 6144, 40, 8, 1, 256, 1024, 135),
    (39.1, 64, 8192, 48, 8, 2, 512, 1536, 138),
    (76.1, 80, 10240, 60, 8, 4, 1024, 1792, 140),
    (145.6, 96, 12288, 80, 8, 8, 1536, 2304, 148),
    (310.1, 128, 16384, 96, 8, 16, 1920, 2160, 155),
    (529.6, 128, 20480, 105, 8, 35, 2520, 2520, 157),
    (1008.0, 160, 25600, 128, 8, 64, 3072, 3072, 163),
)
A100 = Device("A100", memory_gb=80, tflops=312, bandwidth_gb_s=2039, gemm_share=0.65, watts=400)


def model(width: int, layers: int, heads: int, vocabulary: int = 51200) -> ModelSize:
    return ModelSize(width, layers, heads, 2048, vocabulary, fused=False)


def test_seventy_billion_parameters_have_more_than_a_terabyte_of_state() -> None:
    # Source: Rajbhandari et al., SC 2020, arXiv:1910.02054, section 3.1: 16 bytes a parameter.
    own = model(8192, 80, 64)
    each = rank_bytes(own, RankLayout(), 1.0)
    held = each.weights + each.gradients + each.state
    assert held == 16 * own.parameters
    assert held * 70e9 / own.parameters == pytest.approx(1.12e12, rel=1e-12)


def test_the_training_of_gpt_3_took_what_was_published() -> None:
    # Source: Brown et al., 2020, arXiv:2005.14165, table D.1: 174,600 million, 300 billion tokens.
    # It counts 6 for each parameter and token, without attention to the context.
    gpt = ModelSize(12288, 96, 96, 2048, 50257)
    assert gpt.parameters == pytest.approx(174.6e9, rel=0.002)
    attention = 12 * gpt.layers * gpt.width * gpt.context * 300e9
    assert gpt.flops(300e9) - attention == pytest.approx(3.14e23, rel=0.002)


def test_the_utilisation_of_palm_follows_from_its_throughput() -> None:
    # Source: Chowdhery et al., 2022, arXiv:2204.02311, table 3 and appendix B: 46.2 % on 6,144
    # TPU v4 of 275 TFLOP/s at 238,300 tokens a second; heads of 256 numbers, 48 of them.
    a_token = 6 * 540.35e9 + 12 * 118 * 48 * 256 * 2048
    assert 238.3e3 * a_token / (6144 * 275e12) == pytest.approx(0.462, abs=0.001)


def test_parameters_are_those_of_megatron() -> None:
    for billions, heads, width, layers, *_ in MEGATRON:
        own = model(width, layers, heads).parameters / 1e9
        assert own == pytest.approx(billions, abs=0.051)  # they are printed to a tenth


def test_utilisation_is_near_that_of_megatron() -> None:
    off = []
    for _, heads, width, layers, tensor, pipeline, devices, batch, published in MEGATRON:
        cluster = Cluster(A100, devices, 8, Link(300.0), Link(25.0))
        spec = PlanSpec(model(width, layers, heads), Training(batch, 1e9))
        data = devices // tensor // pipeline
        own = [
            planner.planned(spec, cluster, RankLayout(data, tensor, pipeline, 0, micro, True))
            for micro in (batch // data // k for k in (1, 2, 4, 8) if batch // data % k == 0)
        ]
        best = max(p.utilisation for p in own if p.fits)
        off.append(best * 312 * 4 / 3 / published - 1)
    assert np.abs(off).max() < 0.25, off
    assert np.abs(off).mean() < 0.15, off


def test_the_best_layouts_fit_and_are_fast() -> None:
    spec = load(EXAMPLES / "library_7b.toml", PlanSpec, "a model")
    cluster = load(EXAMPLES / "h100x256.toml", Cluster, "a cluster")
    found = planner.best(spec, cluster)
    assert all(one.bytes.total <= cluster.room for one in found)
    every = [planner.planned(spec, cluster, x) for x in planner.layouts(spec, 256, per_node=8)]
    assert found[0].seconds.total == min(p.seconds.total for p in every if p.fits)


def test_a_plan_waits_for_no_pytorch() -> None:
    line = "import sys, ingenium.scale.planner; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", line], check=False).returncode == 0


def test_a_layout_that_does_not_fit_names_the_nearest_that_does() -> None:
    spec = load(EXAMPLES / "library_7b.toml", PlanSpec, "a model")
    cluster = load(EXAMPLES / "h100x256.toml", Cluster, "a cluster")
    said = r"data:256, which needs .* GB\. Write data:256,shard:1,micro:2"
    with pytest.raises(InputError, match=said):
        planner.requested(spec, cluster, RankLayout(256))
    tiny = replace(cluster, device=replace(cluster.device, memory_gb=7))
    with pytest.raises(InputError, match=r"Write devices = \d+, or a smaller model"):
        planner.best(spec, tiny)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data:3", "a layout of 256 ranks"),
        ("data:256,shard:4", "shard:0 to shard:3"),
        ("date:256", "a layout of data, tensor"),
        ("data:2,pipeline:128", "layers over pipeline:128"),
    ],
)
def test_layouts_that_make_no_sense_are_refused(text: str, said: str) -> None:
    spec = load(EXAMPLES / "library_7b.toml", PlanSpec, "a model")
    with pytest.raises(InputError, match=said):
        planner.check(spec, 256, RankLayout.parse(text))


def test_layouts_are_written_as_they_are_read() -> None:
    for text in (
        "data:1",
        "data:2,shard:1",
        "data:2,shard:3",
        "data:4,tensor:8,pipeline:2,micro:16,recompute,offload",
    ):
        assert str(RankLayout.parse(text)) == text


def test_tensor_ranks_share_a_layer() -> None:
    own = model(4096, 32, 32)
    one, two = (stage_parameters(own, RankLayout(tensor=t)) for t in (1, 2))
    assert one - two == own.layers * own.block / 2


def test_five_per_cent_of_serial_work_cap_the_speedup_at_twenty() -> None:
    assert laws.ceiling(0.95) == pytest.approx(20)
    held = [_covers(seed) for seed in range(100)]
    assert 80 <= sum(held) <= 100  # of a nominal 95, by eight runs each


def _covers(seed: int) -> bool:
    """True if the interval of a fit contains the share that runs were sampled with."""
    rng = np.random.default_rng(seed)
    runs = [(10 * (0.1 + 0.9 / n) * rng.normal(1, 0.01, 8)).tolist() for n in (1, 2, 4)]
    found = laws.fitted_share([1, 2, 4], runs)
    assert found.high - found.low < 0.05
    return found.low < 0.9 < found.high


def test_the_ridge_of_an_h100_is_what_the_chapter_says() -> None:
    assert Device("H100", 80, 1000, 3350).ridge == pytest.approx(298, abs=1)


def test_a_ring_takes_what_the_textbook_says() -> None:
    link = Link(10.0, latency_us=2.0)
    assert link.all_reduce_s(1e9, 4) == pytest.approx(2 * 3 * (2e-6 + 0.25e9 / 10e9))
    assert link.all_reduce_s(1e9, 1) == 0


def test_the_cheapest_plants_run_first() -> None:
    units = [GridUnit(100.0, 50.0, "gas_turbine"), GridUnit(100.0, 10.0, "coal")]
    wind = np.array([0.0, 60.0, 500.0])
    grams = merit_order(units, np.array([150.0, 150.0, 150.0]), {"wind": wind})
    coal, gas, free = (LIFE_CYCLE[k] for k in ("coal", "gas_turbine", "wind"))
    assert grams[0] == pytest.approx((100 * coal + 50 * gas) / 150)
    assert grams[1] == pytest.approx((60 * free + 90 * coal) / 150)
    assert grams[2] == pytest.approx(free)
    with pytest.raises(InputError, match="50 MW short"):
        merit_order(units, np.array([250.0]), {})


def test_a_start_is_best_within_its_deadline_and_never_later() -> None:
    trace = read_trace(EXAMPLES / "rts_gmlc_april.csv")
    for now in range(24):
        found = planned_start(trace[now:], 8.0, 24)
        every = [trace[now + s : now + s + 8].sum() for s in range(17)]
        assert found.grams == pytest.approx(min(every))
        assert found.hour + 8 <= 24
        assert found.grams <= found.now_grams
        blind = planned_start(trace[now:], 8.0, 24, forecast=trace[: len(trace) - now])
        assert blind.grams >= found.least_grams
    with pytest.raises(InputError, match="Write --within 9"):
        planned_start(trace, 8.5, 8)


def test_a_trace_with_a_gap_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("hour,g_co2e_per_kwh\n0,100\n2,90\n")
    with pytest.raises(InputError, match="hours that do not follow"):
        read_trace(tmp_path / "t.csv")
