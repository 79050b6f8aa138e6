"""Neuromorphic generation: digits by spiking networks, under the limits of chips."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="neuro",
    summary="networks that spike: images they draw, what a chip's limits leave, and what it takes",
    package=__name__,
    problems={
        "digits": Offer(
            f"{__name__}.digits.problem:Digits",
            "handwritten digits as images, or as inputs of a spiking network within the limits "
            "of a chip",
        ),
        "vowels": Offer(
            f"{__name__}.vowels.problem:Vowels",
            "two spoken vowels in the voice of one of nine speakers, as cepstral time series",
        ),
    },
    extra="neuro",
    needs=("nir",),
)
