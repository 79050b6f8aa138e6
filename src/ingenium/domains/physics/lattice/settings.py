"""Settings of `physics.lattice`."""

from dataclasses import dataclass

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class LatticeFieldSettings:
    """Settings of the model, its lattice, and its sampler."""

    model: str = "u1"  # u1, su3, schwinger, ising, xy, phi4 or glass
    size: int = 16  # number of sites of each side
    disorder: int = 0  # number of a glass's random bonds
    hopping: float = 0.0  # hopping parameter of the fermions of the Schwinger model
    sampler: str = ""  # name of the sampler; if empty the trained one, or else an exact one
    train: bool = False  # train it here, although weights are shipped
    symmetric: bool = True  # whether sites are encoded relative to the one before
    steps: int = 0  # training steps; those of the model if 0
    seed: int = 0  # seed of training, and of the known configurations
    known: int = 128  # number of training configurations for other families
    chain: int = 600  # steps of the chains that the report compares with

    def check(self) -> None:
        """Refuse invalid values.

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
