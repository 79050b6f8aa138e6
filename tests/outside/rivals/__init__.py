"""Rivals: wires by an engine that conflicts with that of power grids."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="rivals",
    summary="wires, by a release of pandapower that no other domain could live with",
    package=__name__,
    problems={"wire": Offer(f"{__name__}.wire:Wire", "currents in wires of little drop")},
)
