"""From solved to closed and, where the fix does not hold, back again (FIX-4, FIX-9, COM-9)."""
