"""Problem `buildings.plan`: floor plans of several storeys from a brief."""
