//! What each target does with the bytes it is given: decode them, and where that works, encode again and compare. A target
//! fails by a panic: of ours, of a decoder, or of an overflow check.
#![forbid(unsafe_code)]

pub mod did_url;
pub mod http;
pub mod sd_jwt;
pub mod snapshot;

pub use did_url::did_url;
pub use http::http_body;
pub use sd_jwt::{sd_jwt, status_list};
pub use snapshot::snapshot;

use commonware_codec::{EncodeSize, FixedSize, Read, Write};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;
use std::sync::LazyLock;
use tacit_api::auth::request::SignedRequest;
use tacit_api::bundle_file::{AnyBundle, parse_checkpoint, to_json};
use tacit_api::cli::network::candidate::Candidate;
use tacit_api::member::Registration;
use tacit_api::net::Endpoint;
use tacit_api::node_config::{self, NodeFile};
use tacit_api::server::pages::Key;
use tacit_api::wire;
use tacit_circuits::types::Timestamp;
use tacit_identity::bridge::{Foreign, Mapping, admit};
use tacit_identity::credential::{Credential, CredentialOpening};
use tacit_identity::did::{
    DereferenceOptions, Did, DidDocument, DidKey, MAX_DOCUMENT_BYTES, MemberDid, NoSources,
    Options as DidOptions, Resolver as DidResolver, Sources, Unavailable,
};
use tacit_identity::issuance::{IssuanceOffer, SignedIssuanceRequest};
use tacit_identity::jwk::Jwk;
use tacit_identity::predicate::Query;
use tacit_identity::presentation::{Presentation, SignedPresentationRequest, Verifier};
use tacit_identity::public_key::PublicKey;
use tacit_identity::request::{Reply, SignedSharingRequest, Withdrawal};
use tacit_identity::schema::{Claims, Schema, Shipped};
use tacit_ledger::block::{Block, Sidecar};
use tacit_ledger::bundle::{
    AbsenceBundle, GrantBundle, PresentationBundle, ReceiptBundle, RowBundle, StateBundle,
    TransactionBundle,
};
use tacit_ledger::certificate::Certificate;
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_ledger::genesis::{ChainSpec, Genesis};
use tacit_ledger::governance::{Change, Effect, OpenProposals, ProposalRecord, RegisterAuditKey};
use tacit_ledger::handover::Handover;
use tacit_ledger::header::Header;
use tacit_ledger::keys::StateKey;
use tacit_ledger::light::Checkpoint;
use tacit_ledger::member::MemberRecord;
use tacit_ledger::tx::Tx;
use tacit_ledger::validators::{ValidatorSet, Validators};
use tacit_vault::envelope::{Envelope, SealedMessage};
use tacit_vault::object::Header as ObjectHeader;
use tacit_vault::store::SignedErasure;
use tacit_wallet::file::seal;
use tacit_wallet::inbox::InboxInvitation;
use tacit_wallet::seed::Seed;

/// Bytes that decode are the canonical bytes of what they decode to.
fn codec<T: Read<Cfg = ()> + Write + EncodeSize>(data: &[u8]) {
    if let Ok(value) = decode_slice::<T>(data) {
        assert_eq!(encode_vec(&value), data);
    }
}

/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_262_400);

/// Text that parses and its canonical form mean the same.
fn text<T: FromStr + Display>(data: &[u8]) {
    let Some(value) = str(data).and_then(|text| text.parse::<T>().ok()) else {
        return;
    };
    let shown = value.to_string();
    let again = shown
        .parse::<T>()
        .unwrap_or_else(|_| panic!("{shown} does not parse"));
    assert_eq!(again.to_string(), shown);
}

/// A document that parses is written and parsed again to the same bytes.
fn document<T, E: std::fmt::Debug, B: AsRef<[u8]>>(
    data: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, E>,
    write: impl Fn(&T) -> Result<B, E>,
) {
    let Ok(value) = parse(data) else {
        return;
    };
    let written = write(&value).expect("what was parsed can be written");
    let again = parse(written.as_ref()).expect("what was written can be parsed");
    assert_eq!(write(&again).expect("once more").as_ref(), written.as_ref());
}

/// A JSON document with no rules but its type's.
fn json<T: serde::de::DeserializeOwned + serde::Serialize>(data: &[u8]) {
    let parse = |bytes: &[u8]| serde_json::from_slice::<T>(bytes);
    document(data, parse, |value| serde_json::to_vec(value));
}

