"""Transmission network: two-ports between buses, ratings, voltage limits, and flows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.domains.grid.transmission import matpower as m

CABLE_PU = 1.0  # charging from which a branch is a cable whose reactor trips with it


@dataclass(frozen=True, eq=False)
class Transmission:
    """Buses and branches in service of a case.

    Shapes: b buses, l branches.
    """

    name: str
    base_mva: float
    bus: Int[np.ndarray, " b"]  # numbers, as written
    load_mw: Float[np.ndarray, " b"]
    load_mvar: Float[np.ndarray, " b"]
    shunt: Complex[np.ndarray, " b"]  # admittance (pu)
    base_kv: Float[np.ndarray, " b"]
    v_min: Float[np.ndarray, " b"]
    v_max: Float[np.ndarray, " b"]
    f: Int[np.ndarray, " l"]
    t: Int[np.ndarray, " l"]
    r: Float[np.ndarray, " l"]
    x: Float[np.ndarray, " l"]
    charging: Float[np.ndarray, " l"]
    tap: Float[np.ndarray, " l"]
    shift: Float[np.ndarray, " l"]  # rad
    rating: Float[np.ndarray, " l"]  # MVA, continuous; infinite without one
    rating_after: Float[np.ndarray, " l"]  # MVA, long-time emergency
    angle_min: Float[np.ndarray, " l"]  # rad
    angle_max: Float[np.ndarray, " l"]

    @property
    def digest(self) -> str:
        """Digest of all fields that decide a result."""
        arrays = [v for v in vars(self).values() if isinstance(v, np.ndarray)]
        return digest([self.base_mva, *(array_digest(a) for a in arrays)])

    @cached_property
    def at(self) -> dict[int, int]:
        """Position of each bus by its number."""
        return {number: i for i, number in enumerate(self.bus.tolist())}

    @cached_property
    def two_port(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Admittances ff, ft, tf, tt of each branch (pu)."""
        series = 1.0 / (self.r + 1j * self.x)
        ratio = self.tap * np.exp(1j * self.shift)
        tt = series + 0.5j * self.charging
        return tt / self.tap**2, -series / ratio.conj(), -series / ratio, tt

    @cached_property
    def admittance(self) -> Complex[np.ndarray, "b b"]:
        """Admittance matrix (pu)."""
        ff, ft, tf, tt = self.two_port
        y = np.zeros((len(self.bus),) * 2, dtype=complex)
        for rows, columns, own in ((self.f, self.f, ff), (self.f, self.t, ft),
                                   (self.t, self.f, tf), (self.t, self.t, tt)):  # fmt: skip
            np.add.at(y, (rows, columns), own)
        y[np.diag_indices(len(self.bus))] += self.shunt
        return y

    @cached_property
    def incidence(self) -> tuple[np.ndarray, np.ndarray]:
        """Matrices (l b) that sum the flows of both ends to buses."""
        size, rows = (len(self.f), len(self.bus)), np.arange(len(self.f))
        at_from, at_to = np.zeros(size), np.zeros(size)
        at_from[rows, self.f] = 1.0
        at_to[rows, self.t] = 1.0
        return at_from, at_to

    def flows(
        self, v: Complex[np.ndarray, "s b"]
    ) -> tuple[Complex[np.ndarray, "s l"], Complex[np.ndarray, "s l"]]:
        """Power into both ends of each branch (MVA)."""
        ff, ft, tf, tt = self.two_port
        a, b = v[:, self.f], v[:, self.t]
        into_from = a * np.conj(ff * a + ft * b) * self.base_mva
        return into_from, b * np.conj(tf * a + tt * b) * self.base_mva

    @cached_property
    def cables(self) -> dict[int, int]:
        """Cables with a reactor at an end, and the bus of that reactor, which trips with them."""
        found = {}
        for k in np.flatnonzero(self.charging >= CABLE_PU).tolist():
            for end in (int(self.f[k]), int(self.t[k])):
                if -self.charging[k] <= self.shunt[end].imag < 0:
                    found[k] = end
        return found

    def without(self, branch: int) -> Int[np.ndarray, " b"]:
        """Island of each bus after an outage; 0 is the largest."""
        own = np.arange(len(self.f)) != branch
        return islands(len(self.bus), self.f[own], self.t[own])

    @cached_property
    def split_by(self) -> dict[int, Bool[np.ndarray, " b"]]:
        """Branches whose outage makes islands, and the buses that stay with the main part."""
        parts = {k: self.without(k) == 0 for k in range(len(self.f))}
        return {k: own for k, own in parts.items() if not own.all()}

    def label(self, branch: int) -> str:
        """Return both ends of a branch, and its number among parallel ones."""
        ends = (self.f == self.f[branch]) & (self.t == self.t[branch])
        which = np.flatnonzero(ends)
        more = f" ({np.flatnonzero(which == branch)[0] + 1})" if len(which) > 1 else ""
        return f"{self.bus[self.f[branch]]}-{self.bus[self.t[branch]]}{more}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all branches."""
        return tuple(self.label(k) for k in range(len(self.f)))


