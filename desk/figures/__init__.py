"""The figures of the desk: queries over history, each with its definition and its cases (ANA-1, ANA-2, ANA-8)."""