fn str(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

fn person() -> &'static Schema {
    static PERSON: LazyLock<Schema> =
        LazyLock::new(|| Schema::person().expect("it comes with the program"));
    &PERSON
}

/// A transaction.
pub fn transaction(data: &[u8]) {
    if let Ok(tx) = Tx::from_bytes(data) {
        assert_eq!(tx.to_bytes(), data);
    }
}

/// A block.
pub fn block(data: &[u8]) {
    if let Ok(block) = Block::from_bytes(data) {
        assert_eq!(block.to_bytes(), data);
    }
}

/// A block's header.
pub fn header(data: &[u8]) {
    codec::<Header>(data);
}

/// A certificate of finality.
pub fn certificate(data: &[u8]) {
    codec::<Certificate>(data);
}

/// A sidecar.
pub fn sidecar(data: &[u8]) {
    codec::<Sidecar>(data);
}

/// A member's record.
pub fn member_record(data: &[u8]) {
    codec::<MemberRecord>(data);
}

/// What validators decide: changes, proposals, and the sets of validators.
pub fn governance(data: &[u8]) {
    codec::<Change>(data);
    codec::<Effect>(data);
    codec::<ProposalRecord>(data);
    codec::<OpenProposals>(data);
    codec::<Validators>(data);
    codec::<ValidatorSet>(data);
    codec::<Genesis>(data);
}

/// Files that organisations hand to each other: member.json, validator.json, audit keys, and endpoints.
pub fn registration(data: &[u8]) {
    json::<Registration>(data);
    json::<Candidate>(data);
    json::<Endpoint>(data);
    json::<RegisterAuditKey>(data);
}

/// A vault's word that it has erased an object.
pub fn erasure(data: &[u8]) {
    codec::<SignedErasure>(data);
}

/// A key of the consensus state.
pub fn state_key(data: &[u8]) {
    let _ = StateKey::from_bytes(data);
}

/// Decodes a bundle, compares, and checks it from its own word.
macro_rules! bundle {
    ($data:expr, $kind:ident) => {
        if let Ok(bundle) = $kind::from_bytes($data) {
            assert_eq!(bundle.to_bytes(), $data);
            if let Ok(chain) = bundle.chain.claimed_chain() {
                let _ = bundle.verify(&chain.into());
            }
        }
    };
}

/// The evidence of a presentation.
pub fn presentation_bundle(data: &[u8]) {
    bundle!(data, PresentationBundle);
}

/// The evidence of a transaction.
pub fn transaction_bundle(data: &[u8]) {
    bundle!(data, TransactionBundle);
}

/// The evidence of a value of the state.
pub fn state_bundle(data: &[u8]) {
    bundle!(data, StateBundle);
}

/// The evidence of a grant.
pub fn grant_bundle(data: &[u8]) {
    bundle!(data, GrantBundle);
}

/// The evidence of an access.
pub fn receipt_bundle(data: &[u8]) {
    bundle!(data, ReceiptBundle);
}

/// The evidence of an audit row.
pub fn row_bundle(data: &[u8]) {
    bundle!(data, RowBundle);
}

/// The evidence that nobody used a grant.
pub fn absence_bundle(data: &[u8]) {
    bundle!(data, AbsenceBundle);
}

/// A checkpoint, its file, and a change of the validator set.
pub fn checkpoint(data: &[u8]) {
    codec::<Checkpoint>(data);
    codec::<Handover>(data);
    let _ = parse_checkpoint(data);
}

/// The file of a bundle.
pub fn bundle_file(data: &[u8]) {
    let Ok(bundle) = AnyBundle::parse(data) else {
        return;
    };
    let written = match &bundle {
        AnyBundle::Presentation(file) => file.to_json(),
        AnyBundle::Transaction(bundle) => to_json(&**bundle),
        AnyBundle::State(bundle) => to_json(&**bundle),
        AnyBundle::Grant(bundle) => to_json(&**bundle),
        AnyBundle::Receipt(bundle) => to_json(&**bundle),
        AnyBundle::Row(bundle) => to_json(&**bundle),
        AnyBundle::Absence(bundle) => to_json(&**bundle),
    };
    assert_eq!(written.expect("it was parsed"), data);
}

