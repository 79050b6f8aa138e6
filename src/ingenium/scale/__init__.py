"""Many processes and many machines: where work runs, how a model is divided, what that takes."""
