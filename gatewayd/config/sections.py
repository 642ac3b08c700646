"""The sections of the settings file. docs/configuration.md says what each key does for an operator.

Names are fixed by the public contract. Every section but [gateway] is optional: what is not there is
left out, and `gatewayd check` says so.
"""

from datetime import date, time
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gatewayd.config.metrics import Metrics
from gatewayd.config.modem import Modem
from gatewayd.config.values import Address, Duration, Name, Secret, Section, TimeOfDay, Zone, spelt

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
Port = Annotated[int, Field(ge=1, le=65535)]
ChannelName = Literal["sms", "email"]
PriorityName = Literal["urgent", "normal", "bulk"]
Positive = Annotated[float, Field(gt=0)]
#: A quota: parts asked for within any 24 hours ("day") or 30 days ("month"); None = as many as wanted.
Parts = Annotated[int, Field(ge=1)]


class Gateway(Section):
    name: str = "gatewayd"
    state_dir: Path
    timezone: Zone = "Asia/Jakarta"
    language: Literal["id", "en"] = "id"
    country: Literal["ID"] = "ID"
    ticket_prefix: Annotated[str, spelt(r"[A-Z]{2,10}", "2 to 10 capital letters")] = "UPSI"
    #: Who is written to when something needs a hand: no credit, modem lost, a mail in quarantine.
    staff: tuple[Address, ...] = ()
    #: How often the store is copied to `backups` in state_dir, and how many copies stay; 0: never.
    backup_every: Duration = 86400.0
    backup_keep: Annotated[int, Field(ge=1)] = 3
    #: How the gateway signs its mails.
    organisation: str = "UPSI"


class _Server(Section):
    host: str = "localhost"
    user: str = ""
    password: Secret | None = None
    auth: Literal["password", "xoauth2"] = "password"
    #: "none" is for loopback only; a password never crosses a network in clear.
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _password_with_user(self) -> "_Server":
        if self.user and self.password is None and not self._has_tokens():
            raise ValueError('password: needed with user, as {credential = "NAME"} or {file = "PATH"}')
        return self

    def _has_tokens(self) -> bool:
        return False


class OAuth2(Section):
    """How to get access tokens for auth = "xoauth2"."""

    token_endpoint: str
    client_id: str
    client_secret: Secret | None = None
    refresh_token: Secret
    scope: str = ""
    ca_file: Path | None = None
    timeout: Duration = 20.0
    #: Where a new refresh token is kept, for services that give one with each access token.
    rotated_file: Path | None = None

    @model_validator(mode="after")
    def _safe(self) -> "OAuth2":
        url = urlsplit(self.token_endpoint)
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
            raise ValueError("token_endpoint: an address that begins with https://")
        if not url.hostname or url.username is not None or not self.token_endpoint.isascii():
            raise ValueError("token_endpoint: an address such as https://login.example/token")
        return self


class _MailServer(_Server):
    oauth2: OAuth2 | None = None

    def _has_tokens(self) -> bool:
        return self.oauth2 is not None

    @model_validator(mode="after")
    def _tokens_are_used(self) -> "_MailServer":
        if self.oauth2 is not None and (self.auth != "xoauth2" or self.password is not None):
            raise ValueError('oauth2: with auth = "xoauth2" and without password')
        return self


class Imap(_MailServer):
    """A mailbox that is watched."""

    port: Port = 993
    tls: Literal["tls", "starttls", "none"] = "tls"
    folder: str = "INBOX"
    processed_folder: str = "Processed"
    quarantine_folder: str = "Quarantine"
    poll: Duration = 300.0
    #: IDLE is left and entered again after this time: networks drop silent connections.
    idle: Duration = 110.0
    timeout: Duration = 30.0
    max_bytes: Annotated[int, Field(ge=65536)] = 10 * 1024 * 1024


class Mailbox(Imap):
    #: authserv-ids of the own mail server whose Authentication-Results are believed.
    trusted_authserv_ids: tuple[str, ...] = ()
    #: Check DKIM signatures ourselves, with DNS, where no such header is on a mail.
    own_dkim_check: bool = False
    #: Only for mailboxes that no outsider can write to.
    trust_all_senders: bool = False


class Bounces(Imap):
    """The mailbox behind `smtp.bounce_address`, where it is not the request mailbox."""

    #: How long after its last mail a request waits for bounces before it is reported on.
    wait: Duration = 900.0


