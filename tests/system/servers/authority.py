"""A certificate authority of our own, and one certificate for localhost, made with the openssl command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.system.servers.ports import require

_EXTENSIONS = """basicConstraints = critical,CA:FALSE
subjectAltName = DNS:localhost,IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Authority:
    """Files in PEM: `ca` is what clients trust, `cert` and `key` are the server's."""

    ca: Path
    cert: Path
    key: Path


def make_authority(folder: Path) -> Authority:
    """A new authority in `folder`."""
    made = Authority(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    ca_key, request, extensions = folder / "ca.key", folder / "cert.csr", folder / "cert.ext"
    extensions.write_text(_EXTENSIONS, encoding="ascii")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *new_key, "-keyout", ca_key, "-out", made.ca, "-days", "30",
             "-subj", "/CN=gatewayd test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    _openssl("req", *new_key, "-keyout", made.key, "-out", request, "-subj", "/CN=localhost")
    _openssl("x509", "-req", "-in", request, "-CA", made.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "30",
             "-extfile", extensions, "-out", made.cert)  # fmt: skip
    for path in (made.ca, made.cert, made.key):
        path.chmod(0o644)
    return made


def _openssl(*words: str | Path) -> None:
    subprocess.run([require("openssl", "openssl"), *map(str, words)], check=True, capture_output=True)
