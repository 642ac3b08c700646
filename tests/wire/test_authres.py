"""Authentication-Results: nothing but the own server's plain word on the From domain proves a sender."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.authres import AuthResults, Result, Verdict, parse, verdict

OURS = "mail.kampus.example"
DOMAIN = "kampus.example"
PASS = f"{OURS}; dmarc=pass header.from={DOMAIN}"


def judge(*values: str, domain: str = DOMAIN) -> Verdict:
    return verdict(values, [OURS], domain)


@pytest.mark.parametrize(
    "value",
    [
        PASS,
        f"{OURS};dmarc=pass header.from={DOMAIN}",
        f"{OURS} 1; dmarc=pass header.from={DOMAIN}",
        "MAIL.Kampus.Example; DMARC=Pass Header.From=Kampus.Example",
        f"{OURS}; dmarc=pass (p=reject sp=none dis=none) header.from={DOMAIN};",
        f"(a comment) {OURS}; (another (nested)) dmarc=pass header.from={DOMAIN}",
        f'{OURS}; dmarc=pass reason="aligned" header.from={DOMAIN}',
        f"{OURS}; spf=fail smtp.mailfrom=x@lain.example; dmarc=pass header.from={DOMAIN}",
        f"{OURS}; dkim=pass (2048-bit key) header.d={DOMAIN} header.i=@{DOMAIN} header.s=s1 header.b=\"aB/c+d=\"",
        f"{OURS}; dkim=pass header.d={DOMAIN}; dmarc=none header.from={DOMAIN}",
        f"{OURS}; dkim=fail header.d={DOMAIN}; dkim=pass header.d={DOMAIN}",
        f"{OURS}; dkim=pass header.d=lain.example; dkim=pass header.d={DOMAIN}",
        f"{OURS}; arc=none; spf=pass smtp.mailfrom={DOMAIN}; dkim=pass header.d={DOMAIN};"
        f" dmarc=pass header.from={DOMAIN}",
        f"{OURS}; dkim/1=pass header.d={DOMAIN}",
    ],
)  # fmt: skip
def test_the_own_servers_pass_for_the_from_domain_proves_it(value: str) -> None:
    assert judge(value).authenticated


@pytest.mark.parametrize(
    "values",
    [
        (),
        ("",),
        (";",),
        (OURS,),
        (f"{OURS}; none",),
        (f"lain.example; dmarc=pass header.from={DOMAIN}",),
        (f"mail.kampus.example.jahat.example; dmarc=pass header.from={DOMAIN}",),
        (f"x{OURS}; dmarc=pass header.from={DOMAIN}",),
        (f'"lain.example; {OURS}"; dmarc=pass header.from={DOMAIN}',),
        (f"{OURS}; dmarc=fail header.from={DOMAIN}", PASS),
        (f"lain.example; dmarc=fail header.from={DOMAIN}", f"{OURS}; dmarc=fail header.from={DOMAIN}", PASS),
        (f"{OURS}; spf=pass smtp.mailfrom={DOMAIN}", PASS),
        (f"{OURS}; dmarc=pass header.from=jahat.example",),
        (f"{OURS}; dmarc=pass header.from=sub.{DOMAIN}",),
        (f"{OURS}; dmarc=pass header.from={DOMAIN}.jahat.example",),
        (f"{OURS}; dmarc=pass",),
        (f"{OURS}; dmarc=pass header.from={DOMAIN} header.from=jahat.example",),
        (f"{OURS}; dmarc=pass smtp.from={DOMAIN}",),
        (f"{OURS}; dmarc=bestguesspass header.from={DOMAIN}",),
        (f"{OURS}; dmarc=passed header.from={DOMAIN}",),
        (f'{OURS}; dmarc="pass" header.from={DOMAIN}',),
        (f"{OURS}; dmarc=temperror header.from={DOMAIN}; dkim=pass header.d={DOMAIN}",),
        (f"{OURS}; dmarc=fail header.from={DOMAIN}; dkim=pass header.d={DOMAIN}",),
        (f"{OURS}; dmarc=fail header.from={DOMAIN}; dmarc=pass header.from={DOMAIN}",),
        (f"{OURS}; dmarc=pass header.from={DOMAIN}; dmarc=pass header.from={DOMAIN}",),
        (f"{OURS}; dmarc=fail (dmarc=pass header.from={DOMAIN})",),
        (f"{OURS}; (dmarc=pass header.from={DOMAIN})",),
        (f'{OURS}; dmarc=fail reason="; dmarc=pass header.from={DOMAIN}"',),
        (f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from={DOMAIN}"',),
        (f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from={DOMAIN};"@jahat.example; dmarc=fail',),
        (f"{OURS}; spf=pass smtp.mailfrom={DOMAIN}",),
        (f"{OURS}; auth=pass smtp.auth=baa@{DOMAIN}",),
        (f"{OURS}; dkim=pass header.d=jahat.example",),
        (f"{OURS}; dkim=pass header.d=sub.{DOMAIN}",),
        (f"{OURS}; dkim=pass header.d=example",),
        (f"{OURS}; dkim=pass header.d=xkampus.example",),
        (f"{OURS}; dkim=pass header.d={DOMAIN} header.d=jahat.example",),
        (f"{OURS}; dkim=fail header.d={DOMAIN}",),
        (f"{OURS}; dkim=policy header.d={DOMAIN}",),
        (f"{OURS}; x-dmarc=pass header.from={DOMAIN}",),
        (f"{OURS}; dmarc=pass header.from={DOMAIN} (open",),
        (f'{OURS}; dmarc=pass header.from={DOMAIN}; x=y reason="open',),
        (f"{OURS}; dmarc pass header.from={DOMAIN}",),
        (f"{OURS}; dmarc==pass header.from={DOMAIN}",),
        (f"{OURS} 1 2; dmarc=pass header.from={DOMAIN}",),
        (f"{OURS} x; dmarc=pass header.from={DOMAIN}",),
        (f"{OURS}; dmarc=pass header.from={DOMAIN}" + " x.y=z" * 500,),
        (f"{OURS}; " + "(" * 9000,),
        (f"{OURS}; dmarc=pass header.from={DOMAIN} \\",),
    ],
)  # fmt: skip
def test_anything_else_proves_nothing(values: tuple[str, ...]) -> None:
    found = judge(*values)
    assert not found.authenticated
    assert found.detail


def test_without_a_configured_server_nobody_is_proven() -> None:
    assert not verdict([PASS], [], DOMAIN).authenticated
    assert not verdict([PASS], ["", " "], DOMAIN).authenticated


def test_a_domain_above_the_from_domain_may_sign_for_it_but_not_one_below() -> None:
    value = f"{OURS}; dkim=pass header.d={DOMAIN}"
    assert judge(value, domain=f"fakultas.{DOMAIN}").authenticated
    assert not judge(f"{OURS}; dkim=pass header.d=fakultas.{DOMAIN}").authenticated


def test_a_header_of_another_server_above_ours_does_not_matter() -> None:
    assert judge(f"lain.example; dmarc=fail header.from={DOMAIN}", PASS).authenticated
    assert judge("((((", PASS).authenticated


def test_the_grammar_keeps_quoted_values_and_drops_comments() -> None:
    assert parse('a.example; dkim=pass (x) reason="a;b=c \\"d\\"" header.d=b.example; spf=none') == AuthResults(
        "a.example",
        (
            Result("dkim", "pass", (("reason", 'a;b=c "d"'), ("header.d", "b.example"))),
            Result("spf", "none"),
        ),
    )


@given(st.text('abp=;()"\\ .', max_size=80) | st.text(max_size=80))
def test_no_value_breaks_the_parser_or_proves_anybody(value: str) -> None:
    parse(value)
    assert not judge(f"{OURS}; x=y ({value}").authenticated
    assert not judge(value).authenticated
