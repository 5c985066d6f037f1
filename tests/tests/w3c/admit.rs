//! Credentials of others become offers of an issuer that verified them; what does not verify, or is not the person's, does not.

use serde_json::{Value, json};
use tacit_identity::public_key::PublicKey;
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at};

fn write(bench: &Workbench, name: &str, value: &Value) {
    std::fs::write(bench.path().join(name), value.to_string()).unwrap();
}

fn read(bench: &Workbench, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(bench.path().join(name)).unwrap()).unwrap()
}

/// Makes an organisation that is on no chain; gives its did:key.
fn stranger(bench: &Workbench, name: &str) -> String {
    bench.must(&format!(
        "tacit issuer init --dir {name} --name {name} --password-file pw"
    ));
    let document = bench.must(&format!(
        "tacit w3c did --dir {name} --password-file pw --format json"
    ));
    let document: Value = serde_json::from_str(&document).unwrap();
    document["id"].as_str().unwrap().to_owned()
}

fn admit(rest: &str) -> String {
    format!("tacit issuer admit {} {rest}", at("issuer"))
}

fn redeem(bench: &Workbench, offer: &str) {
    bench.must(&format!(
        "tacit wallet request-credential {} --offer {offer}",
        at("wallet")
    ));
}

#[test]
fn an_sd_jwt_of_the_eu_becomes_an_unlinkable_credential() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    bench.must(&format!(
        "tacit issuer schema {} --shipped pid",
        at("issuer")
    ));
    let (state, person) = (stranger(bench, "state"), stranger(bench, "person"));
    let key = person.strip_prefix("did:key:").unwrap();
    write(
        bench,
        "person.jwk",
        &PublicKey::from_multibase(key).unwrap().to_jwk(),
    );
    let claims = json!({
        "family_name": "Muster", "given_name": "Erika", "birthdate": "1986-08-12",
        "place_of_birth": {"locality": "Köln"}, "nationalities": ["DE", "FR"], "issuing_country": "DE",
        "address": {"country": "DE", "locality": "Köln"}, "portrait": "…"
    });
    write(bench, "pid.json", &claims);
    bench.must(
        "tacit sd-jwt issue --dir state --password-file pw --type urn:eudi:pid:1 --holder person.jwk pid.json --out pid.sd-jwt",
    );
    let show = |nonce: &str, names: &[&str], out: &str| {
        let shown: Vec<String> = names.iter().map(|name| format!("--show {name}")).collect();
        bench.must(&format!(
            "tacit sd-jwt present pid.sd-jwt --dir person --password-file pw --audience bank --nonce {nonce} {} --out {out}",
            shown.join(" ")
        ));
    };
    let needed = [
        "family_name",
        "given_name",
        "birthdate",
        "place_of_birth",
        "nationalities",
        "issuing_country",
    ];
    show("n-1", &needed, "shown");
    show("n-1", &needed[1..], "without-a-name");
    show("n-2", &needed, "for-another-request");
    let good =
        format!("shown --trust {state} --shipped pid --challenge n-1 --domain bank --out pid.txt");
    for (line, reason) in [
        (good.replace(&state, &person), "ISSUER_NOT_TRUSTED"),
        (
            good.replace("shown ", "for-another-request "),
            "SD_JWT_KEY_BINDING",
        ),
        (
            good.replace("--domain bank", "--domain shop"),
            "SD_JWT_KEY_BINDING",
        ),
        // Who shows all of it has proved nothing.
        (good.replace("shown ", "pid.sd-jwt "), "SD_JWT_KEY_BINDING"),
        (good.replace("shown ", "without-a-name "), "CLAIMS_INVALID"),
        (
            good.replace("--shipped pid", "--shipped loyalty"),
            "CLAIMS_INVALID",
        ),
        (good.replace("--domain bank ", ""), "USAGE"),
        (good.replace(&format!("--trust {state}"), ""), "USAGE"),
    ] {
        let said = bench.refused(&admit(&line));
        assert!(said.contains(reason), "{line}\n{said}");
        assert!(!said.contains("Muster"), "{said}");
    }
    let said: Value =
        serde_json::from_str(&bench.must(&admit(&format!("{good} --format json")))).unwrap();
    assert_eq!(
        (&said["holder_proven"], &said["unused"]),
        (&json!(true), &json!([])),
        "{said}"
    );
    redeem(bench, "pid.txt");
    bench.must(&format!(
        "tacit wallet prove 'nationality = DE' {} --out p.json",
        at("wallet")
    ));
    bench.must("tacit verify p.json --net net");
}

