//! Two personas of one wallet and a stranger do the same at the same issuer, vault and platform, through the real binary: whoever
//! hears all of it sees three people. Then a key is rotated, and everything is backed up and restored.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tacit_api::auth::request::Signer;
use tacit_api::net::Kind;
use tacit_tests::cast::read;
use tacit_tests::town::{Town, at};
use tacit_tests::wiretap::Wiretap;

const LINKS: &str = "links personas";

/// A person as others could take them: a wallet's folder and a persona.
struct Person {
    wallet: &'static str,
    persona: &'static str,
}

const MAIN: Person = Person {
    wallet: "wallet",
    persona: "main",
};
const WORK: Person = Person {
    wallet: "wallet",
    persona: "work",
};
const STRANGER: Person = Person {
    wallet: "stranger",
    persona: "main",
};

impl Person {
    fn line(&self, command: &str) -> String {
        format!(
            "tacit wallet {command} {} --persona {}",
            at(self.wallet),
            self.persona
        )
    }

    fn must(&self, town: &Town, command: &str) -> Value {
        town.must(
            self.wallet,
            &format!("wallet {command} --persona {}", self.persona),
        )
    }

    /// A credential of the issuer; what was said on the way, and the request that the issuer sees.
    fn credential(&self, town: &Town, file: &str) -> (String, Vec<u8>) {
        town.offer("1986-08-12", file);
        self.must(
            town,
            &format!("request-credential --offer {file} --out {file}.request"),
        );
        let said = town
            .bench
            .run(&self.line(&format!("request-credential --offer {file} --yes")));
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
        (
            String::from_utf8(said.stdout).unwrap(),
            read(&town.bench, &format!("{file}.request")),
        )
    }

    /// Proves to the shop; the pseudonym that it sees, and what was pointed out before.
    fn prove(&self, town: &Town, shop: &str, credential: &str) -> (String, Vec<String>) {
        let proved = self.must(
            town,
            &format!("prove 'age >= 18' --to {shop} --label club {credential} --out proof.json"),
        );
        let proof = std::fs::metadata(town.bench.path().join("proof.json")).unwrap();
        assert_eq!(
            proof.permissions().mode() & 0o077,
            0,
            "for the verifier alone"
        );
        let verified = town
            .bench
            .must("tacit verify proof.json --net net --format json");
        let verified: Value = serde_json::from_str(&verified).unwrap();
        (
            find(&verified, "pseudonym").expect("a pseudonym"),
            texts(&proved["warnings"]),
        )
    }
}

/// The first member of this name, at any depth.
fn find(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(members) => members
            .get(name)
            .and_then(|found| found.as_str().map(str::to_owned))
            .or_else(|| members.values().find_map(|inner| find(inner, name))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, name)),
        _ => None,
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// All that operators, platform and reviewer get to see of one person who does everything once.
fn everything(town: &Town, person: &Person, taps: &[&Wiretap]) -> (Vec<Vec<u8>>, Vec<String>) {
    let file = format!("{}-{}", person.wallet, person.persona);
    taps.iter().for_each(|tap| drop(tap.take()));
    let (_, request) = person.credential(town, &format!("{file}.offer"));
    let mut seen = vec![request];
    person.must(town, "put doc --category official-id");
    person.must(town, &format!("contact --label shop --out {file}.contact"));
    seen.push(read(&town.bench, &format!("{file}.contact")));
    town.must(
        "shop",
        &format!(
            "platform request --inbox {file}.contact --purpose identity-verification --categories official-id \
             --label club --wants 'age >= 18'"
        ),
    );
    let waiting = person.must(town, "requests");
    let warnings = texts(&waiting["requests"][0]["warnings"]);
    let grant = person.must(town, "approve --latest")["grant"].clone();
    let answer = town.must("shop", "platform watch");
    seen.push(find(&answer, "pseudonym").unwrap().into_bytes());
    person.must(town, &format!("revoke --grant {grant}"));
    for call in taps.iter().flat_map(|tap| tap.take()) {
        seen.push(call.message.to_vec());
        if let Some(Signer::Key(key)) = call.signer {
            seen.push(format!("{key:?}").into_bytes());
        }
    }
    (seen, warnings)
}

fn pieces(messages: &[Vec<u8>], length: usize) -> BTreeSet<&[u8]> {
    messages
        .iter()
        .flat_map(|message| message.windows(length))
        .collect()
}

