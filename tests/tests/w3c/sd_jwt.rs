//! SD-JWT VC at the command line: the holder shows what it chooses, and whoever changes, replays or borrows it is refused.

use serde_json::{Value, json};
use tacit_identity::public_key::PublicKey;
use tacit_tests::process::Workbench;
use tacit_tests::town::passwords;

fn bench() -> Workbench {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    for name in ["issuer", "holder", "thief"] {
        bench.must(&format!(
            "tacit issuer init --dir {name} --name {name} --password-file pw"
        ));
    }
    let claims = json!({"given_name": "Erika", "country": "DE", "address": {"street": "Weg 1", "city": "Bonn"}});
    std::fs::write(bench.path().join("person.json"), claims.to_string()).unwrap();
    let document = bench.must("tacit w3c did --dir holder --password-file pw --format json");
    let document: Value = serde_json::from_str(&document).unwrap();
    let key = document["verificationMethod"][0]["publicKeyMultibase"]
        .as_str()
        .unwrap();
    let jwk = PublicKey::from_multibase(key).unwrap().to_jwk();
    std::fs::write(bench.path().join("holder.jwk"), jwk.to_string()).unwrap();
    bench
}

const ISSUE: &str = "tacit sd-jwt issue --dir issuer --password-file pw --type https://issuer.example/person person.json";

fn verified(bench: &Workbench, line: &str) -> Value {
    serde_json::from_str(&bench.must(&format!("{line} --format json"))).unwrap()
}

#[test]
fn only_the_chosen_claims_are_shown_and_nothing_can_be_changed() {
    let bench = bench();
    bench.must(&format!("{ISSUE} --open country --out all.sd-jwt"));
    bench.must(r#"tacit sd-jwt present all.sd-jwt --show '["address"]' --out shown.sd-jwt"#);
    let said = verified(&bench, "tacit sd-jwt verify shown.sd-jwt");
    assert_eq!(
        said["claims"],
        json!({"country": "DE", "address": {"street": "Weg 1", "city": "Bonn"}})
    );
    assert_eq!(
        (&said["type"], &said["holderProven"]),
        (&json!("https://issuer.example/person"), &json!(false))
    );
    assert!(said["issuer"].as_str().unwrap().starts_with("did:key:z6Mk"));
    bench.must("tacit sd-jwt present all.sd-jwt --out least.sd-jwt");
    let least = std::fs::read_to_string(bench.path().join("least.sd-jwt")).unwrap();
    assert_eq!(
        verified(&bench, "tacit sd-jwt verify least.sd-jwt")["claims"],
        json!({"country": "DE"})
    );
    assert_eq!(least.trim().matches('~').count(), 1);
    // Changed, cut, mixed with a claim of another credential, or something else altogether.
    bench.must(&format!("{ISSUE} --out other.sd-jwt"));
    let all = std::fs::read_to_string(bench.path().join("all.sd-jwt")).unwrap();
    let other = std::fs::read_to_string(bench.path().join("other.sd-jwt")).unwrap();
    let stranger = other.trim().split('~').nth(1).unwrap();
    let (head, tail) = all.split_at(all.find('.').unwrap() + 10);
    let flipped = if tail.starts_with('A') { "B" } else { "A" };
    for (what, text) in [
        (
            "a changed payload",
            format!("{head}{flipped}{}", &tail[1..]),
        ),
        (
            "a foreign disclosure",
            format!("{}{stranger}~", least.trim()),
        ),
        ("the same disclosure twice", {
            let first = all.split('~').nth(1).unwrap();
            format!("{}{first}~", all.trim())
        }),
        ("nothing", String::new()),
        ("no SD-JWT", "person".to_owned()),
        ("two lines", format!("{all}{all}")),
    ] {
        std::fs::write(bench.path().join("bad.sd-jwt"), text).unwrap();
        for command in ["verify bad.sd-jwt", "present bad.sd-jwt --out x"] {
            let error = bench.refused(&format!("tacit sd-jwt {command}"));
            assert!(error.starts_with("error: SD_JWT_"), "{what}: {error}");
        }
    }
    let none = bench.refused("tacit sd-jwt present all.sd-jwt --show age --out x");
    assert!(none.contains("SD_JWT_INVALID"), "{none}");
}

#[test]
fn a_holders_key_is_proven_for_one_verifier_and_one_request() {
    let bench = bench();
    bench.must(&format!("{ISSUE} --holder holder.jwk --out bound.sd-jwt"));
    let present = |dir: &str| {
        format!(
            "tacit sd-jwt present bound.sd-jwt --show country --dir {dir} --password-file pw --audience https://shop.example --nonce n-1 --out shown.sd-jwt"
        )
    };
    bench.must(&present("holder"));
    let verify = |audience: &str, nonce: &str| {
        format!("tacit sd-jwt verify shown.sd-jwt --audience {audience} --nonce {nonce}")
    };
    let said = verified(&bench, &verify("https://shop.example", "n-1"));
    assert_eq!(
        (&said["holderProven"], &said["claims"]),
        (&json!(true), &json!({"country": "DE"}))
    );
    for line in [
        verify("https://other.example", "n-1"),
        verify("https://shop.example", "n-2"),
        // Nobody asked for a proof: what is there is not checked, so it is refused.
        "tacit sd-jwt verify shown.sd-jwt".to_owned(),
        present("thief"),
    ] {
        assert!(
            bench
                .refused(&line)
                .starts_with("error: SD_JWT_KEY_BINDING"),
            "{line}"
        );
    }
    bench.must("tacit sd-jwt present bound.sd-jwt --show country --out shown.sd-jwt");
    let unproven = bench.refused(&verify("https://shop.example", "n-1"));
    assert!(unproven.contains("no key binding"), "{unproven}");
}
