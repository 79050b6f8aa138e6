"""Neuromorphic generation: digits by spiking networks, under the limits of chips."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="neuro",
    summary="networks that spike: images they draw, what a chip's limits leave, and what it takes",
    package=__name__,
    problems={
        "digits": Offer(
            f"{__name__}.digits.problem:Digits",
            "handwritten digits as images, or as drives of a spiking network on a chip",
        ),
        "vowels": Offer(
            f"{__name__}.vowels.problem:Vowels",
            "two vowels as one of nine speakers says them, as series of cepstra",
        ),
    },
    extra="neuro",
    needs=("nir",),
)
