#!/usr/bin/env sh
# Makes example.json anew after a change of its formats: run with `tacit` on the PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
servers=
trap 'kill $servers 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
at="--net net --password-file pw"
echo 'correct horse battery staple' > pw
tacit node init --dir node $at
tacit node run --dir node $at > node.log 2>&1 &
servers=$!
while [ ! -e net/node.json ]; do sleep 1; done
tacit issuer init --dir issuer --name 'Example Registry' --password-file pw
tacit node register --dir node $at issuer/member.json
tacit issuer schema --dir issuer $at
tacit issuer serve --dir issuer $at > issuer.log 2>&1 &
servers="$servers $!"
while [ ! -e net/issuer.json ]; do sleep 1; done
echo '{"givenName":"Erika","familyName":"Mustermann","birthdate":"1986-08-12","country":"DE"}' > person.json
tacit issuer offer --dir issuer $at --claims person.json --out offer.txt
tacit wallet init --dir wallet $at
tacit wallet request-credential --dir wallet $at --offer offer.txt
tacit wallet prove 'age >= 18, country in [DE, FR], reveal country' --dir wallet $at --out "$here/example.json"
