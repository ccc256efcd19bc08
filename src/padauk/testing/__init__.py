"""Faults and contracts for tests: of padauk itself, and of stores that others write for it."""
