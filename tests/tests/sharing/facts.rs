//! A request that also wants facts proven: what the platform learns, and every answer that it must not believe.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tacit_api::cli::password::PasswordSource;
use tacit_api::member::Secrets;
use tacit_identity::request::{Approval, Reply, RequestId, SignedSharingRequest};
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_tests::cast::{line, read};
use tacit_tests::town::Town;
use tacit_vault::envelope::SealedMessage;
use tacit_vault::hpke_keys::HpkePublicKey;
use tacit_wallet::inbox::{open_reply, seal_reply};

const ASK: &str = "--purpose identity-verification --categories official-id --uses 3";

/// Makes a request that goes as a file; returns its id.
fn ask(town: &Town, file: &str, wants: &str) -> String {
    let asked = town.must(
        "shop",
        &format!("platform request --out {file} {ASK} {wants}"),
    );
    asked["request"].as_str().unwrap().to_owned()
}

/// The person's approval of a request that came as a file, opened with the platform's key.
fn approved(town: &Town, file: &str, id: &str) -> Box<Approval> {
    town.must("wallet", &format!("wallet requests --file {file}"));
    town.must(
        "wallet",
        &format!("wallet approve {id} --out {file}.answer"),
    );
    let sealed: SealedMessage =
        decode_slice(&read(&town.bench, &format!("{file}.answer"))).unwrap();
    let secrets = Secrets::open(
        &town.bench.path().join("shop"),
        &PasswordSource::new(Some(town.bench.path().join("pw"))),
    );
    let id: RequestId = id.parse().unwrap();
    match open_reply(&sealed, &secrets.unwrap().hpke(), id).unwrap() {
        Reply::Approval(approval) => approval,
        Reply::Denial(_) => panic!("denied"),
    }
}

/// Hands the platform a changed answer, sealed as the person would; returns what it says.
fn hand_over(town: &Town, file: &str, id: &str, approval: Approval) -> String {
    let link = String::from_utf8(read(&town.bench, file)).unwrap();
    let request = SignedSharingRequest::from_link(&link).unwrap();
    let to = HpkePublicKey(request.unverified().reply_key);
    let reply = Reply::Approval(Box::new(approval));
    let sealed = seal_reply(&reply, to, &mut StdRng::seed_from_u64(7)).unwrap();
    std::fs::write(town.bench.path().join("changed"), encode_vec(&sealed)).unwrap();
    town.refused("shop", &format!("platform watch {id} --answer changed"))
}

fn document(approval: &Approval) -> Value {
    serde_json::from_slice(approval.presentation.as_ref().unwrap()).unwrap()
}

fn with(approval: &Approval, presentation: Option<Vec<u8>>) -> Approval {
    Approval {
        presentation,
        ..approval.clone()
    }
}

#[test]
fn wanted_facts_are_proven_or_the_answer_is_not_believed() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    std::fs::write(town.bench.path().join("doc"), "a passport").unwrap();
    town.must("wallet", "wallet put doc --category official-id");
    nobody_is_asked_what_makes_no_sense(&town);
    proven_by_the_inbox(&town);
    asked_twice_at_once(&town);
    who_cannot_prove_gives_nothing(&town);
    not_believed(&town);
    too_late(&town);
}

fn nobody_is_asked_what_makes_no_sense(town: &Town) {
    std::fs::write(
        town.bench.path().join("other.json"),
        r#"{"tacit": "schema", "version": 1, "name": "other", "title": "Other", "revision": 1,
            "claims": {"level": {"slot": 0, "type": "integer", "required": true, "title": "Level"}}}"#,
    )
    .unwrap();
    for (wants, code) in [
        ("--wants 'age >= '", "PREDICATE_INVALID"),
        ("--wants 'shoe >= 18'", "PREDICATE_INVALID"),
        ("--wants 'country >= 18'", "PREDICATE_INVALID"),
        ("--wants 'age >= 18' --issuers 1,2", "ROLE_MISSING"),
        ("--wants 'age >= 18' --issuers 0", "ARGUMENT_INVALID"),
        ("--issuers 1", "USAGE"),
        ("--wants 'level >= 2' --schema other.json", "SCHEMA_UNKNOWN"),
    ] {
        let refused = town.refused("shop", &format!("platform request --out no {ASK} {wants}"));
        assert_eq!(refused, code, "{wants}");
    }
    assert!(!town.bench.path().join("no").exists());
}

