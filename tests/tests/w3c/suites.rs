//! The cases of the W3C's test suites, against the running server: VC Data Model 2.0, EdDSA Data Integrity with both suites,
//! and what an issuer's answers must look like. Each case is a document that differs from a good one in one thing. What is
//! answered otherwise than a suite expects stands in docs/conformance.md.

use serde_json::{Map, Value, json};
use tacit_circuits::types::Secret;
use tacit_identity::proof::{ProofHash, ProofSigner};
use tacit_identity::signer::HolderSigner;
use tacit_tests::http::{Reply, Server};
use tacit_tests::process::Workbench;
use tacit_tests::w3c_cases::{EXAMPLES, V2, bad, credential, good, with};
use tacit_w3c::context::Contexts;
use tacit_w3c::integrity::Suite;
use tacit_w3c::rdf;

const SUITES: [Suite; 2] = [Suite::EddsaJcs2022, Suite::EddsaRdfc2022];

fn issuer() -> (Workbench, Server) {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    tacit_tests::town::passwords(&bench);
    bench.must("tacit issuer init --dir issuer --name Registry --password-file pw");
    let server = Server::start(&bench, "w3c", "--dir issuer --password-file pw");
    (bench, server)
}

/// What the suites send: the credential with the issuer's id, wrapped.
fn issue(server: &Server, mut credential: Value, options: Value) -> Reply {
    let id = json!(server.issuer);
    match credential.get_mut("issuer") {
        None => credential["issuer"] = id,
        Some(Value::Object(issuer)) => drop(issuer.entry("id").or_insert(id)),
        Some(_) => {}
    }
    server.post(
        "/credentials/issue",
        &json!({"credential": credential, "options": options}),
    )
}

fn verify(server: &Server, document: &Value) -> Reply {
    let body = json!({"verifiableCredential": document, "options": {"checks": ["proof"]}});
    server.post("/credentials/verify", &body)
}

#[test]
fn what_the_data_models_suite_has_issued_is_issued_and_verifies() {
    let (_bench, server) = issuer();
    for suite in SUITES {
        for (what, changes) in good() {
            let document = with(credential(), changes);
            let reply = issue(
                &server,
                document.clone(),
                json!({"cryptosuite": suite.name()}),
            );
            let body = reply.json();
            // RDF has no text directions: listed in docs/conformance.md.
            if suite == Suite::EddsaRdfc2022 && what.contains("direction") {
                assert_eq!(
                    (reply.status, body["reason"].as_str()),
                    (400, Some("RDF_FEATURE")),
                    "{what}"
                );
                continue;
            }
            assert_eq!(reply.status, 201, "{what}: {body}");
            for member in document
                .as_object()
                .unwrap()
                .keys()
                .filter(|name| *name != "issuer")
            {
                assert_eq!(body[member.as_str()], document[member.as_str()], "{what}");
            }
            let proof = &body["proof"];
            assert_eq!(proof["type"], "DataIntegrityProof");
            assert_eq!(proof["cryptosuite"], suite.name());
            assert_eq!(proof["proofPurpose"], "assertionMethod");
            assert!(proof["proofValue"].as_str().unwrap().starts_with('z'));
            let verified = verify(&server, &body);
            if what.ends_with("far ahead") {
                assert_eq!(
                    (verified.status, verified.text("reason").as_str()),
                    (400, "VC_NOT_YET_VALID")
                );
                continue;
            }
            assert_eq!(verified.status, 200, "{what}: {}", verified.json());
            assert_eq!(verified.json()["verified"], true);
            // Bare, as other clients send it.
            assert_eq!(
                server.post("/credentials/verify", &body).status,
                200,
                "{what}"
            );
        }
    }
}