class Smtp(_MailServer):
    port: Port = 587
    tls: Literal["tls", "starttls", "none"] = "starttls"
    sender: Address
    sender_name: str = "UPSI"
    reply_to: Address | None = None
    helo_name: str | None = None
    timeout: Duration = 60.0
    #: Wait for the answer to the final dot (RFC 5321 §4.5.3.2.6).
    data_timeout: Duration = 600.0
    max_per_connection: Annotated[int, Field(ge=1)] = 200
    #: Least time between two mails of one connection.
    gap: Duration = 0.0
    #: Connections that send side by side.
    connections: Annotated[int, Field(ge=1, le=10)] = 2
    #: Least time between two mails to one domain, over all connections.
    domains: dict[str, Duration] = Field(default_factory=dict)
    #: Larger mails are not offered to the server.
    max_bytes: Annotated[int, Field(ge=65536)] = 10_000_000
    #: Files of a form's mail that go out with each of its e-mails, bytes together; 0 = none do.
    enclosures_max_bytes: Annotated[int, Field(ge=0, le=25_000_000)] = 0
    #: Requests also go out as HTML, from the small Markdown of their text.
    html: bool = True
    #: Envelope sender of requests' mails; each gets a token of its own behind "+".
    bounce_address: Address | None = None
    #: What servers with DSN are asked to tell (RFC 3461).
    notify: tuple[Literal["success", "failure", "delay"], ...] = ("failure", "delay")
    #: A page that takes people off the list; "{token}" in it is replaced.
    unsubscribe_url: (
        Annotated[str, spelt(r"https://[\x21-\x7e]*\{token\}[\x21-\x7e]*", 'an https address with "{token}" in it')]
        | None
    ) = None


class Mqtt(_Server):
    port: Port = 8883
    tls: Literal["tls", "none"] = "tls"
    protocol: Literal["5", "3.1.1"] = "5"
    client_id: str = "gatewayd"
    prefix: Annotated[str, spelt(r"[^+#\s]+", "a topic without '+', '#' and blanks")] = "gatewayd"
    keepalive: Duration = 30.0
    session_expiry: Duration = 7 * 86400.0
    receive_maximum: Annotated[int, Field(ge=1, le=65535)] = 20
    timeout: Duration = 10.0
    #: A job that was created longer ago is refused: what its sender knew then may not hold any more.
    created_within: Duration = 7 * 86400.0
    #: How far a job's clock may differ from ours.
    clock_skew: Duration = 600.0
    clients: tuple["MqttClient", ...] = ()
    selftest: "MqttSelftest | None" = None


class MqttSelftest(Section):
    """A second account at the broker, with few rights, that tries to write as another client."""

    user: str
    password: Secret
    every: Duration = 86400.0


class MqttClient(Section):
    """What one publishing system may do; its name is the topic level the broker let it write to."""

    name: Name
    unit: str = ""
    channels: tuple[ChannelName, ...] = ("sms", "email")
    #: Its jobs must be signed with this key (wire/payload_signature.py).
    hmac_key: Secret | None = None
    #: Jobs up to this size need no approval; 0 = every job needs the people of [approval].
    preapproved_recipients: Annotated[int, Field(ge=0)] = 0
    preapproved_channels: tuple[ChannelName, ...] = ()
    #: Only these texts, before merging; none: any text.
    preapproved_templates: tuple[str, ...] = ()
    priorities: tuple[PriorityName, ...] = ("normal", "bulk")
    groups: tuple[str, ...] = ()
    max_recipients: Annotated[int, Field(ge=1)] = 1000
    parts_per_day: Parts | None = None
    parts_per_month: Parts | None = None
    #: Who gets the report of its requests, beside Ka. UPSI.
    contact: Address | None = None


class Unit(Section):
    """A unit that may ask, and the addresses that speak for it."""

    name: str
    senders: Annotated[tuple[Address, ...], Field(min_length=1)]
    channels: tuple[ChannelName, ...] = ("sms", "email")
    max_recipients: Annotated[int, Field(ge=1)] = 20000
    parts_per_day: Parts | None = None
    parts_per_month: Parts | None = None


class Person(Section):
    """Somebody who decides. An alias is the same person: nobody decides twice."""

    id: Name
    name: str
    title: str = ""
    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]
    #: Of the mails to this person; none: that of [gateway].
    language: Literal["id", "en"] | None = None
    #: OS user who may decide as this person by the command line.
    os_user: str = ""


class Step(Section):
    name: str
    people: Annotated[tuple[Name, ...], Field(min_length=1)]


class Deputy(Section):
    """Somebody who decides in another's place on certain days (local dates, both included)."""

    person: Name
    in_place_of: Name
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> "Deputy":
        if self.first_day > self.last_day:
            raise ValueError("first_day must not come after last_day")
        return self