fn proven_by_the_inbox(town: &Town) {
    let mut pseudonyms = Vec::new();
    for (number, label) in ["a", "a", "b"].iter().enumerate() {
        town.must(
            "wallet",
            &format!("wallet contact --label shop --out contact{number}"),
        );
        town.must(
            "shop",
            &format!(
                "platform request --inbox contact{number} {ASK} --label {label} \
                 --wants 'age >= 18, country in [DE, FR], reveal familyName'"
            ),
        );
        let waiting = town.must("wallet", "wallet requests");
        assert!(
            waiting["requests"][0]["wanted"]
                .as_str()
                .unwrap()
                .contains("age >= 18")
        );
        town.must("wallet", "wallet approve --latest");
        let stands = town.must("shop", "platform watch");
        assert_eq!(stands["state"], "APPROVED");
        assert_eq!(stands["proven"].as_array().unwrap().len(), 3, "{stands}");
        assert_eq!(stands["revealed"], json!({"familyName": "Muster"}));
        assert_eq!(stands, town.must("shop", "platform watch"), "it is kept");
        pseudonyms.push(stands["pseudonym"].as_str().unwrap().to_owned());
    }
    assert_eq!(pseudonyms[0], pseudonyms[1]);
    assert_ne!(pseudonyms[0], pseudonyms[2]);
    town.must("shop", "platform fetch --out fetched");
    assert_eq!(read(&town.bench, "fetched"), b"a passport");
}

fn asked_twice_at_once(town: &Town) {
    town.must("wallet", "wallet contact --label shop --out busy");
    let ask = line("shop", &format!("platform request --inbox busy {ASK}"));
    let both = ["ask1", "ask2"].map(|log| town.bench.start(log, &ask));
    for mut running in both {
        let limit = Duration::from_secs(60);
        town.bench
            .wait_for("an end", limit, |_| running.ended().is_some());
    }
    let waiting = town.must("wallet", "wallet requests");
    assert_eq!(waiting["requests"].as_array().unwrap().len(), 1);
    // While it waits it is the same request; taken back, it is another.
    let first = town.must("shop", &format!("platform request --inbox busy {ASK}"));
    assert_eq!(first["request"], waiting["requests"][0]["id"]);
    for _ in 0..2 {
        let stands = town.must("shop", "platform withdraw");
        assert_eq!(stands["state"], "WITHDRAWN");
    }
    let second = town.must("shop", &format!("platform request --inbox busy {ASK}"));
    assert_ne!(first["request"], second["request"]);
    town.must("wallet", "wallet requests");
    let deny = format!(
        "wallet deny {} --reason declined",
        second["request"].as_str().unwrap()
    );
    assert_eq!(town.must("wallet", &deny), town.must("wallet", &deny));
}

fn who_cannot_prove_gives_nothing(town: &Town) {
    let before = town.grants_and_accesses();
    let id = ask(town, "too-old", "--wants 'age >= 65'");
    town.must("wallet", "wallet requests --file too-old");
    let refused = town.refused("wallet", &format!("wallet approve {id} --out no"));
    assert_eq!(refused, "PROOF_UNTRUE");
    assert_eq!(town.grants_and_accesses(), before, "no grant was made");
    town.must(
        "wallet",
        &format!("wallet deny {id} --reason cannot-prove --out too-old.answer"),
    );
    let stands = town.must(
        "shop",
        &format!("platform watch {id} --answer too-old.answer"),
    );
    assert_eq!(stands["state"], "DENIED");
    assert_eq!(stands["reason"], "cannot-prove");
}