#[test]
fn what_the_data_models_suite_has_refused_is_refused() {
    let (_bench, server) = issuer();
    for (what, changes) in bad() {
        let document = with(credential(), changes);
        let reply = issue(&server, document.clone(), json!({}));
        assert_eq!(reply.status, 400, "{what}: {}", reply.json());
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        let problem = reply.json();
        assert!(
            problem["type"].as_str().unwrap().starts_with("https://w"),
            "{what}: {problem}"
        );
        assert_eq!(problem["status"], 400);
        // And no verifier takes it, whoever signed it.
        let mut signed = document;
        if signed.get("issuer").is_none() {
            signed["issuer"] = json!(stranger().did().to_string());
        }
        if let Some(signed) = sign_json(
            &signed,
            proof_options(Suite::EddsaJcs2022, "assertionMethod"),
        ) {
            let verified = verify(&server, &signed);
            if what == "bitstring: a status entry that is malformed" {
                // Its proof is good, and its status unknown: the problem is a warning, for the verifier to decide.
                let looked_up = server.post("/credentials/verify", &signed).json();
                assert_eq!(looked_up["statuses"][0]["outcome"], "unknown");
                assert_eq!(looked_up["warnings"][0]["reason"], "STATUS_ENTRY");
                continue;
            }
            assert_eq!(verified.status, 400, "{what}");
            assert_eq!(verified.json()["verified"], false);
        }
    }
    for nonsense in [
        json!({"type": ["NonconformingDocument"]}),
        json!("text"),
        json!([]),
        json!(null),
        json!(7),
    ] {
        assert_eq!(verify(&server, &nonsense).status, 400, "{nonsense}");
        let body = json!({"verifiablePresentation": nonsense});
        assert_eq!(
            server.post("/presentations/verify", &body).status,
            400,
            "{nonsense}"
        );
    }
}

fn stranger() -> HolderSigner {
    HolderSigner::new(&Secret::new([9; 32]))
}

fn proof_options(suite: Suite, purpose: &str) -> Value {
    json!({
        "type": "DataIntegrityProof",
        "cryptosuite": suite.name(),
        "created": "2024-01-01T00:00:00Z",
        "verificationMethod": stranger().verification_method(),
        "proofPurpose": purpose
    })
}

/// Signs as a stranger does whose software checks nothing.
fn sign(document: &Value, options: Value, previous: Vec<Value>) -> Value {
    let contexts = Contexts::bundled().unwrap();
    let mut plain = document.clone();
    let mut proofs = match plain.as_object_mut().unwrap().remove("proof") {
        None => Vec::new(),
        Some(Value::Array(proofs)) => proofs,
        Some(one) => vec![one],
    };
    let mut signed = plain.clone();
    if !previous.is_empty() {
        signed["proof"] = Value::Array(previous);
    }
    let mut options: Map<String, Value> = options.as_object().unwrap().clone();
    let hash = match options.get("cryptosuite").and_then(Value::as_str) {
        Some("eddsa-rdfc-2022") => {
            let mut read = options.clone();
            read.insert("@context".to_owned(), plain["@context"].clone());
            let options = rdf::canonicalize(&Value::Object(read), &contexts).unwrap();
            ProofHash::of_quads(&options, &rdf::canonicalize(&signed, &contexts).unwrap())
        }
        _ => {
            options.insert("@context".to_owned(), plain["@context"].clone());
            ProofHash::of_json(&Value::Object(options.clone()), &signed).unwrap()
        }
    };
    let value = stranger().sign_proof(&hash).to_string();
    options.insert("proofValue".to_owned(), value.into());
    proofs.push(Value::Object(options));
    plain["proof"] = match <[Value; 1]>::try_from(proofs) {
        Ok([one]) => one,
        Err(many) => many.into(),
    };
    plain
}

fn sign_json(document: &Value, options: Value) -> Option<Value> {
    document.get("@context")?;
    Some(sign(document, options, Vec::new()))
}

fn strangers(changes: Value) -> Value {
    let base = with(
        credential(),
        json!({"issuer": stranger().did().to_string()}),
    );
    with(base, changes)
}

