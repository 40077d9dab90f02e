"""Real servers on loopback that connectors are run against."""
