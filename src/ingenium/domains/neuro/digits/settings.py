"""How the problem is opened."""

from dataclasses import dataclass

from ingenium.core.errors import InputError, choose
from ingenium.domains.neuro.digits.data import COUNT
from ingenium.kits.spikes.chips import CHIPS, Chip


@dataclass(frozen=True)
class DigitSettings:
    """Images themselves, or with `chip` the drives of the network that draws them there."""

    chip: str = ""  # such as Loihi; none: designs are images
    bits: int = 8  # of each weight of the network
    known: int = COUNT  # digits to learn from and to hold out
    replayed: float = 0.05  # share of designs that NEST replays, where its room is made

    def check(self) -> None:
        """Refuse what there is not.

        Raises:
            InputError: for a chip, bits or a number of digits beyond what is known.
        """
        if self.chip:
            choose(self.chip, [c.name for c in CHIPS], "chip")
            most = self.sheet.weight_bits
            if not 2 <= self.bits <= most:
                raise InputError(
                    f"2 to {most} bits a weight on {self.chip}",
                    self.bits,
                    f"Write bits = {max(2, most)}." if most > 1 else "Choose Loihi.",
                )
        if not 50 <= self.known <= COUNT:
            raise InputError(f"known of 50 to {COUNT}", self.known, "Write 2000.")
        if not 0 <= self.replayed <= 1:
            raise InputError("replayed from 0 to 1", self.replayed, "Write 0.05.")

    @property
    def sheet(self) -> Chip:
        """Of the chip that was named."""
        return next(c for c in CHIPS if c.name == self.chip)
