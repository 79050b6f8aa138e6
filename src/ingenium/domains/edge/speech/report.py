"""Report sections of restored speech: spectra before and after, and gains by input noise."""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.problem import Section
from ingenium.domains.edge.speech import trained
from ingenium.domains.edge.speech.sounds import HOP, NOISES, RATE_HZ, noisy, utterances
from ingenium.domains.edge.speech.spectra import spectra
from ingenium.domains.edge.speech.wiener import TUNED, filtered
from ingenium.drawing.style import MUTED, OURS, SMALL, dress, panels

FRAME_S = HOP / RATE_HZ


def sections(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Show the recording of largest gain among the noisiest, all gains, and the device."""
    if not designs.sizes["design"]:
        return ()
    gain, heard = verdicts["gain_db"].to_numpy(), verdicts["heard_db"].to_numpy()
    over = verdicts["over_wiener_db"].to_numpy()
    shown = int(np.nanargmin(np.where(gain > np.nanmedian(gain), heard, np.inf)))
    row = designs.isel({"design": shown})
    what = tuple(NOISES)[int(row["disturbed"]) - 1]
    reported = (
        f"Of all recordings {np.nanmean(gain):.1f} dB are gained on average, a tuned Wiener filter "
        f"gains {np.nanmean(gain - over):.1f} dB."
    )
    spoken = f"{utterances()[int(row['said']) - 1].name}, under {what}"
    first = Section("Spectra", f"{spoken}; brighter is louder, 60 dB.", figure=spectrograms(row))
    second = Section("Gains", reported, figure=gains(heard, gain, over))
    return (first, second, *_device())


def spectrograms(row: xr.Dataset) -> Figure:
    """Plot the clean, noisy, filtered and restored speech on one scale."""
    said = utterances()[int(row["said"]) - 1].samples
    kind = tuple(NOISES)[int(row["disturbed"]) - 1]
    heard = noisy(int(row["said"]) - 1, kind, float(row["mixed_db"]))
    wiener = filtered(torch.from_numpy(heard)[None], TUNED)[0].numpy()
    named = {
        "said": said,
        "heard": heard,
        "Wiener filter": wiener,
        "this network": row["speech"].to_numpy(),
    }
    figure, grid = panels(1, len(named), (2.3, 2.4))
    power = {k: _decibels(v) for k, v in named.items()}
    top = max(p.max() for p in power.values())
    for axes, (name, p) in zip(grid[0], power.items(), strict=True):
        box = (0, p.shape[0] * FRAME_S, 0, RATE_HZ / 2000)
        axes.imshow(
            p.T, origin="lower", aspect="auto", extent=box, vmin=top - 60, vmax=top, cmap="magma"
        )
        axes.set_title(name, fontsize=SMALL)
        axes.set_xlabel("time, s", fontsize=SMALL)
        axes.tick_params(labelsize=SMALL - 1)
    grid[0][0].set_ylabel("frequency, kHz", fontsize=SMALL)
    return figure


def _decibels(x: np.ndarray) -> np.ndarray:
    power = spectra(torch.from_numpy(x)[None])[0].abs().square().numpy()
    found: np.ndarray = 10 * np.log10(power + 1e-9)
    return found


def gains(heard: np.ndarray, gain: np.ndarray, over: np.ndarray) -> Figure:
    """Plot the gain of each recording by its input noise; with the filter's on the same."""
    figure, grid = panels(1, 1, (5.2, 3.0))
    axes = grid[0][0]
    axes.vlines(heard, gain - over, gain, color=MUTED, lw=0.4, zorder=0)
    axes.scatter(heard, gain - over, s=12, color=MUTED, label="Wiener filter")
    axes.scatter(heard, gain, s=12, color=OURS, label="this network")
    axes.legend(fontsize=SMALL, frameon=False)
    dress(axes, "signal to distortion of the noisy recording, dB", "gain, dB")
    return figure


def _device() -> Sequence[Section]:
    own = trained.record()
    if own is None:
        return ()
    found, calls = own["measured"], own["graphs"]["gain"]["calls"]
    frame = found["latency"]["value"] / calls
    rows = (
        ("", "of the network on the device"),
        ("flash", f"{found['flash']['value'] / 1e3:.0f} kB"),
        ("memory", f"{found['ram']['value'] / 1e3:.1f} kB"),
        ("instructions a frame", f"{found['instructions']['value'] / calls:.0f}"),
        ("time of a frame of 16 ms", f"{1e3 * frame:.2f} ms"),
    )
    reported = (
        f"{own['device']['name']}: weights of {own['recipe_title']}, counted on QEMU's board."
    )
    return (Section("On the device", reported, table=rows),)