class Approval(Section):
    steps: tuple[Step, ...] = ()
    #: "parallel": everybody is asked at once.
    order: Literal["sequence", "parallel"] = "sequence"
    deputies: tuple[Deputy, ...] = ()
    #: Requests to so many recipients need `small_step` only; 0 = none do.
    small_recipients: Annotated[int, Field(ge=0)] = 0
    small_step: str = ""
    #: A form that comes from somebody who decides counts as his approval.
    own_form: bool = False
    expires: Duration = 7 * 86400.0
    remind_after: Duration = 86400.0
    #: May somebody at the gateway's command line decide a step (audited with the OS user's name)?
    operator: bool = True


class Group(Section):
    """A directory file (CSV, XLSX or ODS) behind a box of the form."""

    file: Path
    title: str = ""


class Window(Section):
    """When bulk and normal messages may leave; times are local."""

    start: TimeOfDay = time(8, 0)
    end: TimeOfDay = time(20, 0)
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    )  # fmt: skip

    @model_validator(mode="after")
    def _not_empty(self) -> "Window":
        if self.start >= self.end:
            raise ValueError("start must come before end (two windows make one over midnight)")
        return self


class Sending(Section):
    windows: tuple[Window, ...] = (Window(),)
    holidays: tuple[date, ...] = ()
    urgent_any_time: bool = True
    max_recipients: Annotated[int, Field(ge=1)] = 20000
    max_parts: Annotated[int, Field(ge=1, le=255)] = 3
    allow_foreign: bool = False
    #: Texts of forms that tell a password or a code.
    allow_credentials: bool = False
    #: Messages that one address may get, from all requests together.
    per_recipient_hour: Annotated[int, Field(ge=1)] = 3
    per_recipient_day: Annotated[int, Field(ge=1)] = 10
    #: Waits before attempt 2, 3, …; after the last one a delivery fails.
    retry: tuple[Duration, ...] = (30.0, 120.0, 600.0, 1800.0, 7200.0)
    #: What to do with a part whose outcome is unknown. "resend" may send twice.
    in_doubt: Literal["hold", "resend"] = "hold"
    in_doubt_urgent: Literal["hold", "resend"] = "hold"
    #: A request that could not be finished by then expires.
    expires: Duration = 7 * 86400.0


class Report(Section):
    #: How long to wait for status reports after the last submission.
    status_report_wait: Duration = 24 * 3600.0
    #: Rows in the picture; the rest is in the CSV.
    picture_rows: Annotated[int, Field(ge=1, le=100)] = 40
    #: Ids of [[people]] who get the report before the applicant.
    first_to: tuple[Name, ...] = ()
    #: Full numbers in the tables that go to `first_to`; everybody else sees masked ones.
    full_numbers: bool = False
    #: How the applicant gets it: once the mail server took over those of `first_to`, or when one of them says so.
    relay: Literal["automatic", "after_forward"] = "automatic"
    #: An interim report so often while a sending takes longer; 0 = none.
    interim_after: Duration = 86400.0
    #: How long a late change waits for others before a corrected report goes out.
    correct_after: Duration = 900.0
    #: One SMS to the applicant's own number when his request is done.
    sms_to_applicant: bool = False
    #: Files that go with a report mail, beside its picture.
    attach: tuple[Literal["csv", "pdf", "xlsx"], ...] = ("csv", "pdf")
    #: Files that would make the mail bigger go into a ZIP, or stay out.
    max_bytes: Annotated[int, Field(ge=1_000_000)] = 10_000_000


class Summary(Section):
    """The mail that tells once a day or week how it goes."""

    every: Literal["daily", "weekly", "off"] = "daily"
    #: Local time of day.
    at: TimeOfDay = time(7, 0)
    #: Of a weekly one.
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    #: Ids of [[people]]; empty: everybody who decides a step.
    to: tuple[Name, ...] = ()


class Retention(Section):
    """How long data is kept, from the end of its request, or from when it came. A mail holds numbers and texts, so it
    goes with the first of the three."""

    mails: Duration = 90 * 86400.0
    texts: Duration = 730 * 86400.0
    numbers: Duration = 90 * 86400.0

    @property
    def first(self) -> float:
        return min(self.mails, self.texts, self.numbers)


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"


class Settings(Section):
    gateway: Gateway
    mailbox: Mailbox | None = None
    bounces: Bounces | None = None
    smtp: Smtp | None = None
    mqtt: Mqtt | None = None
    modems: tuple[Modem, ...] = ()
    units: tuple[Unit, ...] = ()
    people: tuple[Person, ...] = ()
    approval: Approval = Approval()
    groups: dict[str, Group] = Field(default_factory=dict)
    sending: Sending = Sending()
    report: Report = Report()
    summary: Summary = Summary()
    retention: Retention = Retention()
    metrics: Metrics | None = None
    log: Log = Log()
