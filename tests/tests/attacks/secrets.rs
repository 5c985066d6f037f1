//! A whole story with planted values and every process logging all it can: nothing planted is in any log, any message of a
//! server, any error, or any panic. The search itself is tested: it finds what is really there.

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fs;
use tacit_api::cli::password::PasswordSource;
use tacit_api::member::Secrets;
use tacit_circuits::field::fr_to_bytes;
use tacit_tests::process::{Running, Workbench};

const PASSWORD: &str = "plantedPassword-9f1c";
const GIVEN: &str = "Plantedina-Quorra";
const FAMILY: &str = "Vexillogram-Zuse";
const BIRTHDATE: &str = "1986-08-12";
const EMAIL: &str = "planted.person@example.org";
const ADDRESS: &str = "Planted Lane 4711, Springfield";
const DOCUMENT: &str = "planted document content, for one reader only";
const TITLE: &str = "Planted Title of Passport";
const LABEL: &str = "planted label of contact";

/// How bytes may look in a log: as they are, in hex, in base64 at each of the three alignments, or as a list of numbers.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![
        bytes.to_vec(),
        hex::encode(bytes).into_bytes(),
        hex::encode_upper(bytes).into_bytes(),
    ];
    let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
    forms.push(list.join(", ").into_bytes());
    for skip in 0..3 {
        // What stands before and after is not known, so only whole groups of three bytes have a form of their own.
        let inner = &bytes[skip..];
        let inner = &inner[..inner.len() / 3 * 3];
        forms.push(STANDARD_NO_PAD.encode(inner).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(inner).into_bytes());
    }
    forms
}

/// Finds planted values in texts.
struct Search<'a> {
    planted: &'a [(String, Vec<u8>)],
    /// Which value each pattern is a form of.
    owners: Vec<usize>,
    machine: AhoCorasick,
}

impl<'a> Search<'a> {
    fn new(planted: &'a [(String, Vec<u8>)]) -> Self {
        let (mut patterns, mut owners) = (Vec::new(), Vec::new());
        for (owner, (name, value)) in planted.iter().enumerate() {
            assert!(
                value.len() >= 9,
                "{name} is too short to be told from noise"
            );
            let forms = forms(value);
            owners.resize(owners.len() + forms.len(), owner);
            patterns.extend(forms);
        }
        let machine = AhoCorasick::new(patterns).unwrap();
        Self {
            planted,
            owners,
            machine,
        }
    }

    /// The names of the values that a text holds.
    fn found(&self, text: &[u8]) -> BTreeSet<&'a str> {
        self.machine
            .find_overlapping_iter(text)
            .map(|hit| {
                self.planted[self.owners[hit.pattern().as_usize()]]
                    .0
                    .as_str()
            })
            .collect()
    }
}

#[test]
fn the_search_finds_every_form() {
    let planted = vec![("value".to_owned(), GIVEN.as_bytes().to_vec())];
    let search = Search::new(&planted);
    let hit = BTreeSet::from(["value"]);
    for form in forms(GIVEN.as_bytes()) {
        let text = [b"before ", &form[..], b" after"].concat();
        assert_eq!(search.found(&text), hit);
    }
    for before in ["", "x", "xy"] {
        let text = STANDARD_NO_PAD.encode(format!("{before}{GIVEN}xyz"));
        assert_eq!(search.found(text.as_bytes()), hit, "{before}");
    }
    assert!(search.found(b"nothing of the kind").is_empty());
}

/// A bench on which every process logs all it can, and whose messages are kept.
struct Loud {
    bench: Workbench,
    heard: Vec<(String, Vec<u8>)>,
    servers: Vec<(&'static str, Running)>,
}

impl Loud {
    fn place(dir: &str) -> String {
        format!("--dir {dir} --net net --password-file pw")
    }