/// Pieces that two share and in which nothing is that the stranger shows as well: 16 bytes, which chance makes none of.
fn shared(a: &[Vec<u8>], b: &[Vec<u8>], stranger: &[Vec<u8>]) -> Vec<String> {
    let common = pieces(stranger, 8);
    let own = |piece: &&&[u8]| !piece.windows(8).any(|part| common.contains(part));
    let both: Vec<&[u8]> = pieces(a, 16)
        .intersection(&pieces(b, 16))
        .copied()
        .collect();
    both.iter()
        .filter(own)
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
        .collect()
}

#[test]
fn two_personas_of_one_wallet_are_two_people_to_everybody_else() {
    let mut town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let at_node = Wiretap::place(&town, Kind::Node, "node");
    town.kill_vault();
    town.start_vault();
    let at_vault = Wiretap::place(&town, Kind::Vault, "vault");
    std::fs::write(town.bench.path().join("doc"), "a passport").unwrap();
    town.person("stranger");
    personas_are_kept_apart_by_name(&town);

    let taps = [&at_node, &at_vault];
    let (main, warned) = everything(&town, &MAIN, &taps);
    assert!(
        !warned.iter().any(|text| text.contains(LINKS)),
        "{warned:?}"
    );
    let (work, warned) = everything(&town, &WORK, &taps);
    let (stranger, _) = everything(&town, &STRANGER, &taps);
    assert_eq!(shared(&main, &work, &stranger), Vec::<String>::new());
    assert!(
        !shared(&main, &main, &stranger).is_empty(),
        "the search finds what is there"
    );
    // The owner alone was told, before she said yes.
    for what in [
        "gave this platform something",
        "proved facts to this verifier, under the same label",
        "the same document",
    ] {
        let told = warned
            .iter()
            .any(|text| text.contains(LINKS) && text.contains("`main`") && text.contains(what));
        assert!(told, "{what}: {warned:?}");
    }
    // What the reviewers open is of three people.
    let report = town.must("audit", "audit report --from 1 --purpose counting");
    let people: BTreeSet<String> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| find(row, "audit_nym").or_else(|| find(row, "person")))
        .collect();
    assert_eq!(people.len(), 3, "{report}");

    a_rotated_key_is_another_pseudonym(&town);
    the_seed_brings_back_both_one_at_a_time(&town, &at_vault);
}

