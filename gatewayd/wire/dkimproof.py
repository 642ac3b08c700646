"""What our own DKIM check of a mail found, on its way from the child to the parent.

"later" means that DNS gave no answer in time: nothing is known, and the mail is to be looked at again.
"""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from gatewayd.wire.jsonvalues import loads, mapping


@dataclass(frozen=True, slots=True)
class DkimProof:
    result: Literal["pass", "fail", "later"]
    detail: str


def to_json(proof: DkimProof) -> bytes:
    return json.dumps(asdict(proof)).encode()


def from_json(data: bytes) -> DkimProof:
    """The proof in a child's answer. Raises ValueError for any other shape."""
    values = mapping(loads(data))
    detail = values.get("detail")
    if not isinstance(detail, str):
        raise ValueError("no detail")
    match values.get("result"):
        case "pass":
            return DkimProof("pass", detail)
        case "fail":
            return DkimProof("fail", detail)
        case "later":
            return DkimProof("later", detail)
    raise ValueError("no result")
