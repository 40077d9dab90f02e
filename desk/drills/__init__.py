"""Drills: a simulated event on a virtual clock, scored step by step; what was found becomes actions (EMG-10)."""
