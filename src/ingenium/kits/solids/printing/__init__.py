"""From fields to printed parts: surfaces, files, voxels, print checks, build time and pictures."""