#[test]
fn the_cases_of_the_integrity_suite() {
    let (_bench, server) = issuer();
    for suite in SUITES {
        let options = |changes: Value| with(proof_options(suite, "assertionMethod"), changes);
        let good = sign(&strangers(json!({})), options(json!({})), Vec::new());
        assert_eq!(
            verify(&server, &good).status,
            200,
            "{}",
            verify(&server, &good).json()
        );
        let no_created = sign(
            &strangers(json!({})),
            options(json!({"created": "@remove"})),
            Vec::new(),
        );
        assert_eq!(verify(&server, &no_created).status, 200);
        let refused = |what: &str, document: &Value, reason: &str| {
            let reply = verify(&server, document);
            let body = reply.json();
            assert_eq!(
                (reply.status, body["reason"].as_str()),
                (400, Some(reason)),
                "{suite:?} {what}: {body}"
            );
            assert_eq!(body["verified"], false);
        };
        // Options of a proof, signed as they are.
        for (what, changes, reason) in [
            ("no type", json!({"type": "@remove"}), "PROOF_TYPE"),
            (
                "another type",
                json!({"type": "UnknownProofType"}),
                "PROOF_TYPE",
            ),
            (
                "no verification method",
                json!({"verificationMethod": "@remove"}),
                "PROOF_OPTION_MISSING",
            ),
            (
                "a method that is none",
                json!({"verificationMethod": "did:key:invalidVm"}),
                "PROOF_METHOD_UNKNOWN",
            ),
            (
                "no purpose",
                json!({"proofPurpose": "@remove"}),
                "PROOF_OPTION_MISSING",
            ),
            (
                "another purpose",
                json!({"proofPurpose": "authentication"}),
                "PROOF_PURPOSE",
            ),
            (
                "created that is no time",
                json!({"created": "invalidDate"}),
                "PROOF_OPTION_MISSING",
            ),
            (
                "expires that is no time",
                json!({"expires": "invalidDate"}),
                "PROOF_OPTION_MISSING",
            ),
            (
                "expired",
                json!({"expires": "2024-06-01T00:00:00Z"}),
                "PROOF_EXPIRED",
            ),
            (
                "previous that is no text",
                json!({"previousProof": [1]}),
                "PROOF_OPTION_MISSING",
            ),
        ] {
            // What cannot be said in RDF is put in after signing.
            let signed = match suite {
                Suite::EddsaJcs2022 => sign(&strangers(json!({})), options(changes), Vec::new()),
                Suite::EddsaRdfc2022 => {
                    let mut signed = good.clone();
                    signed["proof"] = with(signed["proof"].clone(), changes);
                    signed
                }
            };
            refused(what, &signed, reason);
        }
        let mut other_suite = good.clone();
        other_suite["proof"]["cryptosuite"] = json!("UnknownCryptosuite");
        refused("another cryptosuite", &other_suite, "PROOF_CRYPTOSUITE");
        let mut not_a_map = good.clone();
        not_a_map["proof"] = Value::Null;
        assert_eq!(verify(&server, &not_a_map).status, 400);
        refused("no proof", &strangers(json!({})), "PROOF_NONE");
        assert_eq!(
            verify(&server, &json!(good.to_string())).status,
            400,
            "a text that has JSON in it"
        );
        // The proof value: another alphabet, another length, nothing, another signature.
        for value in [
            "",
            "zz",
            "uAAAA",
            "0xff",
            "invalidProofValue",
            "z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh",
        ] {
            let mut changed = good.clone();
            changed["proof"]["proofValue"] = json!(value);
            refused(value, &changed, "PROOF_OPTION_MISSING");
        }
        let other = sign(
            &strangers(json!({"name": "x"})),
            options(json!({})),
            Vec::new(),
        );
        let mut swapped = good.clone();
        swapped["proof"] = other["proof"].clone();
        refused("the proof of another document", &swapped, "PROOF_SIGNATURE");
        // What JSON-LD would drop.
        for (what, changes) in [
            (
                "an undefined term",
                json!({"credentialSubject": {"id": "did:example:subject", "undefinedTerm": "x"}}),
            ),
            (
                "an undefined type",
                json!({"type": ["VerifiableCredential", "UndefinedType"]}),
            ),
        ] {
            refused(what, &with(good.clone(), changes), "RDF_UNDEFINED_TERM");
        }
        let base = json!([V2, {"@base": "https://example.org/"}]);
        assert_eq!(
            verify(&server, &with(good.clone(), json!({"@context": base}))).status,
            400
        );
        // Sets and chains.
        let set = sign(&good, options(json!({})), Vec::new());
        assert_eq!(verify(&server, &set).status, 200);
        let first = sign(
            &strangers(json!({})),
            options(json!({"id": "urn:uuid:first:proof"})),
            Vec::new(),
        );
        let covers = |name: Value| {
            let covered = vec![first["proof"].clone()];
            sign(&first, options(json!({"previousProof": name})), covered)
        };
        for name in [
            json!("urn:uuid:first:proof"),
            json!(["urn:uuid:first:proof"]),
        ] {
            let chain = covers(name);
            assert_eq!(
                verify(&server, &chain).status,
                200,
                "{}",
                verify(&server, &chain).json()
            );
            let mut broken = chain.clone();
            broken["proof"][0]["proofValue"] = broken["proof"][1]["proofValue"].clone();
            refused("the first proof of a chain", &broken, "PROOF_SIGNATURE");
        }
        for name in [
            json!("urn:uuid:missing:proof"),
            json!(["urn:uuid:first:proof", "urn:uuid:missing:proof"]),
        ] {
            refused("a chain with a gap", &covers(name), "PROOF_PREVIOUS");
        }
        // Challenge and domain, when the verifier asks.
        let bound = options(json!({"challenge": "1235abcd6789", "domain": "domain.example"}));
        let bound = sign(&strangers(json!({})), bound, Vec::new());
        for (challenge, domain, status, reason) in [
            ("1235abcd6789", "domain.example", 200, ""),
            ("other", "domain.example", 400, "PROOF_CHALLENGE"),
            ("1235abcd6789", "other.example", 400, "PROOF_DOMAIN"),
        ] {
            let options = json!({"challenge": challenge, "domain": domain});
            let body = json!({"verifiableCredential": bound, "options": options});
            let reply = server.post("/credentials/verify", &body);
            assert_eq!(
                (reply.status, reply.text("reason").as_str()),
                (status, reason)
            );
        }
    }
}

