"""The support domain: one concept per file, its tables and its verbs (architecture §1)."""
