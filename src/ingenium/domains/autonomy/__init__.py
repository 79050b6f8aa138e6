"""Autonomy: control laws with proofs, and machines that policies operate."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="autonomy",
    summary="controllers with margins and stability proofs, and the plants they operate",
    package=__name__,
    extra="autonomy",
    needs=("control", "mujoco"),
    problems={
        "controller": Offer(
            f"{__name__}.controller:Controller",
            "controllers (PID with limits) that meet rise, margins and saturation, with a "
            "stability proof, as C",
        ),
        "arm": Offer(
            f"{__name__}.arm_problem:ArmLaws",
            "controllers of a 7-joint arm, judged on a MuJoCo simulation",
        ),
    },
)
