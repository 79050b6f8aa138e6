"""The autoencoder of molecules that comes trained, and the recipe that trains it."""
