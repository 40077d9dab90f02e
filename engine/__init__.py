"""Runs diagrams; knows neither customers nor Flask."""
