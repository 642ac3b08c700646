"""Authentication-Results: what the own mail server says about the sender of a mail.

In: the values of all Authentication-Results fields, topmost first; the authserv-ids that are believed; the domain
of the one From address. Out: a Verdict. Only the topmost field with a configured authserv-id counts. The grammar is
parsed whole: the word "pass" in a comment, a quoted string, a reason or another result proves nothing, and a
field that does not parse proves nothing either. One pass over the text. Source: RFC 8601 §2.2, RFC 7489 §3.1.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

_SPACE: Final = " \t\r\n"
_TOKEN: Final = re.compile(r"[!#$%&'*+\-0-9A-Z^_`a-z{|}~@:,?\[\]<>.\x80-\xff/]+")
_KEYWORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
#: More than any server writes; above it nothing is believed.
_LONGEST: Final = 8 * 1024
_MOST_LEXEMES: Final = 1000
#: dmarc words with which an aligned DKIM signature may still speak: the domain has published no policy.
_NO_POLICY: Final = frozenset({"none"})


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A value (`is_quoted` if it stood in quotes) or one of ";" and "="."""

    text: str
    is_quoted: bool = False


_NO_IDS: Final = "no authserv-id is configured"
_NO_FIELD: Final = "no Authentication-Results of a configured server"
#: The details of verdicts on mails about which no believed server said a word.
SILENT: Final = frozenset({_NO_IDS, _NO_FIELD})
#: Of the field and of a method; what another one would mean nobody knows (RFC 8601 §2.2).
_VERSION: Final = Lexeme("1")


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result; `properties` are ("header.from", "kampus.example"), keys in lower case."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()

    def values(self, key: str) -> tuple[str, ...]:
        return tuple(value for name, value in self.properties if name == key)


