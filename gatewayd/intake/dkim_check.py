"""The sandbox entry for our own DKIM check, for mail servers that write no Authentication-Results.

In: a JSON line with the domain of the one From address, and the raw mail. Out: JSON of a DkimProof. A signature proves
the sender only if it is valid over the whole body (no l=) and the From field, its d= is the From domain or one above
it, it is rsa-sha256 by a key of at least 1024 bits that is not in testing, and x= is not over. dkimpy itself obeys l=,
takes rsa-sha1, gives an expired signature ten hours, and calls a DNS time-out a failure. Source: RFC 6376, RFC 8301.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Final

import dkim
import dns.exception
import dns.resolver
from dkim.util import InvalidTagValueList, parse_tag_value

from gatewayd.wire.authres import is_aligned
from gatewayd.wire.dkimproof import DkimProof, to_json
from gatewayd.wire.jsonvalues import loads, mapping

#: Seconds for all DNS questions of one mail together.
DNS_S: Final = 5.0
LEAST_KEY: Final = 1024
#: Signatures looked at; mail that went through many hands carries a few.
_MOST: Final = 8
_HOST: Final = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?")
#: The key record of a name such as "s1._domainkey.kampus.example", None if there is none.
KeyOf = Callable[[str], bytes | None]


class NoAnswer(Exception):
    """DNS gave no answer in time; whether there is a key is not known."""


def prove(payload: bytes) -> bytes:
    """JSON of the DkimProof of a mail. Runs in the sandbox child."""
    line, _, raw = payload.partition(b"\n")
    domain = mapping(loads(line)).get("domain")
    return to_json(check(raw, str(domain), key_by_dns(dns.resolver.Resolver)))


def key_by_dns(resolver_of: Callable[[], dns.resolver.Resolver], seconds: float = DNS_S) -> KeyOf:
    """Look keys up by DNS. `seconds` is for all look-ups together."""
    ends = time.monotonic() + seconds

    def key_of(name: str) -> bytes | None:
        left = ends - time.monotonic()
        if left <= 0:
            raise NoAnswer("no time left")
        try:
            records = list(resolver_of().resolve(name, "TXT", lifetime=left, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (
            dns.resolver.LifetimeTimeout,
            dns.resolver.NoNameservers,
            dns.resolver.NoResolverConfiguration,
        ) as error:
            raise NoAnswer(type(error).__name__) from error
        except (OSError, dns.exception.Timeout) as error:
            raise NoAnswer(type(error).__name__) from error
        except dns.exception.DNSException:
            return None
        # What two records for one name mean is not defined (RFC 6376 §3.6.2.2).
        return b"".join(records[0].strings) if len(records) == 1 else None

    return key_of


def check(raw: bytes, domain: str, key_of: KeyOf) -> DkimProof:
    """Whether any signature of the mail proves that `domain` sent it."""
    try:
        mail = dkim.DKIM(raw, minkey=LEAST_KEY)
    except dkim.DKIMException as error:
        return DkimProof("fail", f"dkim: {error}"[:200])
    values = [value for name, value in mail.headers if name.lower() == b"dkim-signature"]
    faults: list[str] = [] if values else ["there is no signature"]
    later = ""
    for place, value in enumerate(values[:_MOST]):
        try:
            tags = parse_tag_value(value)
            fault = _tag_fault(tags, domain.lower()) or _key_fault(mail, place, tags, key_of)
        except NoAnswer as error:
            later = f"dkim: DNS gives no answer ({error})"
            continue
        except (dkim.DKIMException, InvalidTagValueList, ValueError, LookupError, TypeError, ArithmeticError) as error:
            fault = str(error) or type(error).__name__
        if not fault:
            signer = tags[b"d"].decode("ascii").lower()
            return DkimProof("pass", f"our own check: dkim=pass header.d={signer}")
        faults.append(fault)
    return DkimProof("later", later) if later else DkimProof("fail", f"dkim: {faults[0]}"[:200])


def _tag_fault(tags: Mapping[bytes, bytes], domain: str) -> str:
    """Why a signature does not count whatever its key says, '' if it may."""
    if tags.get(b"a", b"").lower() != b"rsa-sha256":
        return "the signature is not rsa-sha256"
    if not _HOST.fullmatch(tags.get(b"d", b"")) or not _HOST.fullmatch(tags.get(b"s", b"")):
        return "d= or s= is no name"
    if not is_aligned(tags[b"d"].decode("ascii").lower(), domain):
        return "the signature is of another domain"
    if b"l" in tags:
        return "l= leaves a part of the text unsigned"
    if b"from" not in [name.strip().lower() for name in tags.get(b"h", b"").split(b":")]:
        return "From is not signed"
    if b"x" in tags and int(tags[b"x"]) < time.time():
        return "the signature has expired"
    return ""


def _key_fault(mail: dkim.DKIM, place: int, tags: Mapping[bytes, bytes], key_of: KeyOf) -> str:
    """Why the key, or the signature by it, does not count, '' if it does."""
    name = f"{tags[b's'].decode('ascii')}._domainkey.{tags[b'd'].decode('ascii')}"
    record = key_of(name)
    if record is None:
        return f"there is no key {name}"
    key = parse_tag_value(record)
    flags = [flag.strip() for flag in key.get(b"t", b"").split(b":")]
    if b"y" in flags:
        return f"the key {name} is in testing"
    hashes = [one.strip() for one in key.get(b"h", b"sha256").split(b":")]
    services = [one.strip() for one in key.get(b"s", b"*").split(b":")]
    if b"sha256" not in hashes or not {b"*", b"email"} & set(services):
        return f"the key {name} is for something else"
    if b"s" in flags and tags.get(b"i", b"@" + tags[b"d"]).rpartition(b"@")[2].lower() != tags[b"d"].lower():
        return "i= is another domain than d="
    is_valid = mail.verify(place, dnsfunc=lambda _name, timeout=DNS_S: record)
    return "" if is_valid else "the signature does not fit the mail or the key"
