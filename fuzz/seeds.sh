#!/usr/bin/env sh
# Fills corpus/, or the folder CORPUS, with what a small story writes: run with `tacit` on the PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
corpus=${CORPUS:-$here/corpus}
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
seed() { mkdir -p "$corpus/$1"; cp "$2" "$corpus/$1/${3:-story}"; }
echo 'correct horse battery staple' > pw
tacit node init --dir node --net net --password-file pw
tacit node run --dir node --net net --password-file pw &
server=$!
while [ ! -e net/node.json ]; do sleep 1; done
tacit issuer init --dir issuer --name Registry --password-file pw
tacit node register --dir node --net net --password-file pw issuer/member.json
tacit issuer schema --dir issuer --net net --password-file pw
echo '{"givenName":"Erika","familyName":"Mustermann","birthdate":"1986-08-12","country":"DE"}' > person.json
tacit issuer offer --dir issuer --net net --password-file pw --claims person.json --out offer.txt
tacit wallet init --dir wallet --net net --password-file pw --seed-out seed.txt
tacit wallet request-credential --dir wallet --net net --password-file pw --offer offer.txt --out request.json
tacit issuer issue --dir issuer --net net --password-file pw request.json --out issued
tacit wallet import --dir wallet --net net --password-file pw --credential issued/credential.json --opening issued/opening.json
tacit wallet prove 'age >= 18' --dir wallet --net net --password-file pw --out proof.json
tacit network candidate --dir candidate --name Candidate --address 127.0.0.1:7000 --password-file pw
seed registration issuer/member.json member
seed registration candidate/validator.json validator
seed registration net/node.json endpoint
seed node_config node/node.toml
seed genesis net/genesis.json
seed claims person.json
seed mapping person.json claims
seed mapping "$here/../identity/src/bridge/shipped/eu-pid.json" mapping
seed offer offer.txt
seed seed seed.txt
seed issuance_request request.json
seed credential issued/credential.json
seed opening issued/opening.json
seed bundle_file proof.json
sed -n 's/.*"evidence": "\(.*\)".*/\1/p' proof.json | base64 -d > evidence
seed presentation_bundle evidence
seed wallet_file wallet/wallet
seed header wallet/checkpoint 2>/dev/null || seed header issuer/checkpoint
for example in "$here"/../identity/tests/vectors/sd-jwt/rfc9901-*.txt; do
    sed -n 's/^payload //p; s/^disclosure //p' "$example" > lines
    seed sd_jwt lines "$(basename "$example")"
done
printf eNrbuRgAAhcBXQ > list
seed status_list list
seed schema "$here/../identity/src/schema/shipped/person.json"
seed did_log "$here/../identity/tests/vectors/did-log.jsonl"
printf 'did:web:a.example?service=files&relativeRef=b%%2Fc#part\ntext/uri-list, application/did;q=0.5' > url
seed did_url url
cat > document.json <<END
{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "validFrom": "2026-01-01T00:00:00Z",
 "credentialSubject": {"id": "did:example:subject", "description": "a graduate"}}
END
tacit w3c issue --dir issuer --password-file pw document.json --out issued.json
printf '{"verifiableCredential": %s, "options": {"challenge": "x", "domain": ["https://a.example"], "checks": ["proof"]}}' "$(cat issued.json)" > body
seed http_body body verify
printf '{"credential": %s, "options": {"cryptosuite": "eddsa-rdfc-2022", "credentialStatus": "suspension"}}' "$(cat document.json)" > body
seed http_body body issue
seed http_body issued.json bare
seed did_document "$here/../identity/tests/vectors/did-document.json"
printf "age >= 18, country in [DE, FR], level != 2, income in 1000..5000, reveal country" > predicates
seed predicate predicates
tacit light state counters --net net --out state.json
tacit light follow --net net --out checkpoint.json
seed checkpoint checkpoint.json
sed -n 's/.*"evidence": "\(.*\)".*/\1/p' state.json | base64 -d > evidence
seed state_bundle evidence