def islands(n: int, f: Int[np.ndarray, " l"], t: Int[np.ndarray, " l"]) -> Int[np.ndarray, " n"]:
    """Number the connected parts of a graph, from the largest on."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(f)), (f, t)), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    order = np.argsort(-np.bincount(part), kind="stable")
    return np.argsort(order)[part]


def transmission(tables: m.CaseTables, *, published: bool = False) -> Transmission:
    """Build the network of a case, after checks.

    Args:
        tables: of the case.
        published: True for a case of PGLib, whose series capacitors are meant.

    Raises:
        InputError: for islands, reactances that are not positive, or ends that are no bus.
    """
    bus, branch = tables.bus, tables.branch[tables.branch[:, m.IN_SERVICE] > 0]
    numbers = bus[:, m.BUS].astype(np.int64)
    at = {number: i for i, number in enumerate(numbers.tolist())}
    if len(at) < len(bus):
        raise InputError("each bus once", f"a number twice in mpc.bus of {tables.name}")
    ends = [_ends(branch[:, column], at) for column in (m.FROM, m.TO)]
    _check(tables.name, branch, published)
    part = islands(len(bus), *ends)
    if part.max() > 0:
        lost = numbers[part > 0]
        raise InputError(
            f"a network in one piece ({tables.name})",
            f"{len(lost)} buses without a branch to the others, such as {lost[0]}",
            "Take them out, or put a branch in service.",
        )
    rating, after = (_rated(branch[:, column]) for column in (m.RATE_A, m.RATE_B))
    angles = [np.deg2rad(branch[:, c]) for c in (m.ANGLE_MIN, m.ANGLE_MAX)]
    free = (angles[0] == 0) & (angles[1] == 0)
    return Transmission(
        name=tables.name,
        base_mva=tables.base_mva,
        bus=numbers,
        load_mw=bus[:, m.PD].copy(),
        load_mvar=bus[:, m.QD].copy(),
        shunt=(bus[:, m.GS] + 1j * bus[:, m.BS]) / tables.base_mva,
        base_kv=bus[:, m.KV].copy(),
        v_min=bus[:, m.VMIN].copy(),
        v_max=bus[:, m.VMAX].copy(),
        f=ends[0],
        t=ends[1],
        r=branch[:, m.R].copy(),
        x=branch[:, m.X].copy(),
        charging=branch[:, m.B].copy(),
        tap=np.where(branch[:, m.TAP] == 0, 1.0, branch[:, m.TAP]),
        shift=np.deg2rad(branch[:, m.SHIFT]),
        rating=rating,
        rating_after=np.where(np.isfinite(after), after, rating),
        angle_min=np.where(free, -np.pi, angles[0]),
        angle_max=np.where(free, np.pi, angles[1]),
    )


def _ends(column: Float[np.ndarray, " l"], at: dict[int, int]) -> Int[np.ndarray, " l"]:
    missing = [int(x) for x in column if int(x) not in at]
    if missing:
        raise InputError("branches between buses of mpc.bus", f"an end at {missing[0]}")
    return np.array([at[int(x)] for x in column], dtype=np.int64)


def _rated(column: Float[np.ndarray, " l"]) -> Float[np.ndarray, " l"]:
    return np.where(column > 0, column, np.inf)


def _check(
    name: str,
    branch: Float[np.ndarray, "l 13"],
    published: bool,
) -> None:
    """Refuse branches that no power flow solves, or whose losses could be negative."""

    def refuse(k: int, column: int, word: str) -> None:
        ends = f"{int(branch[k, m.FROM])}-{int(branch[k, m.TO])}"
        raise InputError(
            f"{word} of each branch",
            f"{branch[k, column]:g} pu of the branch {ends} of {name}",
            "Check the sign: model a series capacitor as less reactance of its line.",
        )

    for column, word, wrong in (
        (m.X, "a reactance other than 0", branch[:, m.X] == 0),
        (m.X, "a reactance above 0", (branch[:, m.X] < 0) & (not published)),
        (m.R, "a resistance of at least 0", branch[:, m.R] < 0),
    ):
        if wrong.any():
            refuse(int(wrong.argmax()), column, word)
