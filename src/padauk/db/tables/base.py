"""What all tables share: one ``METADATA`` and the types that both databases store well."""

from sqlalchemy import BigInteger, Double, Integer, MetaData, SmallInteger, Text

METADATA = MetaData()

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit integer. SQLite's INTEGER holds 64 bits, and only a column of that name is its row number."""

REAL: Double[float] = Double()
SMALL = SmallInteger()
TEXT = Text(collation="C").with_variant(Text(), "sqlite")
"""Text that both databases order by its code points."""

__all__ = ["BIG", "METADATA", "REAL", "SMALL", "TEXT"]
