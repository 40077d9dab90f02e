"""The way to the cause of a problem: trees of questions as data, each case's walk through one, and what was found."""
