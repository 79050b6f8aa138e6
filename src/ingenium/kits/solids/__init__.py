"""Solid bodies: elastic response, printing, designs of optimisers, codecs of fields."""