/// A genesis file.
pub fn genesis(data: &[u8]) {
    let parse = |bytes: &[u8]| ChainSpec::from_json(&String::from_utf8_lossy(bytes));
    document(data, parse, ChainSpec::to_json);
}

/// A node's configuration file.
pub fn node_config(data: &[u8]) {
    let parse = |bytes: &[u8]| NodeFile::parse(&String::from_utf8_lossy(bytes), Path::new(""));
    if let Ok(file) = parse(data) {
        let again = parse(node_config::write::text(&file).as_bytes());
        assert_eq!(again.as_ref(), Ok(&file));
    }
}

/// A presentation.
pub fn presentation(data: &[u8]) {
    document(data, Presentation::parse, Presentation::to_json);
}

/// A verifier's signed request.
pub fn presentation_request(data: &[u8]) {
    document(
        data,
        SignedPresentationRequest::parse,
        SignedPresentationRequest::to_json,
    );
    text::<Verifier>(data);
}

/// A credential.
pub fn credential(data: &[u8]) {
    document(data, Credential::parse, Credential::to_json);
}

/// The opening of a credential.
pub fn opening(data: &[u8]) {
    document(data, CredentialOpening::parse, CredentialOpening::to_json);
}

/// A schema document.
pub fn schema(data: &[u8]) {
    if let Ok(schema) = Schema::parse(data) {
        let _ = Claims::parse(&schema, data);
    }
    let _ = Schema::parse_registered(data);
}

/// Claims under the schema `person`.
pub fn claims(data: &[u8]) {
    let Ok(claims) = Claims::parse(person(), data) else {
        return;
    };
    let again = Claims::from_json(person(), &claims.to_json()).expect("claims are claims");
    assert_eq!(again.to_json(), claims.to_json());
}

/// A mapping of foreign claims, and foreign claims themselves.
pub fn mapping(data: &[u8]) {
    static PID: LazyLock<Schema> = LazyLock::new(|| {
        let shipped = Shipped::find("pid").expect("it comes with the program");
        shipped.schema().expect("it is a schema")
    });
    let claims = match tacit_identity::json::parse(data, 65_536) {
        Ok(serde_json::Value::Object(claims)) => claims,
        _ => return,
    };
    let types = ["urn:eudi:pid:1"];
    let foreign = Foreign {
        types: &types,
        claims: &claims,
    };
    for schema in [person(), &PID] {
        let mapping = Mapping::parse(data, schema).ok();
        for mapping in [None, mapping.as_ref()] {
            if let Ok(admitted) = admit(&foreign, schema, mapping) {
                assert!(admitted.unused.len() < claims.len());
            }
        }
    }
}

/// Predicates as text.
pub fn predicate(data: &[u8]) {
    text::<Query>(data);
    if let Some(query) = str(data).and_then(|text| Query::parse(text).ok()) {
        let _ = query.compile(person(), Timestamp(1_795_219_200));
    }
}

/// DIDs.
pub fn did(data: &[u8]) {
    text::<DidKey>(data);
    text::<MemberDid>(data);
    if let Some(url) = str(data) {
        let _ = MemberDid::parse_verification_method(url);
        let _ = DidResolver::new(&NoSources, NOW).dereference(url, &DereferenceOptions::default());
        let _ = DidResolver::new(&NoSources, NOW).method(url);
    }
    text::<Did>(data);
    if let Some(key) = str(data).and_then(PublicKey::from_multibase) {
        assert_eq!(Some(key.to_multibase().as_str()), str(data));
    }
}

/// A DID document of somebody else, and the JWKs in it.
pub fn did_document(data: &[u8]) {
    let Ok(value) = tacit_identity::json::parse(data, MAX_DOCUMENT_BYTES) else {
        return;
    };
    if let Ok(jwk) = Jwk::from_json(&value) {
        let again = Jwk::from_json(&jwk.key.to_jwk()).expect("a public key is a JWK");
        assert_eq!(again.key, jwk.key);
    }
    let Some(did) = value["id"].as_str().and_then(|id| id.parse::<Did>().ok()) else {
        return;
    };
    if let Ok(document) = DidDocument::from_json(value.clone(), &did) {
        assert_eq!(document.as_json(), &value);
        for method in document.methods() {
            assert!(document.find(&method.id).is_some());
        }
    }
}

