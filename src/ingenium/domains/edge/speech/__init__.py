"""Speech that was freed from noise, by a network that fits a microcontroller."""
