"""Problem `bracket`: printed parts that carry loads from a pin to their bolts."""
