"""Where rows lie: the only floor that knows SQL.

``open_database(url)`` gives a :class:`Database` (SQLite, or PostgreSQL with the ``postgres`` extra);
rooms run
functions over a :class:`Session` inside ``read()`` and ``write()``, and call the modules here for every
statement: ``experiments``, ``runs``, ``metrics``, ``inputs``, … one subject each. Statements are written
once, in the SQL that
both databases understand, with ``?`` for values; what differs is behind :class:`Dialect`. Tables are declared
in ``tables/`` with SQLAlchemy Core, which is imported only to create or upgrade a database.

Foreign keys are not declared: rows are deleted in one place each, and the check would cost a lookup and, on
PostgreSQL, a shared lock on the parent for every metric.
"""

from padauk.db.engine import Database, Dialect, Session, open_database

__all__ = ["Database", "Dialect", "Session", "open_database"]