    fn run(&mut self, line: &str, succeeds: bool) -> String {
        let output = self.bench.run(&format!("TACIT_LOG=trace {line}"));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = error.lines().last().unwrap_or_default();
        assert_eq!(output.status.success(), succeeds, "{line}: {last}");
        self.heard.push((line.to_owned(), output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&mut self, kind: &'static str, line: &str) {
        let running = self
            .bench
            .serve(kind, &format!("env TACIT_LOG=trace {line}"));
        self.servers.push((kind, running));
    }
}

#[test]
fn no_log_and_no_message_holds_a_planted_value() {
    let mut loud = Loud {
        bench: Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test")),
        heard: Vec::new(),
        servers: Vec::new(),
    };
    let dir = loud.bench.path().to_owned();
    fs::write(dir.join("pw"), PASSWORD).unwrap();
    fs::write(dir.join("wrong"), "plantedGuess-1234567").unwrap();
    fs::write(dir.join("doc.txt"), DOCUMENT).unwrap();
    let claims = serde_json::json!({
        "givenName": GIVEN, "familyName": FAMILY, "birthdate": BIRTHDATE, "country": "DE",
        "email": EMAIL, "address": ADDRESS,
    });
    fs::write(dir.join("person.json"), claims.to_string()).unwrap();
    let (node, issuer, vault, shop, audit, wallet) = (
        Loud::place("node"),
        Loud::place("issuer"),
        Loud::place("vault"),
        Loud::place("shop"),
        Loud::place("audit"),
        Loud::place("wallet"),
    );

    loud.run(&format!("tacit node init {node}"), true);
    loud.serve("node", &format!("tacit node run {node}"));
    for (role, dir) in [
        ("issuer", "issuer"),
        ("vault", "vault"),
        ("platform", "shop"),
        ("audit", "audit"),
    ] {
        loud.run(
            &format!("tacit {role} init --dir {dir} --name 'The {dir}' --password-file pw"),
            true,
        );
        loud.run(
            &format!("tacit node register {node} {dir}/member.json"),
            true,
        );
    }
    loud.run(&format!("tacit audit key {audit}"), true);
    loud.run(
        &format!("tacit network propose {node} audit-key audit/audit-key.json"),
        true,
    );
    loud.run(&format!("tacit issuer schema {issuer}"), true);
    loud.serve("issuer", &format!("tacit issuer serve {issuer}"));
    loud.serve("vault", &format!("tacit vault serve {vault}"));
    loud.run(
        &format!("tacit issuer offer {issuer} --claims person.json --out offer.txt"),
        true,
    );
    loud.run(
        &format!("tacit wallet init {wallet} --seed-out seed.txt"),
        true,
    );
    loud.run(
        &format!("tacit wallet request-credential {wallet} --offer offer.txt"),
        true,
    );
    loud.run(
        &format!("tacit wallet prove 'age >= 18, reveal country' {wallet} --out p.json"),
        true,
    );
    loud.run("tacit verify p.json --net net", true);
    loud.run(
        &format!("tacit wallet put doc.txt --category official-id --title '{TITLE}' {wallet}"),
        true,
    );
    loud.run(
        &format!("tacit wallet contact --label '{LABEL}' --out shop.txt {wallet}"),
        true,
    );
    loud.run(&format!(
        "tacit platform request --inbox shop.txt --purpose identity-verification --categories official-id --uses 1 {shop}"
    ), true);
    loud.run(&format!("tacit wallet requests {wallet}"), true);
    loud.run(&format!("tacit wallet approve --latest {wallet}"), true);
    loud.run(&format!("tacit platform watch {shop}"), true);
    loud.run(&format!("tacit platform fetch --out got.txt {shop}"), true);
    assert_eq!(fs::read_to_string(dir.join("got.txt")).unwrap(), DOCUMENT);
    loud.run(&format!("tacit wallet log {wallet}"), true);
    loud.run(
        &format!("tacit audit report {audit} --from 1 --purpose review"),
        true,
    );

    // What goes wrong tells no more: wrong passwords, untrue facts, claims that do not fit, a second fetch, cut files.
    let wrong = "--password-file wrong --net net";
    loud.run(&format!("tacit wallet list --dir wallet {wrong}"), false);
    loud.run(&format!("tacit issuer schema --dir issuer {wrong}"), false);
    loud.run(
        &format!("tacit wallet prove 'age >= 65' {wallet} --out no.json"),
        false,
    );
    loud.run(
        &format!("tacit platform fetch --out again.txt {shop}"),
        false,
    );
    loud.run(
        &format!("tacit wallet request-credential --dir wallet {wrong} --offer offer.txt"),
        false,
    );
    for (n, claims) in [
        format!(r#"{{"givenName":"{GIVEN}"}}"#),
        format!(r#"{{"givenName":"{GIVEN}","familyName":"{FAMILY}","birthdate":"{BIRTHDATE}","country":"{ADDRESS}"}}"#),
        format!(r#"{{"givenName":"{GIVEN}","familyName":"{FAMILY}","birthdate":"{EMAIL}","country":"DE"}}"#),
        format!(r#"{{"givenName":"{GIVEN}","shoeSize":"{EMAIL}"}}"#),
        format!(r#"{{"givenName":"{GIVEN}" "{FAMILY}"}}"#),
        GIVEN.to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(dir.join("c.json"), claims).unwrap();
        loud.run(&format!("tacit issuer offer {issuer} --claims c.json --out o{n}.txt"), false);
    }
    fs::write(
        dir.join("cut.txt"),
        &fs::read(dir.join("seed.txt")).unwrap()[3..],
    )
    .unwrap();
    loud.run(
        "tacit wallet recover --dir w2 --net net --password-file pw --seed-file cut.txt --without-vault",
        false,
    );
    loud.run(
        "tacit wallet recover --dir w2 --net net --password-file pw --seed-file seed.txt --without-vault",
        true,
    );

    let mut planted: Vec<(String, Vec<u8>)> = [
        PASSWORD,
        "plantedGuess-1234567",
        GIVEN,
        FAMILY,
        EMAIL,
        ADDRESS,
        DOCUMENT,
        TITLE,
        LABEL,
        BIRTHDATE,
    ]
    .into_iter()
    .map(|text| (text.to_owned(), text.as_bytes().to_vec()))
    .collect();
    let seed = fs::read_to_string(dir.join("seed.txt")).unwrap();
    planted.push((
        "the wallet's seed, as text".to_owned(),
        seed.trim().as_bytes().to_vec(),
    ));
    let bytes = tacit_wallet::seed::Seed::from_text(seed.trim()).unwrap();
    planted.push(("the wallet's seed".to_owned(), bytes.expose().to_vec()));
    let offer = fs::read_to_string(dir.join("offer.txt")).unwrap();
    planted.push(("the offer".to_owned(), offer.trim().as_bytes().to_vec()));
    let offer = tacit_identity::issuance::IssuanceOffer::from_link(&offer).unwrap();
    planted.push(("the offer's code".to_owned(), offer.code.expose().to_vec()));
    for role in ["node", "issuer", "vault", "shop", "audit"] {
        let password = PasswordSource::new(Some(dir.join("pw")));
        let secrets = Secrets::open(&dir.join(role), &password).unwrap();
        planted.push((
            format!("signing key of {role}"),
            secrets.signing().to_bytes().to_vec(),
        ));
        planted.push((
            format!("voting key of {role}"),
            secrets.validator().to_vec(),
        ));
        planted.push((
            format!("operator's key of {role}"),
            secrets.governance().to_bytes().to_vec(),
        ));
        planted.push((
            format!("platform secret of {role}"),
            fr_to_bytes(secrets.platform().expose()).to_vec(),
        ));
        planted.push((
            format!("TLS key of {role}"),
            tls_key(&dir.join(role).join("tls.key")),
        ));
    }
    for (kind, running) in loud.servers.drain(..) {
        running.kill();
        let log = fs::read(dir.join(format!("{kind}.log"))).unwrap();
        assert!(log.len() > 10_000, "{kind} does not log all it can");
        loud.heard.push((format!("log of {kind}"), log));
    }
    let search = Search::new(&planted);
    let panic = AhoCorasick::new(["panicked"]).unwrap();
    for (what, text) in &loud.heard {
        let values = search.found(text);
        assert!(values.is_empty(), "{what} holds {values:?}");
        assert!(!panic.is_match(&text[..]), "{what} panicked");
    }
    assert!(loud.heard.len() > 40);
}

/// A part of the key's text that no certificate shares; a value that is found nowhere when the role serves nothing.
fn tls_key(path: &std::path::Path) -> Vec<u8> {
    match fs::read_to_string(path) {
        Ok(pem) => pem.lines().nth(2).unwrap().as_bytes().to_vec(),
        Err(_) => b"a role that serves nothing has no key of its own".to_vec(),
    }
}
