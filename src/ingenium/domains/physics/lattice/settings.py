"""The `[setup]` of `physics.lattice`."""

from dataclasses import dataclass

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class LatticeFieldSettings:
    """The model, its lattice, and what draws from it."""

    model: str = "u1"  # or su3, schwinger, ising, xy, phi4, glass
    size: int = 16  # sites of each side
    disorder: int = 0  # which bonds a glass has
    hopping: float = 0.0  # of the fermions of the Schwinger model
    sampler: str = ""  # of the model; the one that was learned, or else an exact one, if empty
    train: bool = False  # learn it here, though weights come with the package
    symmetric: bool = True  # whether sites are told of others relative to the one before
    steps: int = 0  # of that; those of the model if 0
    seed: int = 0  # of that, and of the known configurations
    known: int = 128  # configurations that other families may learn from
    chain: int = 600  # steps of the chains beside which the report shows the run

    def check(self) -> None:
        """Refuse what no lattice has.

        Raises:
            InputError: naming the entry.
        """
        if not 4 <= self.size <= 64 or self.size % 2:
            raise InputError(
                "an even size from 4 to 64: sites are updated like the fields of a checkerboard",
                self.size,
                "Write size = 16.",
            )
        for name, least in (("steps", 0), ("known", 10), ("chain", 50)):
            if getattr(self, name) < least:
                raise InputError(f"{name} of at least {least}", getattr(self, name))