fn not_believed(town: &Town) {
    let wants = "--wants 'age >= 18, reveal country'";
    let first = ask(town, "first", wants);
    let old = approved(town, "first", &first);
    // Long enough that the first proof is older than the second request takes.
    let stood = document(&old)["anchor"]["time"].as_u64().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    let second = loop {
        let second = ask(town, "second", &format!("{wants} --oldest 1s"));
        let link = String::from_utf8(read(&town.bench, "second")).unwrap();
        let request = SignedSharingRequest::from_link(&link).unwrap();
        let wanted = request.unverified().wanted.clone().unwrap();
        if wanted.oldest_anchor.0 > stood {
            break second;
        }
        assert!(Instant::now() < end, "the chain's time stands still");
        std::thread::sleep(Duration::from_millis(500));
    };
    let right = approved(town, "second", &second);
    let whole = document(&right);
    let other = document(&old);
    let changed = |path: &str, value: Value| {
        let mut document = whole.clone();
        *document.pointer_mut(path).unwrap() = value;
        Some(document.to_string().into_bytes())
    };
    let height = whole["anchor"]["height"].as_u64().unwrap();
    let refusals = [
        (None, "PRESENTATION_MISSING"),
        (Some(b"{}".to_vec()), "PRESENTATION_INVALID"),
        (old.presentation.clone(), "PRESENTATION_OTHER_REQUEST"),
        (
            changed("/request/nonce", other["request"]["nonce"].clone()),
            "PRESENTATION_OTHER_REQUEST",
        ),
        (
            changed("/request/verifier", json!("anyone")),
            "PRESENTATION_OTHER_REQUEST",
        ),
        (
            changed("/request/channel", json!(null)),
            "PRESENTATION_OTHER_REQUEST",
        ),
        (
            changed("/request/terms/query", json!("age >= 16, reveal country")),
            "PRESENTATION_OTHER_REQUEST",
        ),
        (
            changed("/request/terms/issuers", json!([1, 2])),
            "PRESENTATION_OTHER_REQUEST",
        ),
        (
            changed("/anchor", other["anchor"].clone()),
            "ANCHOR_TOO_OLD",
        ),
        (
            changed("/anchor/height", json!(height + 1_000_000)),
            "ANCHOR_UNKNOWN",
        ),
        (
            changed("/anchor/height", json!(u64::MAX)),
            "PRESENTATION_INVALID",
        ),
        (
            changed("/anchor/note_root", other["anchor"]["note_root"].clone()),
            "ANCHOR_UNKNOWN",
        ),
        (
            changed("/revealed", json!({"country": "FR"})),
            "PRESENTATION_INVALID",
        ),
        (changed("/revealed", json!({})), "PRESENTATION_INVALID"),
        (
            changed(
                "/revealed",
                json!({"country": "DE", "familyName": "Muster"}),
            ),
            "PRESENTATION_INVALID",
        ),
        (
            changed("/nym", json!("00".repeat(32))),
            "PRESENTATION_INVALID",
        ),
        (
            changed("/proof", other["proof"].clone()),
            "PRESENTATION_INVALID",
        ),
    ];
    for (presentation, code) in refusals {
        let shown = presentation
            .as_deref()
            .map(String::from_utf8_lossy)
            .unwrap_or_default()
            .into_owned();
        let refused = hand_over(town, "second", &second, with(&right, presentation));
        assert_eq!(refused, code, "{shown}");
    }
    // More than was asked, and an approval of another request.
    let mut more = (*right).clone();
    more.grant.body.max_uses = 4;
    assert_eq!(hand_over(town, "second", &second, more), "ANSWER_INVALID");
    // Nothing of this has changed anything: the right answer is taken, and kept.
    let once = format!("platform watch {second} --once");
    assert_eq!(town.must("shop", &once)["state"], "PENDING");
    let stands = town.must(
        "shop",
        &format!("platform watch {second} --answer second.answer"),
    );
    assert_eq!(stands["state"], "APPROVED");
    assert_eq!(stands["revealed"], json!({"country": "DE"}));
    assert_eq!(town.must("shop", &once), stands);
    town.must("shop", &format!("platform fetch {second} --out again"));
    assert_eq!(read(&town.bench, "again"), b"a passport");
}

/// An answer that comes as a file counts only before the request has lapsed.
fn too_late(town: &Town) {
    let id = ask(town, "short", "--wants 'age >= 18' --wait 1s");
    let end = Instant::now() + Duration::from_secs(60);
    let watch = format!("platform watch {id} --answer first.answer");
    while town.refused("shop", &watch) != "REQUEST_EXPIRED" {
        assert!(Instant::now() < end, "the request does not lapse");
        std::thread::sleep(Duration::from_millis(500));
    }
}
