"""State of charge and of health of a lithium-ion cell, from its current, voltage and temperature."""
