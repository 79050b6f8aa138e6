"""Report sections for a neuromorphic engineer."""

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.neuro.digits import pictures
from ingenium.domains.neuro.digits.reader import accuracy
from ingenium.domains.neuro.digits.verifier import DrawnVerifier
from ingenium.kits.spikes.chips import CHIPS, FLOATS_45NM, GPU, DesignWork
from ingenium.kits.spikes.layered import later

SHOWN = 100
HEAD = ("on", "cores", "weights at these bits", "energy an image", "what it counts")
MODEL = (
    "Every energy here is a model: operations that were counted, times energies that were "
    "published; nothing was measured on a chip."
)


def image_sections(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Show accepted images, by digit."""
    rows = _accepted(verdicts)
    if not len(rows):
        return (Section("Images", "No image was accepted."),)
    first = rows[:SHOWN]
    images, label = designs["image"].to_numpy()[first], designs["label"].to_numpy()[first]
    return (_sheet(images, label, len(rows)),)


def drawn_sections(
    judge: DrawnVerifier, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Show images, spikes and voltages of accepted drives, and the network's cost by chip."""
    rows = _accepted(verdicts)
    if not len(rows):
        return (Section("Images", "No input current was accepted."),)
    rate = torch.from_numpy(designs["rate"].to_numpy()[rows[:SHOWN]])
    label = torch.from_numpy(designs["label"].to_numpy()[rows[:SHOWN]])
    with torch.no_grad():
        run = judge.run(rate, label)
        image = judge.drawer.images(run.read).numpy()
    one = tuple(s[:, :1] for s in run.spikes)
    rhythm = judge.drawer.network.rhythm
    voltages = _voltages(judge, one)
    busy = np.argsort(-one[1][:, 0].sum(0).numpy(), kind="stable")[: pictures.FOLLOWED]
    number = int(designs[DESIGN].to_numpy()[rows[0]])
    return (
        _sheet(image, label.numpy(), len(rows)),
        Section(
            "Spikes",
            f"Of design {number}: a mark is a spike. A constant drive makes the first layer spike, "
            "and each spike reaches the next layer a step later.",
            pictures.raster_figure(one, rhythm, image[0]),
        ),
        Section(
            "Voltages",
            "The most active neurons of the second layer; a triangle is a spike, after which the "
            "voltage restarts from 0.",
            pictures.trace_figure(voltages[:, busy], one[1][:, 0].numpy()[:, busy], rhythm),
        ),
        _takes(judge, verdicts, rows),
    )


def _accepted(verdicts: xr.Dataset) -> np.ndarray:
    return np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)


def _sheet(images: np.ndarray, label: np.ndarray, accepted: int) -> Section:
    order = np.argsort(label, kind="stable")
    return Section(
        "Images",
        f"Accepted ones, in the order of their digits ({len(order)} of {accepted}). The reader "
        f"that judges them reads {accuracy():.1%} of the held-out digits.",
        pictures.sheet_figure(images[order]),
    )


def _voltages(judge: DrawnVerifier, spikes: tuple[torch.Tensor, ...]) -> np.ndarray:
    """Voltages of the second layer of one design (t, h), before the reset of each step."""
    network, rhythm = judge.drawer.network, judge.drawer.network.rhythm
    lift = later(spikes[0])[:, 0] @ network.weights[1].T + network.biases[1]
    v, found = torch.zeros_like(lift[0]), []
    for arriving, fired in zip(lift, spikes[1][:, 0], strict=True):
        v = rhythm.retained * v + arriving
        found.append(v.numpy().copy())
        v = v * (1 - fired)
    return np.stack(found)


def _takes(judge: DrawnVerifier, verdicts: xr.Dataset, rows: np.ndarray) -> Section:
    """Tabulate the cost on chips and processors."""
    network = judge.drawer.network
    weights, neurons = sum(w.numel() for w in network.weights), sum(network.sizes[1:])
    operations = float(verdicts["synaptic_operations"].to_numpy()[rows].mean())
    sent = float(verdicts["spikes"].to_numpy()[rows].mean())
    multiplies = float(network.weights[0].numel())
    work = DesignWork(multiplies, operations, float(network.rhythm.steps * neurons), sent)
    lines = []
    for chip in CHIPS:
        cores, energy = chip.neuron_cores(neurons, weights, judge.bits), chip.energy_j(work)
        held = "fit" if chip.fits(weights, judge.bits) else f"do not fit (most: {chip.weight_bits})"
        condition = "not published" if energy is None else f"{1e9 * energy:.0f} nJ"
        parts = "operations, neurons, spikes" if chip.update_pj else "operations"
        lines.append(
            (chip.name, "not published" if cores is None else str(cores), held, condition, parts)
        )
    dense = DesignWork(multiplies=float(weights))
    lines.append(
        (FLOATS_45NM.name, "", "", f"{1e9 * FLOATS_45NM.energy_j(work):.0f} nJ", "arithmetic")
    )
    lines.append(
        (
            f"{GPU.name}, an ordinary network of this size",
            "",
            "",
            f"{1e9 * GPU.energy_j(dense):.0f} nJ",
            "arithmetic at full load",
        )
    )
    return Section(
        "Cost of an image",
        f"{operations:.0f} synaptic operations and {sent:.0f} spikes on average. {MODEL}",
        table=(HEAD, *lines),
    )