@dataclass(frozen=True, slots=True)
class AuthResults:
    authserv_id: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the From domain is proven; `detail` says by what, or why not."""

    authenticated: bool
    detail: str


def verdict(values: Sequence[str], trusted: Collection[str], from_domain: str) -> Verdict:
    """Judge a mail by its Authentication-Results fields."""
    ids = {one.strip().lower() for one in trusted if one.strip()}
    if not ids:
        return Verdict(False, _NO_IDS)
    for value in values:
        if _leading_id(value) not in ids:
            continue
        parsed = parse(value)
        if parsed is None:
            return Verdict(False, "the server's Authentication-Results does not parse")
        return _judge(parsed.results, from_domain.lower())
    return Verdict(False, _NO_FIELD)


def _judge(results: Sequence[Result], domain: str) -> Verdict:
    dmarc = [result for result in results if result.method == "dmarc"]
    if len(dmarc) > 1:
        return Verdict(False, "more than one dmarc result")
    if dmarc and dmarc[0].result == "pass":
        names = dmarc[0].values("header.from")
        if [name.lower() for name in names] == [domain]:
            return Verdict(True, f"dmarc=pass header.from={domain}")
        return Verdict(False, "dmarc=pass is for another domain")
    if dmarc and dmarc[0].result not in _NO_POLICY:
        return Verdict(False, f"dmarc={dmarc[0].result[:20]}")
    for result in results:
        if result.method == "dkim" and result.result == "pass":
            signers = _signers(result)
            if len(signers) == 1 and is_aligned(signers[0], domain):
                return Verdict(True, f"dkim=pass header.d={signers[0]}")
    return Verdict(False, "neither dmarc=pass nor an aligned dkim=pass")


def _signers(result: Result) -> list[str]:
    """The domains of a signature: header.d, or where a server writes header.i alone that one, since the domain of i=
    is d= or one below it (RFC 6376 §3.5)."""
    if signers := result.values("header.d"):
        return [name.lower() for name in signers]
    return [name.rpartition("@")[2].lower() if name.count("@") == 1 else "" for name in result.values("header.i")]


def is_aligned(signer: str, domain: str) -> bool:
    """The signer is the From domain or one above it. One below it does not speak for it: that would need DMARC's
    organisational domain, and so a list of public suffixes."""
    return signer == domain or (signer.count(".") >= 1 and domain.endswith(f".{signer}"))


def _leading_id(value: str) -> str:
    """The authserv-id alone, for a field whose rest may not parse."""
    place = 0
    while place < len(value):
        if value[place] in _SPACE:
            place += 1
        elif value[place] == "(" and (behind := _after_comment(value, place)) > 0:
            place = behind
        elif value[place] == '"':
            return _quoted(value, place)[0].lower()
        else:
            token = _TOKEN.match(value, place)
            return token[0].lower() if token else ""
    return ""


def parse(value: str) -> AuthResults | None:
    """The field, or None if it is not of the grammar."""
    lexemes = _lexemes(value)
    if lexemes is None:
        return None
    head, *rest = _clauses(lexemes)
    # No server quotes its id; a filter that takes out forged fields may overlook a quoted one.
    if not head or head[0].is_quoted or head[0] == Lexeme("=") or head[1:] not in ([], [_VERSION]):
        return None
    results: list[Result] = []
    for clause in rest:
        if not clause or (len(clause) == 1 and clause[0] == Lexeme("none")):
            continue
        result = _result(clause)
        if result is None:
            return None
        results.append(result)
    return AuthResults(head[0].text.lower(), tuple(results))


def _clauses(lexemes: Sequence[Lexeme]) -> list[list[Lexeme]]:
    clauses: list[list[Lexeme]] = [[]]
    for lexeme in lexemes:
        if lexeme == Lexeme(";"):
            clauses.append([])
        else:
            clauses[-1].append(lexeme)
    return clauses


def _result(clause: Sequence[Lexeme]) -> Result | None:
    """`method[/version] = result`, then `reason = value` and `ptype.property = value` in any number."""
    pairs: list[tuple[str, str]] = []
    for place in range(0, len(clause), 3):
        triple = clause[place : place + 3]
        if len(triple) < 3 or triple[1] != Lexeme("=") or triple[0].is_quoted or triple[2] == Lexeme("="):
            return None
        pairs.append((triple[0].text.lower(), triple[2].text))
    (method, result), properties = pairs[0], pairs[1:]
    method, _, version = method.partition("/")
    if (
        version not in ("", _VERSION.text)
        or not _KEYWORD.fullmatch(method)
        or not _KEYWORD.fullmatch(result)
        or clause[2].is_quoted
    ):
        return None
    return Result(method, result.lower(), tuple(properties))


def _lexemes(value: str) -> list[Lexeme] | None:
    """Comments dropped; None for an open comment or string, or a sign that has no place here."""
    if len(value) > _LONGEST:
        return None
    lexemes: list[Lexeme] = []
    place = 0
    while place < len(value):
        char = value[place]
        if char in _SPACE:
            place += 1
        elif char == "(":
            place = _after_comment(value, place)
        elif char == '"':
            text, place = _quoted(value, place)
            # A quoted local part stands before its "@domain" (pvalue).
            if place > 0 and value.startswith("@", place) and (token := _TOKEN.match(value, place)):
                text, place = text + token[0], token.end()
            lexemes.append(Lexeme(text, True))
        elif char in ";=":
            lexemes.append(Lexeme(char))
            place += 1
        else:
            token = _TOKEN.match(value, place)
            if token is None:
                return None
            lexemes.append(Lexeme(token[0]))
            place = token.end()
        if place < 0 or len(lexemes) > _MOST_LEXEMES:
            return None
    return lexemes


def _after_comment(value: str, place: int) -> int:
    """The place behind the comment that begins at `place`, -1 if it never ends. Comments nest."""
    depth = 0
    while place < len(value):
        char = value[place]
        if char == "\\":
            place += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    return -1


def _quoted(value: str, place: int) -> tuple[str, int]:
    pieces: list[str] = []
    place += 1
    while place < len(value):
        char = value[place]
        if char == "\\" and place + 1 < len(value):
            pieces.append(value[place + 1])
            place += 2
            continue
        if char == '"':
            return "".join(pieces), place + 1
        pieces.append(char)
        place += 1
    return "", -1