/// A log of a `did:webvh`, which is its own file of witness proofs too.
pub fn did_log(data: &[u8]) {
    struct Served<'a>(&'a [u8]);
    impl Sources for Served<'_> {
        fn file(&self, _: &str) -> Result<Option<Vec<u8>>, Unavailable> {
            Ok(Some(self.0.to_vec()))
        }
    }
    let first = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = serde_json::from_slice::<serde_json::Value>(first).unwrap_or_default();
    let did = first["state"]["id"].as_str().unwrap_or_default();
    let resolution = DidResolver::new(&Served(data), NOW).resolve(did, &DidOptions::default());
    if let Ok(document) = &resolution.document {
        assert_eq!(document.did(), did);
    }
    let _ = resolution.to_json();
}

/// An issuer's offer.
pub fn offer(data: &[u8]) {
    if let Some(offer) = str(data).and_then(|text| IssuanceOffer::from_link(text).ok()) {
        let link = offer.to_link();
        let again = IssuanceOffer::from_link(&link).expect("a link is a link");
        assert_eq!(*again.to_link(), *link);
    }
}

/// A request for a credential.
pub fn issuance_request(data: &[u8]) {
    document(
        data,
        SignedIssuanceRequest::parse,
        SignedIssuanceRequest::to_json,
    );
}

/// A platform's signed request.
pub fn sharing_request(data: &[u8]) {
    if let Ok(request) = SignedSharingRequest::from_bytes(data) {
        assert_eq!(request.to_bytes(), data);
    }
    if let Some(request) = str(data).and_then(|text| SignedSharingRequest::from_link(text).ok()) {
        let again = SignedSharingRequest::from_link(&request.to_link()).expect("a link is a link");
        assert_eq!(again.to_bytes(), request.to_bytes());
    }
}

/// A person's reply, and a withdrawal.
pub fn reply(data: &[u8]) {
    if let Ok(reply) = Reply::from_bytes(data) {
        assert_eq!(reply.to_bytes(), data);
    }
    if let Ok(withdrawal) = Withdrawal::from_bytes(data) {
        assert_eq!(withdrawal.to_bytes(), data);
    }
}

/// An inbox's invitation.
pub fn invitation(data: &[u8]) {
    text::<InboxInvitation>(data);
}

/// A sealed key, and a sealed message.
pub fn envelope(data: &[u8]) {
    codec::<Envelope>(data);
    codec::<SealedMessage>(data);
}

/// The header of a sealed object.
pub fn object_header(data: &[u8]) {
    if let Ok(bytes) = <&[u8; ObjectHeader::SIZE]>::try_from(data)
        && let Ok(header) = ObjectHeader::parse(bytes)
    {
        assert_eq!(&header.to_bytes(), bytes);
    }
}

/// A wallet file: magic, version, least cost and checksum are put right, so that what lies behind them is reached.
pub fn wallet_file(data: &[u8]) {
    let mut file = data.to_vec();
    if file.len() < 85 {
        let _ = seal::open(data, b"password");
        return;
    }
    file[..5].copy_from_slice(b"TCWF\x01");
    for (at, value) in [(5, 8u32), (9, 1), (13, 1)] {
        file[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    let sum = Sha256::digest(&file[..77]);
    file[77..85].copy_from_slice(&sum[..8]);
    assert!(
        seal::open(&file, b"password").is_err(),
        "nobody guesses the key"
    );
}

/// A wallet's seed as words.
pub fn seed(data: &[u8]) {
    if let Some(seed) = str(data).and_then(|text| Seed::from_text(text).ok()) {
        let again = Seed::from_text(&seed.to_text()).expect("words are words");
        assert_eq!(again.expose(), seed.expose());
    }
}

/// A page token.
pub fn page_token(data: &[u8]) {
    static KEY: LazyLock<Key> = LazyLock::new(|| Key::random().expect("the system has randomness"));
    if let Some(token) = str(data) {
        let page = KEY.read(token, "filter");
        assert!(!matches!(page, Ok(Some(_))), "nobody guesses the key");
    }
}

/// The header of a signed request.
pub fn auth_header(data: &[u8]) {
    if let Ok(signed) = SignedRequest::from_bytes(data) {
        assert_eq!(encode_vec(&signed), data);
    }
}

/// The platform tree as it travels.
pub fn platform_tree(data: &[u8]) {
    if let Some(entries) = wire::platform_tree_from_bytes(data) {
        assert_eq!(wire::platform_tree_to_bytes(&entries), data);
    }
}
