"""Reports of the same problem: recognised, linked, merged, gathered under one parent problem (INT-8)."""
