"""Checks of layouts: their exchanges, their waits, and the planner's choice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from ingenium.scale.laws import ceiling
from ingenium.scale.ranks import Rank, Tell, gather
from ingenium_book.checks.scale.training import SPEC
from ingenium_book.findings import Commands, Finding, Picture

PIPELINES = ((2, 2), (2, 4), (2, 8), (4, 4), (4, 8), (4, 12))  # stages, micro-batches
PAUSE_S = 0.1  # long compared with the noise of a busy machine
TINY, SCALE = 1e-7, 2.0**20  # of a loss, and its factors
STEPS = 15
PACED, PACED_WIDTH = 8, 2048  # layers of 16 MB each, of which each is a bucket
PASSES = 12


def speedup(commands: Commands) -> Iterator[Finding]:
    """Row 24.1: the parallel share, from measured steps, and the limit of the speed-up."""
    found = _fit(commands, "processes:2", "data:2").answer["one_process"]
    share = found["parallel_share"]
    yield Finding(
        "95 % of parallel work cap the speedup at 20", abs((ceiling(0.95) or 0) - 20) < 1e-9
    )
    yield Finding(
        f"measured steps of one and two workers give a share of {share['value']:.2f} "
        f"({share['low']:.2f} to {share['high']:.2f}) that all workers do",
        share["low"] > 0,  # two are quicker than one
    )


@dataclass(frozen=True)
class PacedExchange:
    """Data ranks whose layers take a known time without a core, so that an exchange can overlap."""

    bucket_mb: float

    def __call__(self, rank: Rank, tell: Tell) -> dict[str, float | None]:
        """Measure the hidden share of the exchange of gradients."""
        import torch
        from torch.nn.parallel import DistributedDataParallel

        from ingenium.scale.divided import DividedModel
        from ingenium.scale.exchange import hidden_share
        from ingenium.scale.layout import RankLayout
        from ingenium.scale.ranked_descent import RankedDescent
        from ingenium_book.checks.scale.paced import PacedFamily

        family = PacedFamily(PACED, pause_s=PAUSE_S, width=PACED_WIDTH)
        model = DividedModel(family, RankLayout(2), bucket_mb=self.bucket_mb)
        descent, x = RankedDescent(model), torch.ones(2, PACED_WIDTH)
        turn, rng = model.turns()[0], torch.Generator()
        assert isinstance(model.module, DistributedDataParallel)

        def work() -> None:
            descent.gradients(turn, x, x[:, :0], rng)

        return hidden_share(model.module, work, repeats=PASSES)


def overlapped(commands: Commands) -> Iterator[Finding]:
    """Row 24.2: gradients in buckets, exchanged while the rest is computed."""
    yield from _hidden()
    done = _fit(commands, "processes:2", "tried")
    distance = done.answer["one_process"]["distance"]
    yield Finding(f"losses are at most {distance:.1g} off one process", distance <= 1e-6)
    own = next(x["waits"] for x in done.answer["tried"] if "one_bucket" in x["waits"])
    for name, text in (("buckets", "in buckets"), ("one_bucket", "in one piece")):
        found = own[name]
        yield Finding(
            f"of a transformer {_seen(text, found)}: this can be told apart",
            found["hidden"] is not None,
            gap=True,
        )


def _hidden() -> Iterator[Finding]:
    """Check with layers that need no core, so that other programs do not affect the exchange."""
    from ingenium.scale.divided import BUCKET_MB, ONE_BUCKET_MB
    from ingenium.scale.place import WorkPlace

    place = WorkPlace.parse("processes:2")
    found = [gather(place, PacedExchange(mb))[0] for mb in (BUCKET_MB, ONE_BUCKET_MB)]
    for text, own in zip(("in buckets", "in one piece"), found, strict=True):
        yield Finding(f"{_seen(text, own)}: this can be told apart", own["hidden"] is not None)
    hidden = [own["hidden"] for own in found]
    reported = " and ".join("unknown" if h is None else f"{h:.0%}" for h in hidden)
    more = None not in hidden and hidden[0] > hidden[1]
    yield Finding(f"buckets hide more of it than one piece does: {reported}", more)


def _seen(text: str, found: Mapping[str, Any]) -> str:
    return (
        f"{text} a pass takes {found['seen_s']:+.3f} s more with exchange than without, known "
        f"within {found['noise_s']:.3f} s, where the exchange alone takes {found['alone_s']:.3f} s"
    )


def split_matrices(commands: Commands) -> Iterator[Finding]:
    """Row 24.4: matrices over two ranks, with the losses of one, and their exchange."""
    found = _fit(commands, "processes:2", "tensor:2").answer
    distance = found["one_process"]["distance"]
    yield Finding(f"losses are at most {distance:.1g} off one process", distance <= 1e-6)
    own = found["measured"]["waits"]
    yield Finding(
        f"{own['summed_bytes']} bytes are summed in a step, by formula {own['formula_bytes']}",
        own["summed_bytes"] == own["formula_bytes"],
    )


@dataclass(frozen=True)
class PacedPipeline:
    """A pipeline whose layers take a known time; each rank returns the idle share of all stages."""

    stages: int
    micro: int

    def __call__(self, rank: Rank, tell: Tell) -> float:
        """Measure the idle share over some steps."""
        import torch

        from ingenium.scale.divided import DividedModel
        from ingenium.scale.exchange import idle_share
        from ingenium.scale.layout import RankLayout
        from ingenium.scale.ranked_descent import RankedDescent
        from ingenium_book.checks.scale.paced import WIDTH, PacedFamily

        layout = RankLayout(pipeline=self.stages, micro=self.micro)
        model = DividedModel(PacedFamily(self.stages, pause_s=PAUSE_S), layout)
        descent, x = RankedDescent(model), torch.ones(self.micro, WIDTH)

        def step() -> None:
            descent.gradients(model.turns()[0], x, x[:, :0], torch.Generator())

        return idle_share(descent, step)


def pipelined(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 24.5: waiting of stages, against the formula of the bubble."""
    from ingenium.scale.place import WorkPlace

    found = []
    for stages, micro in PIPELINES:
        place = WorkPlace.parse(f"processes:{stages}")
        idle = gather(place, PacedPipeline(stages, micro))[0]
        bubble = (stages - 1) / (micro + stages - 1)
        found.append((bubble, idle))
        yield Finding(
            f"{stages} stages, {micro} micro-batches: idle for {idle:.1%}, by formula {bubble:.1%}",
            abs(idle / bubble - 1) <= 0.1,
        )
    done = _fit(commands, "processes:2", "pipeline:2,micro:8").answer
    own = done["measured"]["waits"]
    yield Finding(
        f"stages of a transformer that share this machine are idle for {own['idle']:.1%}, by "
        f"formula {own['bubble']:.1%}",
        abs(own["idle"] / own["bubble"] - 1) <= 0.1,
        gap=True,
    )
    figure = Figure(figsize=(3.6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 0.5], [0, 0.5], color="0.7", zorder=0)
    axes.scatter(*zip(*found, strict=True))
    axes.set(xlabel="(p-1) / (m+p-1)", ylabel="measured idle share", xlim=(0, 0.5), ylim=(0, 0.5))
    yield Picture(figure, "Idle share of pipelines of two and four stages")


