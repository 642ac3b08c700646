"""Child of test_gammu_agrees.py, run by Debian's own Python: PDUs in hex on stdin → what gammu reads, as JSON lines.

Gammu copies as many characters as it counted septets or units, though an extension character takes two septets:
what lies behind the end of its text is memory that it had lying about. Its own text ends at a NUL, so that is cut here.
"""

import json
import sys

import gammu


def read(pdu: str) -> dict[str, object]:
    found = gammu.DecodePDU(bytes.fromhex(pdu), True)
    header = found["UDH"]
    bits = {"ConcatenatedMessages": 8, "ConcatenatedMessages16bit": 16}.get(header["Type"], 0)
    return {
        "number": found["Number"],
        "text": found["Text"].partition("\0")[0],
        "coding": found["Coding"],
        "class": found["Class"],
        "validity": found["SMSC"]["Validity"],
        "replaces": found["ReplaceMessage"],
        "type": found["Type"],
        "bits": bits,
        "place": [header["ID8bit" if bits == 8 else "ID16bit"], header["AllParts"], header["PartNumber"]]
        if bits
        else [],
        "header": header["Text"].hex(),
    }


for line in sys.stdin:
    try:
        answer = read(line.strip())
    except Exception as fault:
        answer = {"fault": repr(fault)}
    sys.stdout.write(json.dumps(answer) + "\n")
