"""Fields of work; each is a folder with its data, engine, problems, baselines and formats."""
