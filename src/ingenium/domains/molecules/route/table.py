"""The table of all reactions, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from ingenium.domains.molecules.route.bonds import JOINING
from ingenium.domains.molecules.route.reaction import Reaction
from ingenium.domains.molecules.route.rings import CHANGING, CLOSING

REACTIONS: tuple[Reaction, ...] = (*JOINING, *CLOSING, *CHANGING)
BY_NAME: Mapping[str, Reaction] = MappingProxyType({r.name: r for r in REACTIONS})
