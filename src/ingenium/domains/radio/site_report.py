"""Report sections of a site's channels: the map with paths, and their profiles."""

import math
from functools import partial
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.rays import Rays
from ingenium.domains.radio.scene import TracedScene
from ingenium.drawing import Axis, Marks, Plane
from ingenium.drawing.style import KNOWN, OURS, SMALL, dress, panels, plane

CELLS = 160  # of the map along its longer side
LEG_M = 40.0  # drawn of the strongest path
DRAWN = 5  # channels whose paths are drawn
BINS = 24


def sections(
    scene: TracedScene, frame: SiteFrame, known: Rays, own: Rays, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Show the map, profiles, and statistics in a table."""
    verdict = verdicts["verdict"].to_numpy()
    place = torch.stack([own.east, own.north], 1).numpy()
    traced = scene.trace(place)
    return (
        Section(
            "Places and paths",
            "Buildings in grey, the base station as a triangle, known channels in brown. The lines "
            "are directions from which paths of some channels arrive, longer for stronger ones.",
            _map(scene, frame, known, own, verdict),
        ),
        Section(
            "Delay and angle",
            "Power over delay and over azimuth at the base station, mean over all channels: "
            "proposed, and by the ray tracer at the same places.",
            _profiles(frame.carrier_hz, own, traced),
        ),
        Section(
            "Statistics of channels",
            "Median and 90 % of channels, proposed and traced at the same places.",
            None,
            _table(frame.carrier_hz, own, traced),
        ),
    )


def buildings(axes: Axes, scene: TracedScene, frame: SiteFrame) -> None:
    """Draw the buildings, in grey."""
    x, y = (
        np.linspace(low, high, CELLS) for low, high in zip(frame.low_m, frame.high_m, strict=True)
    )
    at = np.stack(np.meshgrid(x, y, indexing="ij"), -1).reshape(-1, 2)
    open_sky = scene.outdoors(at).reshape(CELLS, CELLS)
    extent = (frame.low_m[0], frame.high_m[0], frame.low_m[1], frame.high_m[1])
    shade = np.where(open_sky.T, np.nan, 1.0)
    axes.imshow(shade, origin="lower", extent=extent, cmap="Greys", vmin=0, vmax=3, zorder=0)
    axes.plot([frame.bs_m[0]], [frame.bs_m[1]], marker="^", color="k", ms=7)
    axes.set_aspect("equal")


def paths(axes: Axes, rays: Rays, i: int, carrier_hz: float, colour: str) -> None:
    """Draw the directions of arrival of one channel's paths, by their power."""
    power = rays.amplitude(carrier_hz)[i].square()
    share = (power / power.max()).clamp(min=1e-6)
    for j in torch.nonzero(rays.present[i])[:, 0].tolist():  # a line a path
        reach = LEG_M * max(6 + math.log10(float(share[j])), 1) / 6
        angle = float(rays.azimuth_ue[i, j])
        x, y = float(rays.east[i]), float(rays.north[i])
        wide = 0.3 + 0.35 * max(6 + math.log10(float(share[j])), 0) / 2
        ends = ([x, x + reach * math.cos(angle)], [y, y + reach * math.sin(angle)])
        axes.plot(*ends, color=colour, lw=wide, alpha=0.7)


def _map(scene: TracedScene, frame: SiteFrame, known: Rays, own: Rays, verdict: Any) -> Figure:
    figure, axes = plane(6.2, 6.4)
    buildings(axes, scene, frame)
    chosen = np.flatnonzero(verdict == Verdict.ACCEPTED)
    count = own.present.sum(1).numpy()
    chosen = chosen[np.argsort(-count[chosen], kind="stable")][:: max(len(chosen) // 40, 1)]
    for i in chosen[:DRAWN].tolist():  # a few channels
        paths(axes, own, i, frame.carrier_hz, "k")
    (left, low), (right, high) = frame.low_m, frame.high_m
    east = Axis(own.east.numpy(), "east", "m", ends=(left - 8, right))
    north = Axis(own.north.numpy(), "north", "m", ends=(low, high))
    known_places = Marks("known", known.east.numpy(), known.north.numpy(), KNOWN, "o", 7.0)
    Plane(east, north, verdict, marks=(known_places,)).draw(axes)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=SMALL)
    return figure


def _profiles(carrier_hz: float, own: Rays, traced: Rays) -> Figure:
    top = float(torch.quantile(traced.delay[traced.present], 0.98)) * 1e9
    figure, grid = panels(1, 2, (4.4, 2.8))
    read = partial(profile, carrier_hz)
    for axes, name, scale, span in (
        (grid[0, 0], "delay", 1e9, (0.0, top)),
        (grid[0, 1], "azimuth_bs", 180 / math.pi, (-90.0, 90.0)),
    ):
        for rays, colour, label in ((traced, KNOWN, "traced"), (own, OURS, "proposed")):
            at, power = read(rays, name, scale, span)
            axes.step(at, power, where="mid", color=colour, lw=1.3, label=label)
    dress(grid[0, 0], "delay (ns)", "power (dB)", grid=True)
    dress(grid[0, 1], "azimuth at the base station (deg)", "power (dB)", grid=True)
    return figure


def profile(
    carrier_hz: float, rays: Rays, name: str, scale: float, span: tuple[float, float]
) -> tuple[Float64[np.ndarray, " b"], Float64[np.ndarray, " b"]]:
    """Mean power of a channel in each bin of a quantity of its paths, in dB."""
    power = rays.amplitude(carrier_hz).square().numpy()
    value = getattr(rays, name).numpy() * scale
    total, edges = np.histogram(value.ravel(), BINS, span, weights=power.ravel())
    heard = np.where(total > 0, total / len(power), np.nan)
    return (edges[1:] + edges[:-1]) / 2, 10 * np.log10(heard)


def _table(carrier_hz: float, own: Rays, traced: Rays) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("statistic", "proposed", "traced", "unit")]
    alive = traced.present.any(1)
    read: tuple[tuple[str, str, Any, float], ...] = (
        ("path loss", "dB", Rays.path_loss_db, 1.0),
        ("delay spread", "ns", Rays.delay_spread, 1e9),
        ("angle spread", "deg", Rays.angle_spread, 180 / math.pi),
    )
    for name, unit, of, scale in read:
        cells = []
        for rays in (own, traced):
            value = (of(rays, carrier_hz)[alive] * scale).numpy()
            low, middle, high = np.quantile(value, [0.05, 0.5, 0.95])
            cells.append(f"{middle:.3g} ({low:.3g} to {high:.3g})")
        rows.append((name, *cells, unit))
    counts = [
        f"{float(r.present[alive].sum(1).to(torch.float64).mean()):.2f}" for r in (own, traced)
    ]
    rows.append(("paths", *counts, "mean"))
    return tuple(rows)
