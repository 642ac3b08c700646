-- The first schema. Numbered files are never edited after a release.
-- Times: INTEGER milliseconds since 1970 UTC. JSON columns hold arrays of objects of core/model.py.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a start of the daemon; monotonic times compare only within one boot.
CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    boot       TEXT NOT NULL,
    version    TEXT NOT NULL,
    started_at INTEGER NOT NULL
) STRICT;

-- Request numbers: one row a prefix and year.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every mail of the request mailbox, once, by its digest.
CREATE TABLE incoming_mails (
    id          INTEGER PRIMARY KEY,
    digest      BLOB NOT NULL UNIQUE,
    folder      TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    raw         BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    state       TEXT NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'done', 'unproven', 'quarantined')),
    sender      TEXT NOT NULL DEFAULT '',
    auth        TEXT NOT NULL DEFAULT '',
    result      TEXT NOT NULL DEFAULT '',
    content     BLOB NOT NULL DEFAULT x''              -- digest of Message-ID, sender and body: the same mail, come twice
) STRICT;
CREATE INDEX incoming_mails_content ON incoming_mails (content) WHERE state = 'done';

CREATE TABLE requests (
    id                  INTEGER PRIMARY KEY,
    number              TEXT NOT NULL UNIQUE,
    source              TEXT NOT NULL CHECK (source IN ('mail', 'mqtt', 'cli')),
    client              TEXT NOT NULL DEFAULT '',
    job                 TEXT NOT NULL DEFAULT '',
    job_digest          BLOB NOT NULL DEFAULT x'',
    mail                INTEGER REFERENCES incoming_mails (id),
    thread              TEXT NOT NULL DEFAULT '',      -- Message-ID that our mails to the applicant answer
    unit                TEXT NOT NULL,
    applicant_name      TEXT NOT NULL,
    applicant_address   TEXT NOT NULL,
    applicant_phone     TEXT NOT NULL DEFAULT '',
    applicant_id_number TEXT NOT NULL DEFAULT '',
    applicant_person    TEXT NOT NULL DEFAULT '',
    channel             TEXT NOT NULL CHECK (channel IN ('sms', 'email')),
    subject             TEXT NOT NULL DEFAULT '',
    text                TEXT NOT NULL,
    encoding            TEXT NOT NULL DEFAULT '',
    parts               INTEGER NOT NULL DEFAULT 1,    -- of the longest message
    total_parts         INTEGER NOT NULL DEFAULT 0,
    recipients          INTEGER NOT NULL DEFAULT 0,
    cost_idr            INTEGER,                       -- NULL: no tariff is set
    priority            INTEGER NOT NULL,
    purpose             TEXT NOT NULL DEFAULT '',
    groups              TEXT NOT NULL DEFAULT '[]',
    wanted_by           TEXT NOT NULL DEFAULT '',
    send_after          INTEGER,
    expires_at          INTEGER NOT NULL,
    faults              TEXT NOT NULL DEFAULT '[]',
    warnings            TEXT NOT NULL DEFAULT '[]',
    digest              BLOB NOT NULL,
    preapproved         TEXT NOT NULL DEFAULT '',
    created_at          INTEGER NOT NULL,
    approved_at         INTEGER,
    closed_at           INTEGER,
    closed_as           TEXT NOT NULL DEFAULT '' CHECK (closed_as IN ('', 'rejected', 'cancelled', 'expired')),
    close_reason        TEXT NOT NULL DEFAULT '',
    settled_at          INTEGER,                       -- every delivery final, or the waiting time over
    reported_at         INTEGER,                       -- the last report is on its way
    changed_at          INTEGER,                       -- a delivery changed after settlement, and no report tells it yet
    published           TEXT NOT NULL DEFAULT '',      -- last status payload on MQTT, without its time
    booked_at           INTEGER NOT NULL DEFAULT 0,    -- since when its parts count against quotas (store/quotas.py)
    booked_parts        INTEGER NOT NULL DEFAULT 0,
    booked_final        INTEGER NOT NULL DEFAULT 0,    -- 1: what was never sent has been given back
    -- Long ones last: what stands behind them in a row is slow to reach.
    refused             TEXT NOT NULL DEFAULT '[]',
    duplicates          TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX requests_client_booked ON requests (client, booked_at, booked_parts, booked_final);
CREATE INDEX requests_unit_booked ON requests (unit, booked_at, booked_parts, booked_final);
-- The form as read, with its whole list, to merge a correction into. Apart, since every round of a stage reads requests.
CREATE TABLE forms (
    request INTEGER PRIMARY KEY REFERENCES requests (id),
    form    TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX requests_job ON requests (client, job) WHERE job <> '';
CREATE INDEX requests_open ON requests (id) WHERE reported_at IS NULL;
CREATE INDEX requests_changed ON requests (changed_at) WHERE changed_at IS NOT NULL;

CREATE TABLE decisions (
    id      INTEGER PRIMARY KEY,
    request INTEGER NOT NULL REFERENCES requests (id),
    step    INTEGER NOT NULL,
    person  TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'reject', 'cancel')),
    reason  TEXT NOT NULL DEFAULT '',
    digest  BLOB NOT NULL,
    via     TEXT NOT NULL,                             -- mail, cli, form (the form that this person sent)
    proof   TEXT NOT NULL DEFAULT '',                  -- what authenticated it
    mail    INTEGER REFERENCES incoming_mails (id),
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX decisions_request ON decisions (request);

-- One-time tokens: only their SHA-256 is here.
CREATE TABLE tokens (
    hash       BLOB PRIMARY KEY,
    request    INTEGER NOT NULL REFERENCES requests (id),
    step       INTEGER NOT NULL,
    person     TEXT NOT NULL,
    digest     BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;

-- Mails of our own. The intent is a row; the mail is composed later, then sent as a delivery of kind notice.
CREATE TABLE notices (
    id          INTEGER PRIMARY KEY,
    request     INTEGER REFERENCES requests (id),
    kind        TEXT NOT NULL,
    to_address  TEXT NOT NULL,
    to_name     TEXT NOT NULL DEFAULT '',
    params      TEXT NOT NULL DEFAULT '{}',
    in_reply_to TEXT NOT NULL DEFAULT '',
    message_id  TEXT UNIQUE,
    raw         BLOB,
    tries       INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_uncomposed ON notices (id) WHERE message_id IS NULL;
CREATE INDEX notices_request ON notices (request, kind);

-- One recipient on one channel: the only stored sending state (core/states.py).
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY,
    request      INTEGER REFERENCES requests (id),
    notice       INTEGER REFERENCES notices (id),
    kind         TEXT NOT NULL CHECK (kind IN ('message', 'notice')),
    channel      TEXT NOT NULL CHECK (channel IN ('sms', 'email')),
    row          INTEGER NOT NULL DEFAULT 0,
    address      TEXT NOT NULL,
    name         TEXT NOT NULL DEFAULT '',
    fields       TEXT NOT NULL DEFAULT '',
    text         TEXT,                                 -- personal text; NULL: the request's
    parts        INTEGER NOT NULL DEFAULT 1,
    priority     INTEGER NOT NULL,
    route        TEXT NOT NULL DEFAULT '',             -- operator of the number (core/routing.py); '' for e-mail
    not_before   INTEGER NOT NULL DEFAULT 0,
    expires_at   INTEGER,
    state        TEXT NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0,           -- temporary failures so far
    resent_after INTEGER NOT NULL DEFAULT 0,           -- attempts up to this one are of a sending that a person ordered anew
    transport    TEXT NOT NULL DEFAULT '',
    pinned       TEXT NOT NULL DEFAULT '',             -- the only transport that may go on with a long message
    cause_code   TEXT NOT NULL DEFAULT '',
    cause_text   TEXT NOT NULL DEFAULT '',
    submitted_at INTEGER,
    accepted_at  INTEGER,
    final_at     INTEGER
) STRICT;
-- The only index with a state in it: what may be claimed next, by channel, priority and route, oldest first.
CREATE INDEX deliveries_claim ON deliveries (channel, priority, route, not_before, id) WHERE state = 'queued';
CREATE INDEX deliveries_request ON deliveries (request, id);
CREATE INDEX deliveries_address ON deliveries (address);
CREATE INDEX deliveries_notice ON deliveries (notice) WHERE notice IS NOT NULL;

-- Every attempt to submit a part, written before its first byte leaves.
CREATE TABLE attempts (
    delivery    INTEGER NOT NULL REFERENCES deliveries (id),
    part        INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('submitting', 'accepted', 'deferred', 'rejected', 'in_doubt')),
    transport   TEXT NOT NULL,
    sim         TEXT NOT NULL DEFAULT '',
    run         INTEGER NOT NULL REFERENCES runs (id),
    reference   INTEGER,                               -- TP-MR
    began_at    INTEGER NOT NULL,
    ended_at    INTEGER,
    cause_code  TEXT NOT NULL DEFAULT '',
    report      TEXT NOT NULL DEFAULT '',              -- last status report: pending, delivered, failed, …
    tp_status   INTEGER,
    reported_at INTEGER,
    PRIMARY KEY (delivery, part, attempt)
) STRICT, WITHOUT ROWID;
-- For caps by the hour and day, and for what a status report may be about.
CREATE INDEX attempts_paced ON attempts (transport, began_at);

-- Status reports that matched no part yet; matched again when a submission is accepted.
CREATE TABLE orphan_reports (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    modem         TEXT NOT NULL,
    sim           TEXT NOT NULL,
    reference     INTEGER NOT NULL,
    recipient     TEXT NOT NULL,
    submitted_at  INTEGER,
    discharged_at INTEGER,
    status        TEXT NOT NULL,
    tp_status     INTEGER NOT NULL,
    matched       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX orphan_reports_open ON orphan_reports (modem, reference) WHERE matched = 0;

-- The last facts of every transport, mailbox and broker: what `status` shows.
CREATE TABLE health (
    name       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,                          -- modem, smtp, mailbox, broker
    facts      TEXT NOT NULL,                          -- JSON
    paused     TEXT NOT NULL DEFAULT '',               -- code; '' = may send
    paused_why TEXT NOT NULL DEFAULT '',
    since      INTEGER NOT NULL,
    rests_until INTEGER,                               -- it waits after a fault that the next message would meet too
    rests_why  TEXT NOT NULL DEFAULT '',
    alarmed    TEXT NOT NULL DEFAULT '',               -- code the staff was last written to about
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What came from the network, part by part, once; `message` is set when the message is put together.
CREATE TABLE incoming_parts (
    id          INTEGER PRIMARY KEY,
    digest      BLOB NOT NULL,
    modem       TEXT NOT NULL,
    sim         TEXT NOT NULL,
    sender      TEXT NOT NULL,
    reference   INTEGER NOT NULL,
    total       INTEGER NOT NULL,                      -- 0: it could not be read
    number      INTEGER NOT NULL,
    text        TEXT NOT NULL,
    raw         TEXT NOT NULL,                         -- PDU in hexadecimal
    sent_at     INTEGER,
    received_at INTEGER NOT NULL,
    message     INTEGER REFERENCES incoming_sms (id)
) STRICT;
CREATE INDEX incoming_parts_digest ON incoming_parts (digest);
CREATE INDEX incoming_parts_open ON incoming_parts (sim, sender, reference, total) WHERE message IS NULL;

CREATE TABLE incoming_sms (
    id          INTEGER PRIMARY KEY,
    modem       TEXT NOT NULL,
    sim         TEXT NOT NULL,
    sender      TEXT NOT NULL,
    text        TEXT NOT NULL,
    missing     INTEGER NOT NULL DEFAULT 0,            -- parts that did not come
    sent_at     INTEGER,
    received_at INTEGER NOT NULL,
    published   INTEGER NOT NULL DEFAULT 0,
    handled     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX incoming_sms_unpublished ON incoming_sms (id) WHERE published = 0;
CREATE INDEX incoming_sms_unhandled ON incoming_sms (id) WHERE handled = 0;

-- What came back to an e-mail: each kind once a delivery.
CREATE TABLE bounces (
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    kind     TEXT NOT NULL CHECK (kind IN ('hard', 'soft', 'complaint')),
    status   TEXT NOT NULL DEFAULT '',                 -- enhanced code, RFC 3463
    why      TEXT NOT NULL DEFAULT '',
    at       INTEGER NOT NULL,
    PRIMARY KEY (delivery, kind)
) STRICT, WITHOUT ROWID;

-- Who wants nothing from us any more: numbers in E.164, addresses in lower case.
CREATE TABLE optouts (
    address TEXT PRIMARY KEY,
    since   INTEGER NOT NULL,
    source  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened to a request, in order: the story `show` tells.
CREATE TABLE events (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    request INTEGER REFERENCES requests (id),
    name    TEXT NOT NULL,
    actor   TEXT NOT NULL DEFAULT '',
    detail  TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX events_request ON events (request, id);
