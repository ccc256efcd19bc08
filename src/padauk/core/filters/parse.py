"""Text to tree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn, cast

from padauk.core.filters.tokens import Token, cut, fail
from padauk.core.filters.tree import And, Comparison, Not, Or

if TYPE_CHECKING:
    from padauk.core.filters.tree import Entity, Kind, Node, Operator, Vocabulary

_SPELLINGS: dict[Entity, tuple[str, ...]] = {
    "attribute": ("attribute", "attributes", "attr", "run"),
    "metric": ("metric", "metrics"),
    "param": ("parameter", "parameters", "param", "params"),
    "tag": ("tag", "tags"),
    "dataset": ("dataset", "datasets"),
    "metadata": ("metadata", "request_metadata"),
    "span": ("span",),
    "feedback": ("feedback",),
    "expectation": ("expectation",),
    "issue": ("issue",),
}
_ENTITIES = {spelling: entity for entity, spellings in _SPELLINGS.items() for spelling in spellings}
_SIGNS: dict[str, Operator] = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "<>": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_DATASET_KEYS = ("name", "digest", "context")
_MAX_DEPTH = 50
_MAX_COMPARISONS = 500


def parse(source: str, vocabulary: Vocabulary) -> Node | None:
    """The tree of a filter, or ``None`` when it is empty.

    Raises:
        InputError: it does not parse, or asks for what ``vocabulary`` does not have; points at the place.
    """
    if not source or not source.strip():
        return None
    parser = _Parser(source, vocabulary)
    node = parser.any_of(0)
    if parser.token.kind != "end":
        parser.fail("expected AND, OR or the end")
    return node


def identifier(source: str, token: Token, vocabulary: Vocabulary) -> tuple[Entity, str]:
    """What a name token names.

    Raises:
        InputError: it names nothing that there is.
    """
    if token.kind == "name":
        prefix, _, key = token.text.partition(".")
        prefix, key = prefix.strip(), key.strip()
        entity = vocabulary.prefixes.get(prefix) or _ENTITIES.get(prefix)
        if entity is None or (entity != "attribute" and entity not in vocabulary.entities):
            known = ["attribute", *sorted(vocabulary.entities)]
            fail(source, token.start, f"Invalid entity type '{prefix}'. Valid values are {known}")
        if key[0] in '`"':
            key = key[1:-1]
    else:
        entity, key = "attribute", token.text.strip('`"')
    if entity == "attribute":
        key = vocabulary.aliases.get(key, key)
        if key not in vocabulary.attributes:
            valid = ", ".join(vocabulary.attributes)
            fail(source, token.start, f"Invalid attribute key '{key}' specified. Valid keys are {valid}")
    elif entity == "dataset" and key not in _DATASET_KEYS:
        fail(
            source,
            token.start,
            f"Invalid dataset key '{key}' specified. Valid keys are {', '.join(_DATASET_KEYS)}",
        )
    return entity, key


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, source: str, vocabulary: Vocabulary) -> None:
        self.source = source
        self.vocabulary = vocabulary
        self.tokens = cut(source)
        self.place = 0
        self.comparisons = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def fail(self, message: str, token: Token | None = None) -> NoReturn:
        token = token or self.token
        found = "the end" if token.kind == "end" else f"'{token.text}'"
        fail(self.source, token.start, f"{message}, found {found}")

    def next(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.place += 1
        return token

    def keyword(self, *words: str) -> bool:
        """Take ``words`` if they come next."""
        upcoming = self.tokens[self.place : self.place + len(words)]
        if [t.text.upper() if t.kind == "word" else "" for t in upcoming] == list(words):
            self.place += len(words)
            return True
        return False

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.keyword("OR"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.one(depth)]
        while self.keyword("AND"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            fail(self.source, self.token.start, f"more than {_MAX_DEPTH} levels of parentheses or NOT")
        if self.keyword("NOT"):
            return Not(self.one(depth + 1))
        if self.token.text == "(" and self.token.kind == "sign":
            self.next()
            node = self.any_of(depth + 1)
            if self.token.text != ")":
                self.fail("expected ')'")
            self.next()
            return node
        return self.comparison()

    def comparison(self) -> Node:
        self.comparisons += 1
        if self.comparisons > _MAX_COMPARISONS:
            fail(self.source, self.token.start, f"more than {_MAX_COMPARISONS} comparisons")
        token = self.next()
        if token.kind not in {"name", "word", "quoted"} and not (
            token.kind == "text" and token.text[0] == '"'
        ):
            self.fail("Invalid clause: expected a name such as metrics.loss, params.lr or tags.team", token)
        entity, key = identifier(self.source, token, self.vocabulary)
        kind = self.vocabulary.attributes[key] if entity == "attribute" else None
        if self.keyword("IS", "NULL"):
            return Comparison(entity, key, "IS NULL", None)
        if self.keyword("IS", "NOT", "NULL"):
            return Comparison(entity, key, "IS NOT NULL", None)
        if self.keyword("IN"):
            return Comparison(entity, key, "IN", self.values(entity, key, kind))
        if self.keyword("NOT", "IN"):
            return Comparison(entity, key, "NOT IN", self.values(entity, key, kind))
        negated = self.keyword("NOT")
        sign = self.next()
        operator: Operator
        if sign.kind == "word" and sign.text.upper() in {"LIKE", "ILIKE", "RLIKE"}:
            operator = cast("Operator", sign.text.upper())
            if entity == "metric" or kind in {"number", "time"}:
                self.fail(f"{operator} compares texts, and {token.text} is a number", sign)
        elif sign.kind == "sign" and sign.text in _SIGNS and not negated:
            operator = _SIGNS[sign.text]
        else:
            self.fail("Invalid comparator: expected =, !=, <, <=, >, >=, LIKE, ILIKE, IN or IS", sign)
        value = self.value(entity, key, kind)
        if operator in {"<", "<=", ">", ">="} and isinstance(value, str):
            self.fail(
                f"Invalid comparator '{operator}' for a text (numbers are compared without quotes)", sign
            )
        if operator in {"LIKE", "ILIKE", "RLIKE"} and not isinstance(value, str):
            self.fail(f"{operator} needs a quoted text", self.tokens[self.place - 1])
        node = Comparison(entity, key, operator, value)
        return Not(node) if negated else node

    def values(self, entity: Entity, key: str, kind: Kind | None) -> tuple[str | int | float, ...]:
        if self.token.text != "(":
            self.fail("expected '(' and a list of values")
        self.next()
        found = [self.value(entity, key, kind)]
        while (token := self.next()).text == "," and token.kind == "sign":
            if self.token.text == ")" and self.token.kind == "sign":
                self.next()
                return tuple(found)
            found.append(self.value(entity, key, kind))
        if token.text != ")":
            self.fail("expected ',' or ')'", token)
        return tuple(found)

    def value(self, entity: Entity, key: str, kind: Kind | None) -> str | int | float:
        token = self.next()
        if token.kind == "number":
            if kind == "text" or entity == "dataset":
                self.fail("Expected a quoted string value for attributes", token)
            number = float(token.text)
            whole = token.text.lstrip("+-").isdigit() and abs(number) < 2**63
            return int(token.text) if whole else number
        if token.kind == "text":
            text = token.text[1:-1]
            if token.text[0] == "'":
                text = text.replace("''", "'")
            if kind == "time":
                return self.time(text, token)
            if entity == "metric":
                self.fail("Expected numeric value type for metric", token)
            if kind == "number":
                self.fail(f"Expected numeric value type for numeric attribute: {key}", token)
            return text
        expected = "a number" if entity == "metric" or kind == "number" else "a quoted string value"
        return self.fail(f"Expected {expected}", token)

    def time(self, text: str, token: Token) -> int:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            self.fail("expected milliseconds, or a date such as '2026-11-24' or '2026-11-24T18:30'", token)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
