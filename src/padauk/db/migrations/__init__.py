"""Revisions of the schema, run by Alembic. A new database is made from ``db.tables`` and marked with the
newest.

A revision is a module of ``versions/`` named by its number. It must leave a database that the release
before can
still read from, because several servers on one PostgreSQL are not replaced at the same moment.
"""
