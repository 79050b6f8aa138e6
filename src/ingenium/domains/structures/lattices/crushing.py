"""Crushing of plane frames between two plates: large displacements, plastic hinges, contact.

Every wall is a chain of corotational beams with elastic, perfectly plastic sections. Plates and
walls touch by penalty forces; nodes that start on a plate cannot slide on it but may rotate. The
plate moves down slowly, and the motion is integrated explicitly with masses that give every beam
the same critical step and damping of the slow modes, so that the result is the quasi-static
response, including limit points and snap-through. Friction, fracture, strain hardening and strain
rate are neglected; a yielding section bends at its plastic moment, reduced by the normal force, and
never beyond.

Shapes: v nodes, b beams, k contacts, p records.
Source: Crisfield, Non-linear Finite Element Analysis of Solids and Structures, vol. 1, 1991,
ch. 7 (corotational beams, with the shallow bow of each in its normal force); Neal, The Plastic
Methods of Structural Analysis, 1977, ch. 6 (rectangular section: M / Mp + (N / Np)^2 = 1);
Underwood in Belytschko and Hughes (eds.), Computational Methods for Transient Analysis, 1983,
ch. 5 (dynamic relaxation).
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float64
from numba import njit

from ingenium.core.errors import InputError
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.material import Ductile

compiled = partial(njit, cache=True, nogil=True, error_model="numpy")
ENGINE = 2  # increased when results change, so that cached lattices are crushed again
RECORDS = 240
SHAPES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the strain, where the shape is recorded
LOOK = 50  # steps between two searches for walls in reach
FASTEST = 0.02  # rotation of a node in a step: in a flattened wall, nothing limits it
SHORTEST = 0.5  # of a beam's length, for its shear: flattened ones would need a shorter step
STIFF = 0.3  # of a contact, in masses of a node over the square of a step
NEAR = 64  # contacts per node, at most


@dataclass(frozen=True)
class Crushing:
    """Settings of the crushing simulation."""

    strain: float = 0.5  # of the height, at the end
    steps: int = 32000  # number of time steps
    beams: int = 2  # number of beams of a wall
    damping: float = 0.001  # of the velocity, each step
    crooked: float = 0.1  # offset of each wall's middle, in its thickness; to either side in turn

    def __post_init__(self) -> None:
        if not (0 < self.strain < 0.95 and self.steps >= RECORDS and self.beams >= 1):
            raise InputError(
                f"a strain below 0.95, at least {RECORDS} steps and one beam a wall",
                f"{self.strain}, {self.steps}, {self.beams}",
            )

    def both(self) -> tuple["Crushing", "Crushing"]:
        """Return these settings, and the same with every wall imperfection reversed."""
        return self, replace(self, crooked=-self.crooked)


@dataclass(frozen=True)
class Curve:
    """Force on each plate while a frame is crushed, per metre of depth, and its shapes.

    Shapes: p records, b beams.
    """

    strain: Float64[np.ndarray, " p"]
    top_n_m: Float64[np.ndarray, " p"]
    bottom_n_m: Float64[np.ndarray, " p"]
    beam_m: Float64[np.ndarray, "shapes b 2 2"]  # ends of the beams at SHAPES of the strain


def crush(frame: Frame, material: Ductile, settings: Crushing = Crushing()) -> Curve:
    """Push the upper plate down on a frame; NaN after the motion fails."""
    node, beam, of = _chains(frame, settings)
    top, bottom, shapes = _integrate(
        node,
        beam,
        frame.thickness_m[of],
        (node[:, 1] < 1e-9) | (node[:, 1] > frame.height_m - 1e-9),
        (material.modulus_pa, material.yield_pa),
        (frame.height_m, settings.strain, settings.damping),
        settings.steps,
    )
    # A box full of metal would yield below this: a larger force means that the motion has diverged.
    lost = np.maximum(top, bottom) > material.yield_pa * frame.width_m
    top, bottom = (np.where(np.maximum.accumulate(lost), np.nan, f) for f in (top, bottom))
    strain = settings.strain * (np.arange(RECORDS) + 0.5) / RECORDS
    return Curve(strain, top, bottom, np.concatenate([node[None], shapes])[:, beam])


def _chains(frame: Frame, settings: Crushing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes and beams of the subdivided walls, and the wall of each beam."""
    beams, (first, last) = settings.beams, frame.wall.T
    share = np.arange(1, beams) / beams
    start, along = frame.node_m[first], frame.node_m[last] - frame.node_m[first]
    across = np.stack([-along[:, 1], along[:, 0]], 1) / frame.length_m[:, None]
    side = np.where(np.arange(len(first)) % 2 == 0, 1.0, -1.0)
    off = (settings.crooked * side * frame.thickness_m)[:, None] * across
    inner = start[:, None] + share[:, None] * along[:, None]
    inner = inner + np.sin(np.pi * share)[:, None] * off[:, None]
    node = np.concatenate([frame.node_m, inner.reshape(-1, 2)])
    new = len(frame.node_m) + np.arange(len(first) * (beams - 1)).reshape(len(first), -1)
    chain = np.concatenate([first[:, None], new, last[:, None]], 1)
    beam = np.stack([chain[:, :-1], chain[:, 1:]], 2).reshape(-1, 2)
    return node, beam, np.repeat(np.arange(len(first)), beams)


