"""Printed parts from fields: surfaces, files, voxels, print checks, build time and pictures."""
