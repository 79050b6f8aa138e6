"""MJCF model of a 7-joint arm: kinematics and limits of a research arm, links as cylinders.

Source: Franka Emika, Robot and interface specifications, Denavit-Hartenberg parameters (after
    Craig) and limits of the Panda. Masses are round numbers of its size; no link is measured.
"""

from dataclasses import dataclass

import numpy as np

HALF = np.pi / 2
# Of each joint: a (m), d (m), alpha (rad) and length (m) of the link that it moves.
LINKS = (
    (0.0, 0.333, 0.0, 0.20),
    (0.0, 0.0, -HALF, 0.20),
    (0.0, 0.316, HALF, 0.20),
    (0.0825, 0.0, HALF, 0.20),
    (-0.0825, 0.384, -HALF, 0.20),
    (0.0, 0.0, HALF, 0.10),
    (0.088, 0.0, HALF, 0.10),
)
MASSES_KG = (4.0, 3.0, 3.0, 3.0, 3.0, 1.5, 0.7)  # of the links
LOW = np.array([-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973])
HIGH = np.array([2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973])
RATE = np.array([2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61])  # rad/s
TORQUE_NM = np.array([87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0])
HOME = np.array([0.0, -0.4, 0.0, -2.0, 0.0, 1.6, 0.8])
FLANGE_M = 0.107
ROTOR = 0.6  # kg m2 of each motor, reflected through its gear


@dataclass(frozen=True)
class ArmBuild:
    """Variant of the arm."""

    masses_kg: tuple[float, ...] = MASSES_KG
    heavier: float = 1.0  # of all links
    friction_nm: float = 0.0  # dry, of each joint
    lag_s: float = 0.0  # of the drives
    payload_kg: float = 0.0
    step_s: float = 0.005
    integrator: str = "implicitfast"


def mjcf(build: ArmBuild, stiffness: np.ndarray, damping: np.ndarray) -> str:
    """Write the model; drives pull each joint to its target, with gravity of the links balanced."""
    body, closing = "", ""
    for i, ((a, d, alpha, length), mass) in enumerate(zip(LINKS, build.masses_kg, strict=True)):
        quat = f"{np.cos(alpha / 2):.9f} {np.sin(alpha / 2):.9f} 0 0"
        place = f"{a:.4f} {-d * np.sin(alpha):.6f} {d * np.cos(alpha):.6f}"
        body += (
            f'<body name="link{i}" pos="{place}" quat="{quat}" gravcomp="1">'
            f'<joint name="j{i}" type="hinge" axis="0 0 1" armature="{ROTOR}" '
            f'frictionloss="{build.friction_nm}"/>'
            f'<geom type="cylinder" size="0.05 {length / 2}" pos="0 0 {-length / 4}" '
            f'mass="{mass * build.heavier}" contype="0" conaffinity="0"/>'
        )
        closing += "</body>"
    payload = max(build.payload_kg, 1e-6)
    flange = (
        f'<body name="payload" pos="0 0 {FLANGE_M}"><geom type="sphere" size="0.04" '
        f'mass="{payload}" contype="0" conaffinity="0"/></body>'
    )
    drives = ""
    for i, (k, c, most) in enumerate(zip(stiffness, damping, TORQUE_NM, strict=True)):
        lag = f'dyntype="filter" dynprm="{build.lag_s}"' if build.lag_s else 'dyntype="none"'
        drives += (
            f'<general joint="j{i}" gaintype="fixed" gainprm="{k:.9g}" biastype="affine" '
            f'biasprm="{k * HOME[i]:.9g} {-k:.9g} {-c:.9g}" forcelimited="true" '
            f'forcerange="-{most} {most}" {lag}/>'
        )
    return (
        f'<mujoco model="arm"><option timestep="{build.step_s}" integrator="{build.integrator}" '
        f'gravity="0 0 -9.81"/><worldbody>{body}{flange}{closing}</worldbody>'
        f"<actuator>{drives}</actuator></mujoco>"
    )
