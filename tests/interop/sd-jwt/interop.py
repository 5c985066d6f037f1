"""The other side in Python: `issue FILE` writes what identity/examples/sd_jwt_interop.rs verifies, `verify FILE` reads what it issued.

The package knows no status lists and, for key bindings, ES256 only.
"""

import json
import sys
import time

from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

ALGORITHM = "ES256"
AUDIENCE = "https://shop.example"
NONCE = "nonce-1"
SHOWN = {"name": "Ada", "nationalities": ["FR"], "address": {"street": "Straße 1", "city": "Köln"}, "level": 3}


def issue():
    issuer = JWK.generate(kty="EC", crv="P-256")
    holder = JWK.generate(kty="EC", crv="P-256")
    now = int(time.time())
    claims = {
        "iss": "https://issuer.example",
        "vct": "https://issuer.example/person",
        "iat": now,
        "exp": now + 1000,
        SDObj("name"): "Ada",
        "nationalities": [SDObj("DE"), SDObj("FR")],
        SDObj("address"): {SDObj("street"): "Straße 1", "city": "Köln"},
        "level": 3,
    }
    header = {"typ": "dc+sd-jwt"}
    issued = SDJWTIssuer(claims, issuer, holder, ALGORITHM, True, extra_header_parameters=header).sd_jwt_issuance
    wallet = SDJWTHolder(issued)
    chosen = {"name": True, "nationalities": [False, True], "address": {"street": True}}
    wallet.create_presentation(chosen, NONCE, AUDIENCE, holder, ALGORITHM)
    return {
        "issued": issued,
        "presented": wallet.sd_jwt_presentation,
        "issuer": issuer.export_public(as_dict=True),
        # Not earlier than the key binding.
        "now": int(time.time()),
    }


def payload_of(text, key):
    return SDJWTVerifier(text, lambda issuer, header: key, AUDIENCE, NONCE).get_verified_payload()


def verify(ours):
    key = JWK.from_json(json.dumps(ours["issuer"]))
    text = ours["presented"]
    payload = payload_of(text, key)
    for name, value in SHOWN.items():
        if payload[name] != value:
            raise ValueError(f"another claim {name}")
    refused = 0
    for at in range(0, len(text), 7):
        # The last character of a part carries bits that mean nothing to lenient decoders.
        if text[at + 1 : at + 2] in ("", ".", "~"):
            continue
        changed = text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]
        try:
            payload_of(changed, key)
        except Exception:
            refused += 1
        else:
            raise ValueError(f"accepted with character {at} changed")
    return refused


mode, file = sys.argv[1:]
if mode == "issue":
    with open(file, "w") as out:
        json.dump({ALGORITHM: issue()}, out)
elif mode == "verify":
    with open(file) as written:
        count = verify(json.load(written)[ALGORITHM])
    print(f"{ALGORITHM}: ours verified, {count} changed ones refused")
else:
    sys.exit("issue FILE | verify FILE")
