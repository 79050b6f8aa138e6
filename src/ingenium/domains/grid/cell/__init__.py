"""State of charge and of health of a cell, from its current, voltage and temperature."""
