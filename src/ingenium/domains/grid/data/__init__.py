"""Profiles, nets and measurements: from SimBench or from files of a user."""
