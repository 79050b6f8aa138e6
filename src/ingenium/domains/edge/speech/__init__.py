"""Problem of speech denoised by a network that fits on a microcontroller."""
