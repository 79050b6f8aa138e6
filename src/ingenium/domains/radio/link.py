"""Coded link over a known or estimated channel: its block error rate.

Shapes: b blocks, f subcarriers, a antennas, s symbols of a subcarrier.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Complex128, Float
from torch import Tensor

from ingenium.domains.radio.packages import link_level
from ingenium.domains.radio.pilots import circular

ITERATIONS = 20


@dataclass(frozen=True)
class CodedLink:
    """5G LDPC of rate one half on QPSK, decoded by belief propagation with the boxplus rule.

    The faster min-sum rule is not offered: it decides wrongly near the threshold.
    """

    bits: int = 256  # of a block
    coded: int = 512

    @cached_property
    def _code(self) -> tuple[Any, Any]:
        ldpc = link_level()
        encoder = ldpc.LDPC5GEncoder(self.bits, self.coded)
        decoder = ldpc.LDPC5GDecoder(
            encoder, num_iter=ITERATIONS, cn_update="boxplus", hard_out=True, return_infobits=True
        )
        return encoder, decoder

    def failed(
        self,
        channel: Complex128[Tensor, "b f a"],
        estimate: Complex128[Tensor, "b f a"],
        noise_power: float,
        rng: torch.Generator,
    ) -> Bool[Tensor, " b"]:
        """Mask of blocks that are wrong after combining by the estimate.

        The terminal sends; the array adds its antennas in phase with the estimate. The decoder
        treats the estimate as exact, as a receiver does.
        """
        encoder, decoder = self._code
        b, f, _ = channel.shape
        bits = torch.randint(2, (b, self.bits), generator=rng).to(torch.float32)
        coded = encoder(bits)
        symbols = qpsk(coded).view(b, -1, 1)
        carrier = torch.arange(symbols.shape[1]) % f
        at, guess = channel[:, carrier], estimate[:, carrier]
        noise = math.sqrt(noise_power) * circular(tuple(at.shape), rng)
        received = at * symbols + noise
        llr = -beliefs(received, guess, noise_power)  # Sionna's are the logits of ones
        wrong: Tensor = (decoder(llr.clamp(-50, 50).to(torch.float32)) != bits).any(1)
        return wrong


def qpsk(coded: Float[Tensor, "b k"]) -> Complex128[Tensor, "b s"]:
    """Map pairs of bits to symbols, 0 to the right and up (3GPP TS 38.211, 5.1.3)."""
    pairs = (1 - 2 * coded.to(torch.float64)).unflatten(1, (-1, 2)) / math.sqrt(2)
    return torch.complex(pairs[..., 0], pairs[..., 1])


def beliefs(
    received: Complex128[Tensor, "b s a"], guess: Complex128[Tensor, "b s a"], noise_power: float
) -> Float[Tensor, "b k"]:
    """Log-likelihood ratio of 0 over 1 for each bit of QPSK, given a channel estimate.

    Source: maximum ratio combining; Proakis, Digital Communications, 4th ed., 2001, 14.4.
    """
    size = guess.abs().square().sum(2).clamp(min=1e-300)
    combined = (guess.conj() * received).sum(2) / size
    strength = 2 * math.sqrt(2) * size / noise_power
    return torch.stack([combined.real * strength, combined.imag * strength], 2).flatten(1)


Estimate = Callable[[Tensor, float], Tensor]  # of received pilots under a noise power


def block_errors(
    link: CodedLink,
    channel: Complex128[Tensor, "b f a"],
    estimates: Mapping[str, Estimate],
    snr_db: tuple[float, ...],
    rng: torch.Generator,
) -> dict[str, list[int]]:
    """Count wrong blocks of each estimate at each SNR of one antenna, by mean channel power."""
    power = float(channel.abs().square().mean())
    found: dict[str, list[int]] = {name: [] for name in ("perfect", *estimates)}
    for db in snr_db:
        noise = power / 10 ** (db / 10)
        pilots = channel + math.sqrt(noise) * circular(tuple(channel.shape), rng)
        known = {"perfect": channel} | {k: of(pilots, noise) for k, of in estimates.items()}
        for name, guess in known.items():
            wrong = link.failed(channel, guess, noise, rng)
            found[name].append(int(wrong.sum()))
    return found
