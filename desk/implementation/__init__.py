"""A solution is put to work: milestones with alarms, reviews with the customer, signed changes (FIX-1 to FIX-3)."""
