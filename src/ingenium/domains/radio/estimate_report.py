"""Report sections of an estimate: the map, the channel, and the coded link.

Shapes: n samples, f subcarriers, a antennas.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from ingenium.core.designs import to_arrays
from ingenium.core.problem import Section
from ingenium.domains.radio.bounds import CramerRao, PathBound
from ingenium.domains.radio.estimators import GlobalLmmse, MixtureLmmse
from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.link import CodedLink, block_errors
from ingenium.domains.radio.pilots import Fading, Pilots, flat
from ingenium.domains.radio.rays import VARIABLES, Rays
from ingenium.domains.radio.scene import TracedScene
from ingenium.domains.radio.site_report import buildings, paths
from ingenium.drawing.style import KNOWN, MUTED, OURS, SERIES, dress, panels, plane
from ingenium.evaluate.intervals import wilson
from ingenium.infer.pictures import ellipse
from ingenium.infer.weights import moments

SNR_DB = (-12.0, -9.0, -6.0, -3.0, 0.0, 3.0)  # of one antenna
BLOCKS = 60
DRAWS = 300  # of the posterior, whose covariance the receiver uses
COMPONENTS = 16  # of the mixture of the site
MARGIN_M = 30.0
ALLOWED = (
    "The posterior's standard deviations compared with the smallest that an estimate without a "
    "prior can have (Cramér-Rao bound), at samples of the posterior: of the place, for known "
    "points of reflection; of the strongest path, as if it were the only one. A posterior may be "
    "sharper if the prior is informative, and is wider if it does not know which walls reflect."
)
POSITION = (
    "Posterior samples in blue, with ellipses that cover 50 and 90 % of the posterior, and an "
    "enlarged view; the base station as a triangle. Lines are directions from which the paths of "
    "one sample arrive, longer for stronger ones."
)


@dataclass(frozen=True, eq=False)
class EstimateReport:
    """Report pictures of one posterior."""

    scene: TracedScene
    frame: SiteFrame
    fading: Fading
    pilots: Pilots
    known: Callable[[], tuple[torch.Tensor, ...]]  # channels of the site, for its own estimates

    def sections(self, designs: xr.Dataset, weight: Float[np.ndarray, " n"]) -> tuple[Section, ...]:
        """Show the map with ellipses, profiles, the channel and the link."""
        rng = np.random.default_rng(0)
        chosen = rng.choice(len(weight), min(DRAWS, len(weight)), p=weight)
        arrays = to_arrays(designs.isel(design=chosen), VARIABLES)
        rays = Rays.of(to_arrays(designs, VARIABLES))
        errors, table = self._link(arrays)
        return (
            Section(
                "Position of the terminal",
                POSITION,
                self._map(rays, weight),
            ),
            Section(
                "Comparison with the Cramér-Rao bound",
                ALLOWED,
                None,
                self._bounds(designs, weight),
            ),
            Section(
                "Paths of the channel",
                "Delay and azimuth of the paths of all samples, darker where they are stronger.",
                self._paths(rays),
            ),
            Section(
                "Channel over subcarriers",
                "The signal received by the first antenna, and the estimated channel with a 90 % "
                "band.",
                self._channel(arrays),
            ),
            Section(
                "Block error rate of the coded link",
                f"LDPC of rate 1/2 on QPSK, boxplus decoder, {BLOCKS} blocks a point with 95 % "
                "intervals, each over a channel of the posterior with gains drawn anew: by the "
                "channel itself, by its estimate under the posterior, under one covariance of the "
                f"site's known channels, under a mixture of {COMPONENTS}, and by the pilots as "
                "they are (LS).",
                errors,
                table,
            ),
        )

    def _bounds(
        self, designs: xr.Dataset, weight: Float[np.ndarray, " n"]
    ) -> tuple[tuple[str, ...], ...]:
        """Tabulate deviations of the posterior and the bounds."""
        arrays = to_arrays(designs, VARIABLES)
        rays = Rays.of(arrays)
        gains = self.fading.gains(flat(self.pilots.received[None]), arrays)[0]
        least = CramerRao(self.fading).place(rays, gains).numpy()
        place = np.sqrt(np.nanmedian(np.diagonal(least, axis1=1, axis2=2), axis=0))
        most = gains.abs().argmax(1, keepdim=True)
        strong = float(gains.abs().square().amax(1).median())
        alone = PathBound.of(strong / self.fading.noise_power, self.fading.hz, self.fading.antennas)
        size = gains.abs().gather(1, most)[:, 0] / strong**0.5
        left = self.fading.gain_deviation(arrays).gather(1, most)[:, 0] / (2 * strong) ** 0.5
        delay, direction = (x.gather(1, most)[:, 0] for x in (rays.delay, rays.direction()))
        reported = (
            ("east (m)", rays.east, 0.0, place[0], 1.0),
            ("north (m)", rays.north, 0.0, place[1], 1.0),
            ("delay of the strongest path (ns)", delay, 0.0, alone.delay_s, 1e9),
            ("its direction (sine)", direction, 0.0, alone.direction, 1.0),
            ("size of its gain (of 1)", size, float(left.square().mean()), alone.gain, 1.0),
        )
        rows = [("standard deviation of", "posterior", "least without a prior")]
        for name, drawn, inner, bound, scale in reported:
            own = (float(moments(drawn[:, None].numpy(), weight)[1][0, 0]) + inner) ** 0.5
            rows.append((name, f"{own * scale:.3g}", f"{bound * scale:.3g}"))
        return tuple(rows)

    def _map(self, rays: Rays, weight: Float[np.ndarray, " n"]) -> Figure:
        figure, grid = panels(1, 2, (4.4, 4.2))
        place = torch.stack([rays.east, rays.north], 1).numpy()
        low, high = np.quantile(place, [0.01, 0.99], axis=0)
        bs = np.array(self.frame.bs_m[:2])
        whole = (np.minimum(low, bs) - MARGIN_M, np.maximum(high, bs) + MARGIN_M)
        half = 0.75 * float((high - low).max()) + 1.0
        middle = (low + high) / 2
        for axes, (start, end) in zip(
            grid[0], (whole, (middle - half, middle + half)), strict=True
        ):
            buildings(axes, self.scene, self.frame)
            axes.scatter(place[:, 0], place[:, 1], 4, OURS, alpha=0.3, linewidths=0)
            for region in (0.5, 0.9):
                ellipse(axes, place, weight, region)
            axes.set_xlim(max(start[0], self.frame.low_m[0] - 8), min(end[0], self.frame.high_m[0]))
            axes.set_ylim(max(start[1], self.frame.low_m[1]), min(end[1], self.frame.high_m[1]))
            dress(axes, "east (m)", "north (m)")
        nearest = int(np.square(place - weight @ place).sum(1).argmin())
        paths(grid[0, 0], rays, nearest, self.pilots.carrier_hz, "k")
        return figure

    def _paths(self, rays: Rays) -> Figure:
        figure, axes = plane(6.0, 3.0)
        there = rays.present
        power = 20 * rays.amplitude(self.pilots.carrier_hz).clamp(min=1e-12).log10()
        shown = axes.scatter(
            rays.delay[there] * 1e9,
            torch.rad2deg(rays.azimuth_bs[there]),
            5,
            power[there],
            cmap="Blues",
            alpha=0.5,
            linewidths=0,
        )
        figure.colorbar(shown, label="power (dB)")
        dress(axes, "delay (ns)", "azimuth (deg)", grid=True)
        return figure

    def _channel(self, arrays: tuple[torch.Tensor, ...]) -> Figure:
        readings = flat(self.pilots.received[None])
        each = self.fading.expected(readings, arrays)[0, :, :, 0]
        figure, grid = panels(1, 2, (4.2, 2.6), sharey=True)
        hz = self.fading.hz.numpy() / 1e6
        for axes, name, part in (
            (grid[0, 0], "real part", torch.real),
            (grid[0, 1], "imaginary part", torch.imag),
        ):
            scale = 1 / float(self.pilots.received.abs().max())
            seen = part(self.pilots.received[:, 0]).numpy() * scale
            low, middle, high = np.quantile(part(each).numpy() * scale, [0.05, 0.5, 0.95], axis=0)
            axes.scatter(hz, seen, 7, KNOWN, linewidths=0, label="pilots")
            axes.fill_between(hz, low, high, color=OURS, alpha=0.25, lw=0)
            axes.plot(hz, middle, color=OURS, lw=1.2, label="estimate")
            dress(axes, "from the carrier (MHz)", name, grid=True)
        return figure

    def _link(self, arrays: tuple[torch.Tensor, ...]) -> tuple[Figure, tuple[tuple[str, ...], ...]]:
        rng = torch.Generator().manual_seed(0)
        n = len(arrays[0])
        even = torch.full((n,), 1 / n, dtype=torch.float64)
        cov = self.fading.covariance(arrays, even)
        chosen = torch.randint(n, (BLOCKS,), generator=rng)
        channel = self.fading.faded(Rays.of([a[chosen] for a in arrays]), rng)
        power = channel.abs().square().mean((1, 2), keepdim=True).sqrt()
        scale = float(power.mean())
        channel = channel / scale
        cov = cov / scale**2

        site = self.fading.faded(Rays.of(self.known()), rng)
        site = site / site.abs().square().mean((1, 2), keepdim=True).sqrt()
        estimates = {
            "posterior": GlobalLmmse(cov).estimate,
            "site, one covariance": GlobalLmmse.of(site).estimate,
            "site, mixture": MixtureLmmse.of(site, COMPONENTS).estimate,
            "pilots (LS)": lambda pilots, noise: pilots,
        }
        found = block_errors(CodedLink(), channel, estimates, SNR_DB, rng)
        figure, axes = plane(5.2, 3.2)
        rows: list[tuple[str, ...]] = [("estimate", *(f"{db:g} dB" for db in SNR_DB))]
        for (name, counts), colour in zip(found.items(), (MUTED, *SERIES), strict=False):
            rate = np.array(counts) / BLOCKS
            ends = np.array([wilson(c, BLOCKS) for c in counts])
            spans = np.abs(ends.T - rate)
            axes.errorbar(
                SNR_DB, np.maximum(rate, 1e-4), spans, color=colour, capsize=2, label=name
            )
            rows.append((name, *(f"{r:.3g}" for r in rate)))
        axes.set_yscale("log")
        axes.set_ylim(1e-3, 1.3)
        dress(axes, "SNR of one antenna (dB)", "block error rate", grid=True)
        return figure, tuple(rows)
