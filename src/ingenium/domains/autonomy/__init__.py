"""Autonomy: control laws with proofs, and machines that policies operate."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="autonomy",
    summary="control laws that hold under loads and saturation, with proofs, and what they operate",
    package=__name__,
    extra="autonomy",
    needs=("control", "mujoco"),
    problems={
        "controller": Offer(
            f"{__name__}.controller:Controller",
            "control laws that hold under loads and saturation, with a proof, as C",
        ),
        "arm": Offer(
            f"{__name__}.arm_problem:ArmLaws",
            "control laws of a 7-joint arm, judged on its simulator, and the arm to operate",
        ),
    },
)