def chosen(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 24.6: the layout predicted to be fastest among all layouts of four ranks."""
    done = _fit(commands, "processes:4", "tried")
    tried = done.answer["tried"]
    best = tried[0]["step_s"]
    own = min(tried, key=lambda x: x["predicted_s"])
    yield Finding(f"{len(tried)} layouts were tried on four ranks", len(tried) >= 10)
    yield Finding(
        f"the planner takes {own['layout']}: {own['step_s']:.3f} s a step, {best:.3f} s is best",
        own["step_s"] <= 1.1 * best,
    )
    off = [abs(x["bytes"] / x["predicted_bytes"] - 1) for x in tried]
    yield Finding(f"bytes of a rank are at most {max(off):.1%} off", max(off) <= 0.1)
    late = [x["step_s"] / x["predicted_s"] - 1 for x in tried]
    yield Finding(
        f"seconds of a step are off by {min(late):+.0%} to {max(late):+.0%}",
        max(map(abs, late)) <= 0.25,
        gap=True,
    )
    distance = max(
        abs(a - b) for x in tried for a, b in zip(x["losses"], tried[0]["losses"], strict=True)
    )
    yield Finding(f"losses of all layouts are at most {distance:.1g} apart", distance <= 1e-5)
    yield _predicted(tried)


def _predicted(tried: list[Mapping[str, Any]]) -> Picture:
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.subplots()
    names = [x["layout"] for x in tried]
    axes.barh(names, [x["step_s"] for x in tried], color="0.8", label="measured")
    axes.plot([x["predicted_s"] for x in tried], names, "o", ms=4, label="predicted")
    axes.invert_yaxis()
    axes.set(xlabel="seconds of a step")
    axes.legend(frameon=False)
    return Picture(figure, "Layouts of four ranks, predicted and measured")


def bounded(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 24.8: kernels below the two bounds of a machine, and the binding one."""
    from ingenium.scale.cluster import Device

    found = commands("roofline").answer
    for own in found["kernels"]:
        share = own["gflops"] / own["roof_gflops"]
        yield Finding(f"{own['name']}: {share:.0%} of its roof", share <= 1.05)
    bound = {own["name"]: own["bound"] for own in found["kernels"]}
    yield Finding("a large product is bound by compute", bound["product of matrices"] == "compute")
    slow = all(bound[name] == "memory" for name in ("softmax", "layer norm"))
    yield Finding("softmax and norms are bound by memory", slow)
    ridge = Device("H100", 80, 1000, 3350).ridge
    yield Finding(f"an H100 of 1,000 TFLOP/s has its ridge at {ridge:.1f}", abs(ridge - 298.5) < 1)
    figure = Figure(figsize=(4.6, 3), layout="constrained")
    axes = figure.subplots()
    line = [0.05, found["ridge"], 500]
    axes.loglog(line, [min(found["gflops"], x * found["gb_s"]) for x in line], color="0.5")
    for own in found["kernels"]:
        axes.loglog(own["intensity"], own["gflops"], "o", label=own["name"])
    axes.set(xlabel="FLOP a byte", ylabel="GFLOP/s of one core")
    axes.legend(frameon=False, fontsize=7, loc="lower right")
    yield Picture(figure, "Kernels of a transformer under the roof of a core")


@dataclass(frozen=True)
class PlantedGradients:
    """Share of the gradients of a tiny loss that half precision loses, at a scale of the loss."""

    scale: float

    def __call__(self, rank: Rank, tell: Tell) -> float:
        """Share of lost gradients among those that are not 0 in full precision."""
        import torch

        from ingenium.scale.divided import DividedModel
        from ingenium.scale.layout import RankLayout
        from ingenium.scale.ranked_descent import RankedDescent
        from ingenium_book.checks.scale.paced import WIDTH, PacedFamily

        model = DividedModel(PacedFamily(2, share=TINY), RankLayout())
        descent, turn = RankedDescent(model, precision="fp16"), model.turns()[0]
        descent.scale = self.scale
        x = torch.rand(4, WIDTH, generator=torch.Generator().manual_seed(0))
        descent.gradients(turn, x, x[:, :0], torch.Generator())
        found = torch.cat([p.grad.flatten() for p in turn.parameters if p.grad is not None])
        return float((found == 0).double().mean())


def half_precision(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 24.10: losses in half precision, and gradients lost without a scale."""
    from ingenium.scale.place import HERE

    curves = {}
    for name, precision, seed in (
        ("FP32", "fp32", 0), ("FP32, another seed", "fp32", 1), ("BF16", "bf16", 0),
        ("FP16, scaled", "fp16", 0),
    ):  # fmt: skip
        (commands.folder / "fit.toml").write_text(f"{SPEC}seed = {seed}\n")
        done = commands(
            "fit", "molecules.library", "--spec", "fit.toml", "--steps", STEPS, "--precision",
            precision, "--out", name.replace(" ", "-"),
        )  # fmt: skip
        curves[name] = done.answer["curve"]
    last = {name: curve["held_out"][-1] for name, curve in curves.items()}
    noise = abs(last["FP32, another seed"] - last["FP32"])
    for name in ("BF16", "FP16, scaled"):
        off = abs(last[name] - last["FP32"])
        yield Finding(
            f"{name}: the held-out loss is {off:.2g} off FP32, whose seeds are {noise:.2g} apart",
            off <= noise,
        )
    lost, retained = (gather(HERE, PlantedGradients(scale))[0] for scale in (1.0, SCALE))
    yield Finding(
        f"planted small gradients: {lost:.0%} are lost in FP16 without a scale", lost > 0.9
    )
    yield Finding(f"with it {retained:.0%} are", retained < 0.05)
    figure = Figure(figsize=(4.4, 2.8), layout="constrained")
    axes = figure.subplots()
    for name, curve in curves.items():
        axes.plot(curve["step"], curve["held_out"], label=name)
    axes.set(xlabel="steps", ylabel="held-out loss")
    axes.legend(frameon=False)
    yield Picture(figure, "Losses in full and half precision")


def _fit(commands: Commands, on: str, layout: str) -> Any:
    (commands.folder / "fit.toml").write_text(SPEC)
    return commands(
        "fit", "molecules.library", "--spec", "fit.toml", "--on", on, "--layout", layout,
        "--steps", 5, "--out", "fit",
    )  # fmt: skip
