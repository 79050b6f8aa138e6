"""The edge: what a generator makes on a device of a few hundred kilobytes."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="edge",
    summary="generators on small devices: sketches by a pen on a microcontroller",
    package=__name__,
    extra="edge",
    needs=("onnxruntime",),
    problems={
        "doodle": Offer(
            f"{__name__}.doodle.problem:Doodle",
            "sketches of a word or from first strokes, by a generator that fits a microcontroller",
        )
    },
)
