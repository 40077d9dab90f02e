"""Loopdesk: customer-support processes drawn as BPMN, run for real."""

__version__ = "0.5.0"