#[test]
fn sets_and_chains_are_issued() {
    let (_bench, server) = issuer();
    for suite in SUITES {
        let first = issue(
            &server,
            credential(),
            json!({"cryptosuite": suite.name(), "proofId": "urn:uuid:one"}),
        );
        let first = first.json();
        let set = issue(&server, first.clone(), json!({"cryptosuite": suite.name()}));
        assert_eq!(set.json()["proof"].as_array().unwrap().len(), 2);
        assert_eq!(verify(&server, &set.json()).status, 200);
        let options = json!({"cryptosuite": suite.name(), "previousProof": "urn:uuid:one", "expires": "2999-01-01T00:00:00Z"});
        let chain = issue(&server, first.clone(), options).json();
        assert_eq!(chain["proof"][1]["previousProof"], "urn:uuid:one");
        assert_eq!(chain["proof"][1]["expires"], "2999-01-01T00:00:00Z");
        assert_eq!(verify(&server, &chain).status, 200);
        let gap = issue(&server, first, json!({"previousProof": "urn:uuid:two"}));
        assert_eq!(
            (gap.status, gap.text("reason").as_str()),
            (400, "PROOF_PREVIOUS")
        );
    }
}

const CHALLENGE: &str = "uAAECAwQFBgcICQoLDA0ODw";
const DOMAIN: &str = "github.com/w3c/vc-data-model-2.0-test-suite";

fn presentation() -> Value {
    json!({"@context": [V2], "type": ["VerifiablePresentation"]})
}

fn signed_presentation(changes: Value) -> Value {
    let bound = json!({"challenge": CHALLENGE, "domain": DOMAIN});
    let options = with(proof_options(Suite::EddsaRdfc2022, "authentication"), bound);
    sign(&with(presentation(), changes), options, Vec::new())
}

fn verify_presentation(server: &Server, document: &Value) -> Reply {
    let options = json!({"challenge": CHALLENGE, "domain": DOMAIN});
    let body = json!({"verifiablePresentation": document, "options": options});
    server.post("/presentations/verify", &body)
}

