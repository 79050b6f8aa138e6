"""Restored speech, shown by its commands: against a filter, on the device, and in few bits."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ingenium.domains.edge.speech import trained
from ingenium.domains.edge.speech.coder import RATES
from ingenium.domains.edge.speech.sounds import NOISES, RATE_HZ
from ingenium.drawing.style import KNOWN, MUTED, OURS, SMALL, dress, panels
from ingenium_book.findings import Commands, Finding, Picture

COUNT, FEW = 192, 24
SPEC = """
problem = "edge.speech"
generator = {{ family = "{family}" }}
[setup]
bit_s = {rate}
[conditions]
snr_db = {{ at_least = -5, at_most = 10 }}
[select]
export = "verified"
"""
Values = Mapping[str, np.ndarray]


def speech(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.14: the gain over a filter, and the quality at few bits."""
    own = _measured(commands, "run", COUNT)
    over = own["over_wiener_db"]
    middle, reach = over.mean(), 1.96 * over.std(ddof=1) / np.sqrt(len(over))
    yield Finding(
        f"{len(over)} recordings of voices and noises that nobody was taught, heard at "
        f"{own['heard_db'].mean():.1f} dB: the network on the device gains "
        f"{own['gain_db'].mean():.2f} dB, a tuned Wiener filter "
        f"{(own['gain_db'] - over).mean():.2f} dB; {middle:+.2f} dB apart "
        f"({middle - reach:.2f} to {middle + reach:.2f})",
        bool(middle - reach > 0),
    )
    kinds = np.unique(own["noise"]).tolist()
    each = {tuple(NOISES)[k - 1]: float(over[own["noise"] == k].mean()) for k in kinds}
    reported = ", ".join(f"{name} {gain:+.2f} dB" for name, gain in each.items())
    yield Finding(f"over the filter under each noise: {reported}", min(each.values()) > 0, gap=True)
    yield Finding(
        f"courses of bands are {own['course'].mean():.3f} alike; {own['accepted'].mean():.1%} are "
        "accepted, which gain 3 dB and are as loud as what was said",
        bool(np.isfinite(own["gain_db"]).all()),
    )
    bare = _measured(commands, "bare", FEW, family="unchanged")
    yield Finding(
        f"of what was heard as it was {bare['accepted'].mean():.0%} are accepted",
        not bare["accepted"].any(),
    )
    yield from _device()
    rates = {rate: _measured(commands, f"at_{rate}", FEW, rate=rate) for rate in RATES}
    yield from _few_bits(rates)
    yield Picture(_figure(own, rates), "Gains on recordings that nobody was taught, and few bits")


def _few_bits(rates: Mapping[int, Values]) -> Iterator[Finding]:
    """Check speech over links, from the widest to the narrowest."""
    for rate, found in rates.items():
        level = found["level_db"]
        yield Finding(
            f"at {rate} bits a second all {len(level)} are finite, as loud as what was said within "
            f"{np.abs(level).max():.1f} dB, {found['in_band'].min():.1%} of them in the band, the "
            f"largest sample {found['peak'].max():.2f}; courses of bands "
            f"{found['course'].mean():.2f} alike",
            bool(
                np.isfinite(level).all()
                and (np.abs(level) <= 6).all()
                and (found["in_band"] >= 0.98).all()
                and (found["peak"] < 0.99).all()
            ),
        )


def _device() -> Iterator[Finding]:
    """Check the counted cost of the network."""
    record = trained.record() or {}
    found, calls = record["measured"], record["graphs"]["gain"]["calls"]
    share = found["latency"]["value"] / calls / (256 / RATE_HZ)
    yield Finding(
        f"{record['recipe_title']} on a {record['device']['name']}: "
        f"{found['flash']['value'] / 1e3:.0f} kB of flash, "
        f"{found['instructions']['value'] / calls / 1e3:.0f} thousand instructions a frame of "
        f"16 ms, {share:.1%} of the processor; spectra and filter are the host's",
        bool(share < 0.05 and record["board"]["equal"]),
    )


def _measured(
    commands: Commands, name: str, count: int, *, rate: int = 0, family: str = trained.ON_DEVICE
) -> Values:
    """Measured values of recordings, and the noise of each."""
    (commands.folder / f"{name}.toml").write_text(SPEC.format(rate=rate, family=family))
    requested = ("--spec", f"{name}.toml", "-n", count, "--seed", 1)
    commands("propose", "edge.speech", *requested, "--out", name)
    lines = (commands.folder / name / "evidence.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if "measured" in row]
    found = {
        key: np.array([row["measured"][key]["value"] for row in rows], dtype=float)
        for key in rows[0]["measured"]
    }
    reported: dict[str, Any] = {
        "noise": np.array([round(row["conditions"]["noise"]) for row in rows]),
        "accepted": np.array([row["verdict"] == "accepted" for row in rows]),
    }
    return found | reported


def _figure(own: Values, rates: Mapping[int, Values]) -> Figure:
    figure, grid = panels(1, 2, (3.8, 3.0))
    left, right = grid[0]
    filtered = own["gain_db"] - own["over_wiener_db"]
    left.plot([-2, 14], [-2, 14], color=KNOWN, lw=0.8, ls="--")
    names = tuple(NOISES)
    for k in np.unique(own["noise"]).tolist():
        rows = own["noise"] == k
        left.plot(filtered[rows], own["gain_db"][rows], "o", ms=3, alpha=0.7, label=names[k - 1])
    dress(left, "gain of a tuned Wiener filter, dB", "gain of the network, dB")
    left.legend(fontsize=SMALL - 1, frameon=False, loc="upper left")
    bits = list(rates)
    ends = [np.quantile(rates[b]["course"], (0.1, 0.9)) for b in bits]
    right.fill_between(bits, *np.transpose(ends), color=OURS, alpha=0.2, lw=0)
    middle = [rates[b]["course"].mean() for b in bits]
    right.plot(bits, middle, "o-", color=OURS, ms=4, label="courses of bands alike")
    level = [10 ** (rates[b]["level_db"].mean() / 20) for b in bits]
    right.plot(bits, level, "s-", color=MUTED, ms=3, label="loudness over what was said")
    right.set_xscale("log")
    right.set_ylim(0)
    dress(right, "bits a second", "share")
    right.legend(fontsize=SMALL - 1, frameon=False, loc="lower right")
    return figure
