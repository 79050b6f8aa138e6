"""Problem `buildings.envelope`: windows, shading, fabric and plant of a plan over a year."""
