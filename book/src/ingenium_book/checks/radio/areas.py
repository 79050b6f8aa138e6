"""One model of several sites: its size against its quality, and its update for another town.

Quality is the continuous ranked probability score of an engineer's statistics of a channel, at
held-out places of streets, over that of channels sampled from the same site regardless of the
place. So 1 is the score of the site's statistics alone, and 0 is exact knowledge of the channel.

Shapes: j samples, n places, k statistics.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from matplotlib.figure import Figure

from ingenium.core.energy import Meter
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.radio.area_channel import FOUR, WIDTHS, AreaChannel
from ingenium.domains.radio.rays import Rays
from ingenium.domains.radio.site_channel import STATISTICS, SiteChannel
from ingenium.domains.radio.surroundings import surroundings
from ingenium.drawing.style import KNOWN, MUTED, OURS, dress, panels
from ingenium.generators.artifact import MODEL
from ingenium.generators.fitted import of_fit
from ingenium.train.plan import Plan
from ingenium_book.findings import Commands, Finding, Picture

HEAD = 'problem = "radio.area_channel"\n'
FIFTH = "florence"
LATER = (30, 100, 300)  # channels of the fifth site that arrive after deployment
AT = 100  # of them, at which an update is judged
RANK, STEPS = 8, 300  # of an update
DRAWS, RESAMPLES, MADE = 12, 1000, 512
CLOSE = 1.05  # of the quality of models of single sites, over all of them
OF = tuple(k for k in STATISTICS if k != "paths")
Sampler = Callable[[Rays], Rays]  # a channel at each place


@dataclass(frozen=True, eq=False)
class PlaceScores:
    """Scores of places of one site, and those of its statistics alone."""

    own: Float64[np.ndarray, "k n"]
    plain: Float64[np.ndarray, "k n"]

    def quality(self, rows: np.ndarray | slice = slice(None)) -> float:
        """Quality over some of the places."""
        return float((self.own[:, rows].mean(1) / self.plain[:, rows].mean(1)).mean())


def areas(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 28.17: one model on four sites, its sizes, and an update on a fifth."""
    problem = _open("")
    sizes = {}
    for family in WIDTHS:
        record = _fit(commands, family, f'[generator]\nfamily = "{family}"\n')
        sizes[family] = _judged(commands, problem, family, record)
    yield from _sized(sizes)
    yield from _against_single(commands, problem)
    course = _later(commands)
    yield from _updated(course)
    yield from _proposed(commands)
    yield Picture(_figure(sizes, course), "Size against quality, and what a fifth site adds")


def _open(more: str) -> AreaChannel:
    import tomllib

    problem = open_problem(Spec(**tomllib.loads(HEAD + more)))
    assert isinstance(problem, AreaChannel)
    return problem


def _fit(commands: Commands, name: str, more: str, *words: object) -> Mapping[str, Any]:
    """Record of a fit under a name."""
    (commands.folder / f"{name}.toml").write_text(HEAD + more)
    spec = ("radio.area_channel", "--spec", f"{name}.toml")
    return commands("fit", *spec, *words, "--out", name).answer


def _masts(*chosen: int) -> str:
    own = [FOUR[i] for i in chosen]
    return "".join(f'[[setup.masts]]\nscene = "{m.scene}"\nbs_m = {list(m.bs_m)}\n' for m in own)


def _fifth(known: int) -> str:
    return f'[setup]\nknown = {known}\n[[setup.masts]]\nscene = "{FIFTH}"\n'


def _by(commands: Commands, problem: AreaChannel, name: str, i: int) -> Sampler:
    """Sample channels of a saved model at places of a site."""
    family, site = of_fit(commands.folder / name, problem).family, problem.sites[i]

    def sample(at: Rays) -> Rays:
        reported = surroundings(site.scene, site.frame, at.east, at.north)
        x = family.propose(reported, torch.Generator().manual_seed(0))
        return site.frame.rays_of(problem.codec.decode(x.double()), at.east, at.north)

    return sample


def _images(site: SiteChannel) -> Sampler:
    """Move a known channel nearby to the place: without a network."""
    known, frame = site.part("known"), site.frame
    family = site.baselines()["image_neighbours"]()
    family.fit(frame.numbers(known).float(), frame.features(known.east, known.north), Plan())

    def sample(at: Rays) -> Rays:
        cond = frame.features(at.east, at.north)
        x = family.propose(cond, torch.Generator().manual_seed(0))
        return frame.rays(x.double(), torch.stack([at.east, at.north], 1))

    return sample


