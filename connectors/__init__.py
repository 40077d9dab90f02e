"""Outside systems behind one contract."""
