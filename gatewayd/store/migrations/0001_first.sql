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
    tries       INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    raw         BLOB                                   -- megabytes: only as the last column made empty without memory
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

-- The audit: one row for each change of what a send is explained by, in a chain of hashes (core/audit.py says what
-- stands in `facts`). Digests, ids and codes only; numbers and free text as keyed hashes, so that it outlives them.
-- Functions of ours: chained(), keyed() (store/keys.py). Only the triggers below write it.
CREATE TABLE audit (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    facts TEXT NOT NULL,                               -- JSON array
    hash  BLOB NOT NULL                                -- of the hash before, id, at, kind and facts
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- What is written goes through this view: the next link of the chain.
CREATE VIEW audit_next AS SELECT kind, facts FROM audit WHERE 0;
CREATE TRIGGER audit_link INSTEAD OF INSERT ON audit_next BEGIN
    INSERT INTO audit (id, at, kind, facts, hash)
    SELECT id, at, NEW.kind, NEW.facts, chained(before, id, at, NEW.kind, NEW.facts) FROM (
        SELECT coalesce(max(id), 0) + 1 AS id, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS at,
               coalesce(hash, x'') AS before FROM (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)
    );
END;

-- The facts of each audited row as it stands: what the triggers write, and `audit verify` compares with the last entry.
CREATE VIEW audited_run AS
    SELECT id AS key, json_array(id, boot, version, started_at) AS facts FROM runs;
CREATE VIEW audited_request AS
    SELECT id AS key, json_array(
        id, number, source, client, keyed(job), lower(hex(job_digest)), mail,
        (SELECT lower(hex(m.digest)) FROM incoming_mails m WHERE m.id = mail), lower(hex(digest)), preapproved,
        created_at, approved_at, closed_as
    ) AS facts FROM requests;
CREATE VIEW audited_decision AS
    SELECT id AS key, json_array(
        id, request, step, person, verdict, keyed(reason), lower(hex(digest)), via, proof, mail,
        (SELECT lower(hex(m.digest)) FROM incoming_mails m WHERE m.id = mail), at
    ) AS facts FROM decisions;
CREATE VIEW audited_event AS
    SELECT id AS key, json_array(
        id, at, request, name, CASE WHEN actor GLOB '*[@ ]*' THEN keyed(actor) ELSE actor END, keyed(detail)
    ) AS facts FROM events;
CREATE VIEW audited_attempt AS
    SELECT a.delivery || '.' || a.part || '.' || a.attempt AS key, json_array(
        a.delivery, a.part, a.attempt, d.request, keyed(d.address), a.transport, keyed(a.sim), a.run, a.began_at,
        a.state, a.reference, a.ended_at, a.cause_code, a.report, a.tp_status, a.reported_at
    ) AS facts FROM attempts a JOIN deliveries d ON d.id = a.delivery;
CREATE VIEW audited_optout AS
    SELECT address, keyed(address) AS key, json_array(keyed(address), since, source) AS facts FROM optouts;

CREATE TRIGGER runs_audit AFTER INSERT ON runs BEGIN
    INSERT INTO audit_next SELECT 'run', facts FROM audited_run WHERE key = NEW.id;
END;
CREATE TRIGGER requests_audit AFTER INSERT ON requests BEGIN
    INSERT INTO audit_next SELECT 'request', facts FROM audited_request WHERE key = NEW.id;
END;
CREATE TRIGGER requests_audit_update AFTER UPDATE OF id, number, source, client, job, job_digest, mail, digest,
    preapproved, created_at, approved_at, closed_as ON requests
WHEN (NEW.id, NEW.number, NEW.source, NEW.client, NEW.job, NEW.job_digest, NEW.mail, NEW.digest, NEW.preapproved,
      NEW.created_at, NEW.approved_at, NEW.closed_as)
    IS NOT (OLD.id, OLD.number, OLD.source, OLD.client, OLD.job, OLD.job_digest, OLD.mail, OLD.digest, OLD.preapproved,
            OLD.created_at, OLD.approved_at, OLD.closed_as) BEGIN
    INSERT INTO audit_next SELECT 'request', facts FROM audited_request WHERE key = NEW.id;
END;
CREATE TRIGGER decisions_audit AFTER INSERT ON decisions BEGIN
    INSERT INTO audit_next SELECT 'decision', facts FROM audited_decision WHERE key = NEW.id;
END;
CREATE TRIGGER decisions_audit_update AFTER UPDATE ON decisions WHEN NEW.reason <> OLD.reason BEGIN
    INSERT INTO audit_next SELECT 'decision', facts FROM audited_decision WHERE key = NEW.id;
END;
CREATE TRIGGER events_audit AFTER INSERT ON events BEGIN
    INSERT INTO audit_next SELECT 'event', facts FROM audited_event WHERE key = NEW.id;
END;
CREATE TRIGGER events_audit_update AFTER UPDATE ON events
WHEN (NEW.actor, NEW.detail) IS NOT (OLD.actor, OLD.detail) BEGIN
    INSERT INTO audit_next SELECT 'event', facts FROM audited_event WHERE key = NEW.id;
END;
-- Three for each part that is sent, so they hold only what is new, and an entry costs some 90 octets.
CREATE TRIGGER attempts_audit AFTER INSERT ON attempts BEGIN
    INSERT INTO audit_next SELECT 'attempt', json_array(
        NEW.delivery, NEW.part, NEW.attempt, request, keyed(address), NEW.transport, keyed(NEW.sim), NEW.run, NEW.began_at
    ) FROM deliveries WHERE id = NEW.delivery;
END;
CREATE TRIGGER attempts_audit_outcome AFTER UPDATE OF state, reference, ended_at, cause_code ON attempts
WHEN (NEW.state, NEW.reference, NEW.ended_at, NEW.cause_code) IS NOT (OLD.state, OLD.reference, OLD.ended_at, OLD.cause_code)
BEGIN
    INSERT INTO audit_next VALUES ('outcome', json_array(
        NEW.delivery, NEW.part, NEW.attempt, NEW.state, NEW.reference, NEW.ended_at, NEW.cause_code
    ));
END;
CREATE TRIGGER attempts_audit_report AFTER UPDATE OF report, tp_status, reported_at ON attempts
WHEN (NEW.report, NEW.tp_status, NEW.reported_at) IS NOT (OLD.report, OLD.tp_status, OLD.reported_at) BEGIN
    INSERT INTO audit_next VALUES ('report', json_array(
        NEW.delivery, NEW.part, NEW.attempt, NEW.report, NEW.tp_status, NEW.reported_at
    ));
END;
-- A wrong clock was set right (store/timekeeping.py).
CREATE TRIGGER attempts_audit_moved AFTER UPDATE OF began_at ON attempts WHEN NEW.began_at <> OLD.began_at BEGIN
    INSERT INTO audit_next VALUES ('moved', json_array(NEW.delivery, NEW.part, NEW.attempt, NEW.began_at));
END;
CREATE TRIGGER optouts_audit AFTER INSERT ON optouts BEGIN
    INSERT INTO audit_next SELECT 'optout', facts FROM audited_optout WHERE address = NEW.address;
END;
CREATE TRIGGER optouts_audit_delete AFTER DELETE ON optouts BEGIN
    INSERT INTO audit_next VALUES ('optin', json_array(keyed(OLD.address)));
    -- No row is left that would miss this entry, so the head is noted (store/audit.py).
    INSERT OR REPLACE INTO meta (key, value)
    SELECT 'audit_head', id || ':' || lower(hex(hash)) FROM audit ORDER BY id DESC LIMIT 1;
END;

-- What was done stays. Only words may be taken out of decisions and events (retention).
CREATE TRIGGER runs_stay BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER requests_stay BEFORE DELETE ON requests BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER runs_fixed BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER decisions_fixed BEFORE UPDATE OF id, request, step, person, verdict, digest, via, proof, mail, at
    ON decisions BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER events_fixed BEFORE UPDATE OF id, at, request, name ON events BEGIN SELECT RAISE(ABORT, 'audited'); END;
CREATE TRIGGER attempts_fixed BEFORE UPDATE OF delivery, part, attempt, transport, sim, run ON attempts BEGIN
    SELECT RAISE(ABORT, 'audited');
END;

-- What was taken out of a request, and when: its rows stay, without words or numbers (store/retention.py).
CREATE TABLE removals (
    request INTEGER NOT NULL REFERENCES requests (id),
    kind    TEXT NOT NULL CHECK (kind IN ('numbers', 'texts', 'person')),
    at      INTEGER NOT NULL,
    PRIMARY KEY (request, kind)
) STRICT, WITHOUT ROWID;

-- The weakest signal of each hour (hours since 1970), for the summary's chart.
CREATE TABLE signals (
    modem TEXT NOT NULL,
    hour  INTEGER NOT NULL,
    dbm   INTEGER NOT NULL,
    PRIMARY KEY (modem, hour)
) STRICT, WITHOUT ROWID;

-- Files that go out with every e-mail of a request.
CREATE TABLE enclosures (
    request  INTEGER NOT NULL REFERENCES requests (id),
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    content  BLOB NOT NULL,
    PRIMARY KEY (request, position)
) STRICT;
