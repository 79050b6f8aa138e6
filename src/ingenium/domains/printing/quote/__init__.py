"""Problem `printing.quote`: quotes of a lot of parts, with flags on what hinders."""
