"""Edge: generators for devices with a few hundred kilobytes of memory."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="edge",
    summary="generators on small devices: sketches by a pen, and speech freed from noise",
    package=__name__,
    extra="edge",
    needs=("onnxruntime",),
    problems={
        "doodle": Offer(
            f"{__name__}.doodle.problem:Doodle",
            "sketches of a word, or completed from first strokes, by a network that runs on a "
            "microcontroller",
        ),
        "speech": Offer(
            f"{__name__}.speech.problem:Speech",
            "speech denoising by a network that runs on a microcontroller",
        ),
    },
)