#[test]
fn a_w3c_credential_becomes_an_unlinkable_one_and_does_not_outlive_its_model() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    let (school, person, thief) = (
        stranger(bench, "school"),
        stranger(bench, "person"),
        stranger(bench, "thief"),
    );
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential"],
        "validUntil": "2030-01-01T00:00:00Z",
        "credentialSubject": {
            "id": person, "givenName": "Erika", "familyName": "Muster", "birthdate": "1986-08-12", "country": "DE", "level": 2,
            "nickname": "E"
        }
    });
    write(bench, "plain.json", &document);
    let issue = "tacit w3c issue --dir school --password-file pw";
    bench.must(&format!("{issue} plain.json --out vc.json"));
    bench.must(&format!("{issue} plain.json --suite rdfc --out rdfc.json"));
    bench.must(&format!(
        "{issue} plain.json --status revocation --url https://school.example --net net --dir issuer --did tacit --out revocable.json"
    ).replacen("--dir school ", "", 1));
    let mut changed = read(bench, "vc.json");
    changed["credentialSubject"]["level"] = json!(3);
    write(bench, "changed.json", &changed);
    let presentation = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [read(bench, "vc.json")]
    });
    write(bench, "presentation.json", &presentation);
    for who in ["person", "thief"] {
        bench.must(&format!(
            "tacit w3c present --dir {who} --password-file pw presentation.json --challenge c-1 --domain bank --out {who}.vp.json"
        ));
    }
    let good =
        format!("person.vp.json --trust {school} --challenge c-1 --domain bank --out offer2.txt");
    for (line, reason) in [
        (good.replace(&school, &thief), "ISSUER_NOT_TRUSTED"),
        (good.replace("person.vp", "thief.vp"), "VP_NOT_THE_SUBJECT"),
        (good.replace("c-1", "c-2"), "PROOF_CHALLENGE"),
        (good.replace("bank", "shop"), "PROOF_DOMAIN"),
        (
            format!("changed.json --trust {school} --out o.txt"),
            "PROOF_SIGNATURE",
        ),
        (
            format!("rdfc.json --trust {school} --out o.txt"),
            "CLAIM_NAMES_UNSIGNED",
        ),
        (
            format!("vc.json --trust {school} --shipped student --out o.txt"),
            "CLAIMS_INVALID",
        ),
    ] {
        let said = bench.refused(&admit(&line));
        assert!(said.contains(reason), "{line}\n{said}");
        assert!(!said.contains("Muster"), "{said}");
    }
    // Its status is in a list that nobody gave.
    let issuer = read(bench, "revocable.json")["issuer"].clone();
    let issuer = issuer.as_str().unwrap();
    let said = bench.refused(&admit(&format!(
        "revocable.json --trust {issuer} --out o.txt"
    )));
    assert!(said.contains("STATUS_UNKNOWN"), "{said}");

    // Without a challenge the issuer answers for who the person is, and is told so.
    let said = bench.must(&admit(&format!("vc.json --trust {school} --out o.txt")));
    assert!(
        said.contains("nobody proved") && said.contains("nickname"),
        "{said}"
    );
    let line = admit(&format!("{good} --valid 36500d --format json"));
    let said: Value = serde_json::from_str(&bench.must(&line)).unwrap();
    assert_eq!(said["holder_proven"], true, "{said}");
    bench.must(&format!(
        "tacit wallet request-credential {} --offer offer2.txt --out request.json",
        at("wallet")
    ));
    bench.must(&format!(
        "tacit issuer issue {} request.json --out issued",
        at("issuer")
    ));
    let issued = read(bench, "issued/credential.json");
    let until = issued["validUntil"].as_str().unwrap();
    assert!("2029-12-20" < until && until < "2030-01-01", "{until}");
    let line = admit(&format!("{good} --redeem-within 9999d"));
    assert!(bench.refused(&line).contains("--redeem-within"));
}