def _plain(site: SiteChannel) -> Sampler:
    """Sample any known channel of the site."""
    known, rng = site.part("known"), torch.Generator().manual_seed(1)

    def sample(at: Rays) -> Rays:
        rows = torch.randint(len(known.east), (len(at.east),), generator=rng)
        return Rays(*(a[rows] for a in known.arrays))

    return sample


def _scores(site: SiteChannel, sample: Sampler) -> PlaceScores:
    """Scores at held-out places of streets."""
    truth = site.part("streets")
    with one_thread():
        return PlaceScores(*(_crps(site, f, truth) for f in (sample, _plain(site))))


def _crps(site: SiteChannel, sample: Sampler, truth: Rays) -> Float64[np.ndarray, "k n"]:
    """Fair score of an ensemble (Ferro, Q. J. R. Meteorol. Soc. 140, 2014)."""
    many = Rays(*(a.repeat(DRAWS, *[1] * (a.ndim - 1)) for a in truth.arrays))
    made, hz, found = sample(many), site.settings.carrier_hz, []
    for name in OF:
        x, y = STATISTICS[name](made, hz).view(DRAWS, -1), STATISTICS[name](truth, hz)
        distance = (x[:, None] - x[None]).abs().sum((0, 1)) / (2 * DRAWS * (DRAWS - 1))
        found.append(((x - y).abs().mean(0) - distance).numpy())
    return np.stack(found)


def _over_sites(scores: list[PlaceScores]) -> float:
    return float(np.mean([s.quality() for s in scores]))


def _judged(
    commands: Commands, problem: AreaChannel, name: str, record: Mapping[str, Any]
) -> dict[str, float]:
    """Bytes, energy and time of a channel, and quality, of a model read back from its file."""
    scores = [_scores(s, _by(commands, problem, name, i)) for i, s in enumerate(problem.sites)]
    sample, places = _by(commands, problem, name, 0), problem.sites[0].part("known")
    some = Rays(*(a[torch.arange(MADE) % len(places.east)] for a in places.arrays))
    sample(some)  # once, so that nothing is opened while it is timed
    with one_thread(), Meter() as meter:
        began = time.process_time()
        sample(some)
        spent = time.process_time() - began
    return {
        "parameters": float(record["parameters"]),
        "bytes": float((commands.folder / name / MODEL / "model.safetensors").stat().st_size),
        "ms": 1e3 * spent / MADE,
        "mj": 1e3 * meter.read().kwh * 3.6e6 / MADE,
        "quality": _over_sites(scores),
    }


def _sized(sizes: Mapping[str, Mapping[str, float]]) -> Iterator[Finding]:
    reported = "; ".join(
        f"{own['bytes'] / 1e3:.0f} kB, {own['ms']:.2f} ms and {own['mj']:.1f} mJ a channel, "
        f"quality {own['quality']:.3f}"
        for own in sizes.values()
    )
    quality = [own["quality"] for own in sizes.values()]
    yield Finding(f"one model of four sites in three sizes: {reported}", max(quality) < 1)
    yield Finding(
        f"the largest is better than the smallest ({quality[-1]:.3f} against {quality[0]:.3f})",
        quality[-1] < quality[0],
        gap=True,
    )


def _against_single(commands: Commands, problem: AreaChannel) -> Iterator[Finding]:
    """Compare the model of all sites with a model of each."""
    both, images = [], []
    for i, site in enumerate(problem.sites):
        name = f"only_{i}"
        _fit(commands, name, _masts(i))
        alone = _open(_masts(i))
        one = _scores(site, _by(commands, alone, name, 0))
        both.append((_scores(site, _by(commands, problem, "surroundings", i)), one))
        images.append(_scores(site, _images(site)))
    ratio, low, high = _ratio(both)
    yield Finding(
        f"one model of four sites has {ratio:.3f} ({low:.3f} to {high:.3f}) times the score of one "
        "a site, on their streets that nothing learned from (at most 1.05)",
        ratio <= CLOSE,
    )
    own, theirs = _over_sites([a for a, _ in both]), _over_sites(images)
    yield Finding(
        f"there it is better than known channels that are brought by their images ({own:.3f} "
        f"against {theirs:.3f})",
        own < theirs,
        gap=True,
    )


