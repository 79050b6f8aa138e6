"""Many processes and machines: places of work, division of models, and the resources needed."""