@no_type_check
@compiled
def _integrate(node, beam, thick, held, solid, trace, steps):
    """Forces on both plates, averaged over each record."""
    height, strain, damping = trace
    x, velocity = node.copy(), np.zeros((len(node), 3))
    state = _begin(node, beam)
    mass, inertia = _masses(beam, thick, solid[0], state)
    touch, close = np.zeros(len(node), dtype=np.int64), np.empty((len(node), NEAR), dtype=np.int64)
    radius = _radii(beam, thick, len(node))
    top, bottom = np.zeros(RECORDS), np.zeros(RECORDS)
    shapes = np.zeros((len(SHAPES) - 1, len(node), 2))
    busy = np.zeros(len(node), dtype=np.int64)
    turn, force = np.zeros(len(node)), np.zeros((len(node), 3))
    share = RECORDS / steps
    for step in range(steps):
        plate = height * (1 - strain * (step + 1) / steps)
        force[:] = 0.0
        _pull(x, turn, beam, thick, solid, state, force)
        if step % LOOK == 0:
            _search(x, node, beam, thick, radius, touch, close)
        _push(x, node, beam, thick, radius, touch, close, mass, busy, force)
        _press(x, plate, mass, force, (top, bottom), step * RECORDS // steps, share)
        _move(x, turn, velocity, force, mass, inertia, held, damping)
        for i in range(len(shapes)):
            if step + 1 == int(SHAPES[i + 1] * steps):
                shapes[i] = x
    return top, bottom, shapes


@no_type_check
@compiled
def _radii(beam, thick, nodes):
    """Half of the thickest wall at each node, the contact distance."""
    radius = np.zeros(nodes)
    for e in range(len(beam)):
        for v in beam[e]:
            radius[v] = max(radius[v], thick[e] / 2)
    return radius


@no_type_check
@compiled
def _press(x, plate, mass, force, loads, record, share):
    """Forces of both plates on nodes that have penetrated them."""
    top, bottom = loads
    for v in range(len(x)):
        over, under = x[v, 1] - plate, -x[v, 1]
        if over > 0:
            force[v, 1] -= STIFF * mass[v] * over
            top[record] += STIFF * mass[v] * over * share
        if under > 0:
            force[v, 1] += STIFF * mass[v] * under
            bottom[record] += STIFF * mass[v] * under * share


@no_type_check
@compiled
def _move(x, turn, velocity, force, mass, inertia, held, damping):
    """One step of every node; fixed ones do not move sideways."""
    for v in range(len(x)):
        for axis in range(2):
            velocity[v, axis] = (1 - damping) * velocity[v, axis] + force[v, axis] / mass[v]
        spin = (1 - damping) * velocity[v, 2] + force[v, 2] / inertia[v]
        velocity[v, 2] = min(max(spin, -FASTEST), FASTEST)
        if held[v]:
            velocity[v, 0] = 0.0
        x[v, 0] += velocity[v, 0]
        x[v, 1] += velocity[v, 1]
        turn[v] += velocity[v, 2]


@no_type_check
@compiled
def _begin(node, beam):
    """Length, rotation, direction, plastic stretch and end rotations of each beam."""
    state = np.zeros((len(beam), 7))
    for e in range(len(beam)):
        a, b = beam[e]
        dx, dy = node[b, 0] - node[a, 0], node[b, 1] - node[a, 1]
        state[e, 0] = np.hypot(dx, dy)
        state[e, 2], state[e, 3] = dx / state[e, 0], dy / state[e, 0]
    return state


@no_type_check
@compiled
def _masses(beam, thick, modulus, state):
    """Masses and inertias of the nodes with which a step of 1 is stable for every beam."""
    nodes = beam.max() + 1
    mass, inertia = np.zeros(nodes), np.zeros(nodes)
    for e in range(len(beam)):
        length = state[e, 0]
        bending = modulus * thick[e] ** 3 / 12 / length
        for v in beam[e]:
            mass[v] += 1.5 * modulus * thick[e] / length + 18 * bending / length**2
            inertia[v] += 9 * bending
    return mass, inertia


@no_type_check
@compiled
def _pull(x, turn, beam, thick, solid, state, force):
    """Forces of the beams on their nodes, after plastic flow."""
    modulus, yielding = solid
    for e in range(len(beam)):
        a, b = beam[e]
        length, turned, was_x, was_y, slack, bent_a, bent_b = state[e]
        dx, dy = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1]
        long = np.hypot(dx, dy)
        ex, ey = dx / long, dy / long
        # Added up from step to step, so that walls may rotate by more than half a turn.
        turned += np.arctan2(was_x * ey - was_y * ex, was_x * ex + was_y * ey)
        axial, bending = modulus * thick[e] / length, modulus * thick[e] ** 3 / 12 / length
        most = yielding * thick[e]
        left, right = turn[a] - turned - bent_a, turn[b] - turned - bent_b
        bow = length / 30 * (2 * left**2 - left * right + 2 * right**2)  # the part due to curvature
        normal = axial * (long - length - slack + bow)
        if abs(normal) > most:
            normal = np.sign(normal) * most
            slack = long - length + bow - normal / axial
        bound = most * thick[e] / 4 * (1 - (normal / most) ** 2)
        near = 4 * bending + 4 * normal * length / 30  # stiffness of one end's moment, with the bow
        far = 2 * bending - normal * length / 30
        for _ in range(2):  # plastic flow at one end unloads the other
            moment_a = near * left + far * right
            if abs(moment_a) > bound:
                back = (moment_a - np.sign(moment_a) * bound) / near
                left, bent_a = left - back, bent_a + back
            moment_b = far * left + near * right
            if abs(moment_b) > bound:
                back = (moment_b - np.sign(moment_b) * bound) / near
                right, bent_b = right - back, bent_b + back
        moment_a, moment_b = near * left + far * right, far * left + near * right
        shear = (moment_a + moment_b) / max(long, SHORTEST * length)
        fx, fy = normal * ex + shear * ey, normal * ey - shear * ex
        force[a, 0] += fx
        force[a, 1] += fy
        force[b, 0] -= fx
        force[b, 1] -= fy
        force[a, 2] -= moment_a
        force[b, 2] -= moment_b
        state[e, 1:] = turned, ex, ey, slack, bent_a, bent_b


