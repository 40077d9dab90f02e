"""The war room of an emergency: a channel for its people, and the pack that they decide by (EMG-3)."""