#[test]
fn the_presentations_of_the_data_models_suite() {
    let (_bench, server) = issuer();
    let me = stranger().did().to_string();
    let held = sign(
        &strangers(json!({})),
        proof_options(Suite::EddsaRdfc2022, "assertionMethod"),
        Vec::new(),
    );
    let other = sign(
        &strangers(json!({"id": "urn:x"})),
        proof_options(Suite::EddsaJcs2022, "assertionMethod"),
        Vec::new(),
    );
    let example = json!([V2, {"Example": "https://example.org/#Example"}]);
    for (what, changes) in [
        ("no more than is needed", json!({})),
        (
            "an id",
            json!({"id": "urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008"}),
        ),
        (
            "a second context and type",
            json!({"@context": example, "type": ["VerifiablePresentation", "Example"]}),
        ),
        ("a credential", json!({"verifiableCredential": [held]})),
        (
            "several credentials",
            json!({"verifiableCredential": [held, other]}),
        ),
        (
            "a holder",
            json!({"holder": me, "verifiableCredential": [held]}),
        ),
        (
            "a holder that is an object",
            json!({"holder": {"id": me}, "verifiableCredential": [held]}),
        ),
        (
            "what the holder states",
            json!({"holder": me, "verifiableCredential": [strangers(json!({}))]}),
        ),
    ] {
        let signed = signed_presentation(changes);
        let reply = verify_presentation(&server, &signed);
        assert_eq!(reply.status, 200, "{what}: {}", reply.json());
        assert_eq!(
            server.post("/presentations/verify", &signed).status,
            200,
            "{what}, bare"
        );
        // Made for somebody else, or long ago.
        let body = json!({"verifiablePresentation": signed, "options": {"challenge": "other", "domain": DOMAIN}});
        assert_eq!(
            server.post("/presentations/verify", &body).text("reason"),
            "PROOF_CHALLENGE"
        );
        let mut changed = signed.clone();
        changed["proof"]["proofValue"] = json!("z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh");
        assert_eq!(verify_presentation(&server, &changed).status, 400);
    }
    let good = signed_presentation(json!({"holder": me, "verifiableCredential": [held]}));
    let foreign = with(strangers(json!({})), json!({"issuer": "did:example:alice"}));
    for (what, changes) in [
        ("no context", json!({"@context": "@remove"})),
        ("no base context", json!({"@context": [EXAMPLES]})),
        (
            "the base context second",
            json!({"@context": [EXAMPLES, V2]}),
        ),
        (
            "a context that is no URL",
            json!({"@context": [V2, "https ://not-a-url/"]}),
        ),
        ("a context that is a number", json!({"@context": [V2, 5]})),
        ("no type", json!({"type": "@remove"})),
        (
            "not the type of a presentation",
            json!({"@context": example, "type": ["Example"]}),
        ),
        ("a holder that is no URL", json!({"holder": "z6MkpJyS"})),
        ("a holder without id", json!({"holder": {"name": "Acme"}})),
        (
            "a holder whose id is no URL",
            json!({"holder": {"id": "z6MkpJyS"}}),
        ),
        ("another holder", json!({"holder": "did:example:alice"})),
        (
            "a credential that is a text",
            json!({"verifiableCredential": ["eyJhbGciOiJFUzI1NiJ9.e30.x"]}),
        ),
        (
            "a credential without type",
            json!({"verifiableCredential": [with(held.clone(), json!({"type": []}))]}),
        ),
        (
            "a changed credential",
            json!({"verifiableCredential": [with(held.clone(), json!({"id": "urn:y"}))]}),
        ),
        (
            "a credential that nobody signed",
            json!({"verifiableCredential": [foreign]}),
        ),
        (
            "what somebody states who is not named",
            json!({"holder": "@remove", "verifiableCredential": [strangers(json!({}))]}),
        ),
    ] {
        let reply = verify_presentation(&server, &with(good.clone(), changes.clone()));
        assert_eq!(reply.status, 400, "{what}: {}", reply.json());
        // Not only because it was changed: signed like this it is refused too, where it can be signed at all.
        let jcs = with(
            proof_options(Suite::EddsaJcs2022, "authentication"),
            json!({"challenge": CHALLENGE, "domain": DOMAIN}),
        );
        let base = with(
            presentation(),
            json!({"holder": me, "verifiableCredential": [held]}),
        );
        if let Some(signed) = sign_json(&with(base, changes), jcs) {
            let reply = verify_presentation(&server, &signed);
            assert_eq!(reply.status, 400, "{what}, signed: {}", reply.json());
        }
    }
}

#[test]
fn envelopes_are_told_from_what_is_malformed_and_never_called_verified() {
    let (_bench, server) = issuer();
    let envelope = |kind: &str| json!({"@context": V2, "type": kind, "id": "data:application/vc+jwt,eyJhbGciOiJFUzI1NiJ9.e30.x"});
    let credential = envelope("EnvelopedVerifiableCredential");
    assert_eq!(verify(&server, &credential).text("reason"), "VC_ENVELOPED");
    let presentation =
        json!({"verifiablePresentation": envelope("EnvelopedVerifiablePresentation")});
    assert_eq!(
        server
            .post("/presentations/verify", &presentation)
            .text("reason"),
        "VC_ENVELOPED"
    );
    let inside = signed_presentation(json!({"verifiableCredential": [credential]}));
    assert_eq!(
        verify_presentation(&server, &inside).text("reason"),
        "VC_ENVELOPED"
    );
    for changes in [
        json!({"@context": []}),
        json!({"@context": EXAMPLES}),
        json!({"id": "eyJhbGciOiJFUzI1NiJ9.e30.x"}),
        json!({"type": "@remove"}),
        json!({"type": "VerifiableCredential"}),
    ] {
        let changed = with(credential.clone(), changes);
        assert_eq!(verify(&server, &changed).status, 400);
    }
}