@no_type_check
@compiled
def _gap(x, v, a, b):
    """Distance of a node to a beam, where along it, and the way from the beam to the node."""
    dx, dy = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1]
    px, py = x[v, 0] - x[a, 0], x[v, 1] - x[a, 1]
    along = min(1.0, max(0.0, (px * dx + py * dy) / (dx * dx + dy * dy)))
    wx, wy = px - along * dx, py - along * dy
    return np.hypot(wx, wy), along, wx, wy


@no_type_check
@compiled
def _search(x, start, beam, thick, radius, touch, close):
    """List for each node the beams that it may reach before the next search."""
    touch[:] = 0
    for e in range(len(beam)):
        a, b = beam[e]
        reach = np.hypot(x[b, 0] - x[a, 0], x[b, 1] - x[a, 1]) / 2
        mx, my = (x[a, 0] + x[b, 0]) / 2, (x[a, 1] + x[b, 1]) / 2
        for v in range(len(x)):
            far = reach + 3 * (radius[v] + thick[e] / 2)
            near = abs(x[v, 0] - mx) < far and abs(x[v, 1] - my) < far
            if near and v != a and v != b and touch[v] < NEAR:
                close[v, touch[v]] = e
                touch[v] += 1


@no_type_check
@compiled
def _push(x, start, beam, thick, radius, touch, close, mass, busy, force):
    """Contact forces between nodes and beams; pairs that began closer may remain so close.

    `busy` counts the contacts of each node. They share its stiffness, since a pile of walls would
    otherwise need a shorter step.
    """
    before = busy.copy()
    busy[:] = 0
    for v in range(len(x)):
        for i in range(touch[v]):
            e = close[v, i]
            a, b = beam[e]
            gap, along, wx, wy = _gap(x, v, a, b)
            room = radius[v] + thick[e] / 2
            if gap < room:
                room = min(room, 0.9 * _gap(start, v, a, b)[0])
                if gap < room and gap > 0:
                    soft = min(
                        mass[v] / (1 + before[v]),
                        mass[a] / (1 + before[a]),
                        mass[b] / (1 + before[b]),
                    )
                    push = STIFF * soft * (room - gap) / gap
                    force[v, 0] += push * wx
                    force[v, 1] += push * wy
                    force[a, 0] -= push * wx * (1 - along)
                    force[a, 1] -= push * wy * (1 - along)
                    force[b, 0] -= push * wx * along
                    force[b, 1] -= push * wy * along
                    busy[v] += 1
                    busy[a] += 1
                    busy[b] += 1
