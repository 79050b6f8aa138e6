"""Words and contracts of the engine: spec, problem, designs, verdict, evidence, units, errors."""
