"""Checks of settings of metal printers, on measured melt pools."""
