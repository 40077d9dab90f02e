"""What the house knows of its customers beyond names: devices, contracts, exchanges, duplicates."""
