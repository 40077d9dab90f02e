"""Loopdesk: customer-support processes drawn as BPMN, run for real."""

__version__ = "0.4.0"