fn personas_are_kept_apart_by_name(town: &Town) {
    let bench = &town.bench;
    let list = "tacit wallet persona list --dir wallet --password-file pw --format json";
    bench.must("tacit wallet persona new job --dir wallet --password-file pw");
    bench.must("tacit wallet persona rename job work --dir wallet --password-file pw");
    bench.must("tacit wallet persona new spare --dir wallet --password-file pw");
    bench.must("tacit wallet persona end spare --dir wallet --password-file pw");
    let listed: Value = serde_json::from_str(&bench.must(list)).unwrap();
    let names: Vec<&str> = listed["personas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["main", "work"]);
    assert_eq!(town.refused("wallet", "wallet list"), "PERSONA_MISSING");
    assert_eq!(
        town.refused("wallet", "wallet list --persona job"),
        "PERSONA_UNKNOWN"
    );
    for (line, reason) in [
        ("persona new work", "PERSONA_EXISTS"),
        ("persona new ''", "WALLET_TEXT"),
        ("persona end main", "PERSONA_LIVE"),
        ("persona end spare", "PERSONA_UNKNOWN"),
    ] {
        let error = bench.refused(&format!(
            "tacit wallet {line} --dir wallet --password-file pw"
        ));
        assert!(
            error.starts_with(&format!("error: {reason}: ")),
            "{line}: {error}"
        );
    }
    let held = MAIN.must(town, "list");
    assert_eq!(
        (
            held["persona"].as_str(),
            held["credentials"].as_array().unwrap().len()
        ),
        (Some("main"), 1)
    );
    assert!(
        WORK.must(town, "list")["credentials"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    // Before the issuer hears of the second persona.
    town.offer("1986-08-12", "refused.offer");
    let refused = bench.refused(&WORK.line("request-credential --offer refused.offer"));
    assert!(refused.starts_with("error: PERSONA_LINKED: "), "{refused}");
    let (said, _) = WORK.credential(town, "early.offer");
    assert!(said.contains(LINKS) && said.contains("`main`"), "{said}");
}

fn a_rotated_key_is_another_pseudonym(town: &Town) {
    let bench = &town.bench;
    let shop = did_of_shop(town);
    let rotate = "tacit wallet rotate --persona main --dir wallet --password-file pw --format json";
    let (known, warnings) = MAIN.prove(town, &shop, "--credential 0");
    assert!(
        warnings.iter().all(|text| text.contains("`work`")),
        "{warnings:?}"
    );

    let rotated: Value = serde_json::from_str(&bench.must(rotate)).unwrap();
    assert_eq!(rotated["generation"], 1);
    assert_eq!(rotated["credentials"][0]["number"], 0);
    assert!(rotated["credentials"][0]["issuer"].is_u64());
    let list: Value = serde_json::from_str(&bench.must(&format!("{rotate} --list"))).unwrap();
    assert_eq!(list["credentials"], rotated["credentials"]);
    assert_eq!(
        MAIN.prove(town, &shop, "--credential 0").0,
        known,
        "what stands is as before"
    );
    MAIN.credential(town, "anew.offer");
    let (other, warnings) = MAIN.prove(town, &shop, "");
    assert_ne!(other, known);
    assert!(
        warnings
            .iter()
            .any(|text| text.contains("changes your pseudonym")),
        "{warnings:?}"
    );

    // The backup is of the whole wallet, and the restored one is both.
    bench.must("echo 'a phrase for the drawer' > phrase");
    bench.must("tacit wallet backup --out all.backup --dir wallet --password-file pw --passphrase-file phrase");
    let restored: Value = serde_json::from_str(&bench.must(&format!(
        "tacit wallet restore all.backup --passphrase-file phrase {} --format json",
        at("elsewhere")
    )))
    .unwrap();
    assert_eq!(restored["personas"], serde_json::json!(["main", "work"]));
    let main = Person {
        wallet: "elsewhere",
        persona: "main",
    };
    let work = Person {
        wallet: "elsewhere",
        persona: "work",
    };
    let at_work = WORK.prove(town, &shop, "").0;
    assert_eq!(main.prove(town, &shop, "").0, other);
    assert_eq!(main.prove(town, &shop, "--credential 0").0, known);
    assert_eq!(work.prove(town, &shop, "").0, at_work);
    assert_eq!(BTreeSet::from([at_work, known, other]).len(), 3);
}

fn the_seed_brings_back_both_one_at_a_time(town: &Town, at_vault: &Wiretap) {
    let bench = &town.bench;
    bench.must(&format!(
        "tacit wallet init --seed-out seed.txt {}",
        at("lost")
    ));
    bench.must("tacit wallet persona new work --dir lost --password-file pw");
    for persona in ["main", "work"] {
        town.must(
            "lost",
            &format!("wallet put doc --category official-id --persona {persona}"),
        );
        town.must(
            "lost",
            &format!("wallet backup --vault on --persona {persona}"),
        );
    }
    std::fs::rename(bench.path().join("lost"), bench.path().join("gone")).unwrap();

    let signers = || -> BTreeSet<String> {
        let calls = at_vault.take();
        calls
            .iter()
            .map(|call| format!("{:?}", call.signer))
            .collect()
    };
    signers();
    town.must("lost", "wallet recover --seed-file seed.txt");
    let first = signers();
    assert_eq!(
        town.must("lost", "wallet list")["records"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    signers();
    let new = "tacit wallet persona new shop --dir lost --password-file pw";
    let refused = bench.refused(new);
    assert!(refused.starts_with("error: PERSONA_NUMBER: "), "{refused}");
    let listed = town.must("lost", "wallet persona recover");
    let second = signers();
    assert!(!first.is_empty() && !second.is_empty() && first.is_disjoint(&second));
    assert_eq!(listed["personas"][1]["name"], "work");
    for persona in ["main", "work"] {
        let held = town.must("lost", &format!("wallet list --persona {persona}"));
        assert_eq!(held["records"].as_array().unwrap().len(), 1, "{held}");
    }
    // A number that was never used is an empty persona, which goes again once the chain says so.
    town.must("lost", "wallet persona recover 7 --name nobody");
    let end = "tacit wallet persona end nobody --dir lost --password-file pw";
    assert!(bench.refused(end).starts_with("error: WALLET_NOT_YET: "));
    town.must("lost", "wallet list --persona nobody");
    bench.must(end);
}

/// The platform's DID.
fn did_of_shop(town: &Town) -> String {
    town.must(
        "shop",
        "platform request --out asked --purpose identity-verification --categories official-id",
    );
    let chain = MAIN.must(town, "list")["chain"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = String::from_utf8(read(&town.bench, "asked")).unwrap();
    let request = tacit_identity::request::SignedSharingRequest::from_link(link.trim()).unwrap();
    format!("did:tacit:{chain}:{}", request.unverified().platform)
}
