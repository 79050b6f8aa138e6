"""Data of SimBench alone, under the ODbL: see NOTICE. The recipe is `extract.py` in its folder."""
