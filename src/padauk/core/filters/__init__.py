"""The filter language of all searches: text to a tree, and back.

MLflow's grammar and more: comparisons joined by ``AND``, ``OR``, ``NOT`` and parentheses.

::

    filter     = all { OR all }
    all        = one { AND one }
    one        = NOT one | "(" filter ")" | comparison
    comparison = identifier operator value
               | identifier [NOT] IN "(" value { "," value } ")"
               | identifier IS [NOT] NULL
    operator   = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | [NOT] LIKE | [NOT] ILIKE | [NOT] RLIKE
    identifier = [ entity "." ] key
    key        = word | "`" … "`" | '"' … '"'
    value      = number | "'" … "'" | '"' … '"'

What may be asked of runs, models or traces is a :class:`Vocabulary`: its attributes with their types, and
which of metrics, params, tags, datasets and so on there are. ``RLIKE`` matches a regular expression. Times
may be given as milliseconds or as ISO dates in quotes.
"""

from padauk.core.filters.order import Order, parse_order
from padauk.core.filters.parse import parse
from padauk.core.filters.tree import And, Comparison, Node, Not, Or, Vocabulary, render

__all__ = ["And", "Comparison", "Node", "Not", "Or", "Order", "Vocabulary", "parse", "parse_order", "render"]