def _ratio(both: list[tuple[PlaceScores, PlaceScores]]) -> tuple[float, float, float]:
    """Quality of the first relative to the second, with an interval over places."""
    rng, found = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        counts = [a.own.shape[1] for a, _ in both]
        rows = [np.asarray(rng.integers(n, size=n)) for n in counts]
        drawn = [[s.quality(r) for s in pair] for pair, r in zip(both, rows, strict=True)]
        found.append(np.mean(drawn, axis=0))
    whole = np.mean([[a.quality(), b.quality()] for a, b in both], axis=0)
    ends = np.quantile(np.array(found)[:, 0] / np.array(found)[:, 1], [0.025, 0.975])
    return float(whole[0] / whole[1]), float(ends[0]), float(ends[1])


def _later(commands: Commands) -> dict[str, list[PlaceScores]]:
    """Scores of the fifth site: as deployed, updated, from a cold start, and by images."""
    found: dict[str, list[PlaceScores]] = {k: [] for k in ("deployed", "updated", "new", "images")}
    for known in LATER:
        more = _fifth(known)
        problem = _open(more)
        site = problem.sites[0]
        _fit(commands, f"new_{known}", more)
        update = ("--base", "surroundings", "--rank", RANK, "--steps", STEPS)
        _fit(commands, f"updated_{known}", more, *update)
        for kind, name in (
            ("deployed", "surroundings"),
            ("updated", f"updated_{known}"),
            ("new", f"new_{known}"),
        ):
            found[kind].append(_scores(site, _by(commands, problem, name, 0)))
        found["images"].append(_scores(site, _images(site)))
    return found


def _updated(course: Mapping[str, list[PlaceScores]]) -> Iterator[Finding]:
    i = LATER.index(AT)
    for other, reported, gap in (
        ("deployed", "as it was deployed", False),
        ("new", "a model of that site alone", True),
        ("images", "known channels that are brought by their images", True),
    ):
        ratio, low, high = _ratio([(course["updated"][i], course[other][i])])
        yield Finding(
            f"in another town, updated with {AT} channels, it has {ratio:.3f} ({low:.3f} to "
            f"{high:.3f}) times the score of {reported}",
            high < 1,
            gap=gap,
        )
    last = [s[-1].quality() for s in (course["updated"], course["deployed"])]
    yield Finding(
        f"with {LATER[-1]} channels its quality there is {last[0]:.3f}, from {last[1]:.3f}",
        last[0] < last[1],
    )


def _proposed(commands: Commands) -> Iterator[Finding]:
    """Check proposals of the updated model, each traced again."""
    spec = ("radio.area_channel", "--spec", f"updated_{AT}.toml", "--model", f"updated_{AT}")
    done = commands("propose", *spec, "-n", 100, "--seed", 7, "--out", "made")
    summary: Any = done.answer.get("summary", {})
    held = summary.get("accepted", 0)
    yield Finding(
        f"{held} of 100 channels that it proposes there hold all limits at their places",
        done.code in (0, 1) and math.isfinite(held),
    )


def _figure(
    sizes: Mapping[str, Mapping[str, float]], course: Mapping[str, list[PlaceScores]]
) -> Figure:
    figure, grid = panels(1, 2, (3.8, 2.9), sharey=True)
    own = list(sizes.values())
    grid[0, 0].plot(
        [s["bytes"] / 1e3 for s in own], [s["quality"] for s in own], color=OURS, marker="o", ms=4
    )
    grid[0, 0].set_xscale("log")
    dress(grid[0, 0], "size (kB)", "score over that of the site", title="four sites", grid=True)
    names = {
        "deployed": ("as deployed", MUTED, "--"),
        "new": ("from nothing", KNOWN, "-"),
        "images": ("by images", KNOWN, ":"),
        "updated": ("updated", OURS, "-"),
    }
    for kind, (label, colour, line) in names.items():
        values = [s.quality() for s in course[kind]]
        grid[0, 1].plot(LATER, values, color=colour, ls=line, marker="o", ms=3, label=label)
    grid[0, 1].set_xscale("log")
    grid[0, 1].set_xticks(LATER, [str(x) for x in LATER])
    grid[0, 1].minorticks_off()
    dress(grid[0, 1], "channels of the fifth site", "", title="another town", grid=True)
    return figure
