"""Faults and contracts for tests: of padauk itself, and of stores that others write for it.

- :mod:`~padauk.testing.faults`: damage files, fill a disk, make a store fail.
- :mod:`~padauk.testing.killing`: run padauk in a process that is killed at a named point.
- :mod:`~padauk.testing.store_contract`: the suite that every store passes.
"""
