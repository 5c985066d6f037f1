use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use tacit_circuits::field::Fr;
use tacit_circuits::keys::{ProvingKey, insecure_development_setup};
use tacit_circuits::open::{Open, OpenWitness};
use tacit_circuits::types::{Digest32, EndTag, Secret, Timestamp};
use tacit_circuits::{Entropy, Proof, prove};

use super::*;
use crate::schema::SchemaId;
use crate::signer::HolderSigner;
use crate::testing::*;

type E = IssuanceError;

fn key() -> &'static ProvingKey {
    static KEY: OnceLock<ProvingKey> = OnceLock::new();
    KEY.get_or_init(|| insecure_development_setup::<Open>().unwrap())
}

fn offer() -> IssuanceOffer {
    IssuanceOffer {
        issuer: did(1),
        schema: person().id().unwrap(),
        code: Secret::new([0x5a; 32]),
        expires: Timestamp(NOW.0 + 3600),
    }
}

fn request() -> IssuanceRequest {
    let (holder_key, end_tag) = keys();
    IssuanceRequest {
        issuer: did(1),
        schema: person().id().unwrap(),
        subject: holder().did(),
        holder_key,
        end_tag,
        offer: offer().id(),
        expires: Timestamp(NOW.0 + 600),
    }
}

/// The opening of `testing::keys`.
fn opening(sk: u64) -> OpenWitness {
    OpenWitness {
        sk: Secret::new(Fr::from(sk)),
        rho: Secret::new(Fr::from(12u64)),
    }
}

fn proof_for(request: &IssuanceRequest) -> Proof {
    prove::<Open>(
        key(),
        &request.open_public(),
        &opening(11),
        Entropy::new([1; 32]),
    )
    .unwrap()
}

fn signed(request: IssuanceRequest) -> SignedIssuanceRequest {
    holder()
        .sign_issuance_request(request, proof_for(&request))
        .unwrap()
}

fn verify(signed: &SignedIssuanceRequest) -> Result<VerifiedIssuance, E> {
    signed.verify(&offer(), NOW, key().verifying_key())
}

#[test]
fn a_request_with_a_proof_is_accepted_and_names_itself() {
    let signed = signed(request());
    let read = SignedIssuanceRequest::parse(&signed.to_json().unwrap()).unwrap();
    assert_eq!(read, signed);
    let verified = verify(&read).unwrap();
    assert_eq!(
        (verified.request, verified.id),
        (request(), request().binding())
    );
}

#[test]
fn offers_travel_as_links_and_do_not_print_their_code() {
    let link = offer().to_link();
    let read = IssuanceOffer::from_link(&format!(" {}\n", *link)).unwrap();
    assert_eq!(
        (read.id(), read.issuer, read.schema, read.expires),
        (offer().id(), did(1), offer().schema, offer().expires)
    );
    assert!(read.code == offer().code);
    let shown = format!("{read:?} {read}");
    assert!(
        !shown.contains("5a5a5a") && !shown.contains("90, 90"),
        "{shown}"
    );
    assert_eq!(
        IssuanceOffer::from_link("tacit:request:AAAA").unwrap_err(),
        E::Link
    );
    assert!(matches!(
        IssuanceOffer::from_link("tacit:offer:AAAA"),
        Err(E::Wire(_))
    ));
    let longer = format!("{}AAAA", *link);
    assert!(IssuanceOffer::from_link(&longer).is_err());
}

#[test]
fn requests_are_refused_each_by_its_own_error() {
    let changed = |change: &dyn Fn(&mut IssuanceRequest)| {
        let mut request = request();
        change(&mut request);
        verify(&signed(request)).unwrap_err()
    };
    assert_eq!(changed(&|r| r.issuer = did(2)), E::OtherIssuer);
    assert_eq!(changed(&|r| r.issuer.chain = OTHER_CHAIN), E::OtherIssuer);
    assert_eq!(
        changed(&|r| r.schema = SchemaId(Fr::from(1u64))),
        E::OtherSchema
    );
    assert_eq!(changed(&|r| r.offer = Digest32([0; 32])), E::OtherOffer);
    assert_eq!(changed(&|r| r.expires = NOW), E::Expired);
    assert_eq!(
        changed(&|r| r.expires = Timestamp(NOW.0 + MAX_ISSUANCE_SECS + 1)),
        E::ExpiryTooFar
    );
    let late = signed(request()).verify(
        &IssuanceOffer {
            expires: NOW,
            ..offer()
        },
        NOW,
        key().verifying_key(),
    );
    assert_eq!(late.unwrap_err(), E::Expired);
    let stranger = HolderSigner::new(&Secret::new([98; 32]));
    assert_eq!(
        stranger.sign_issuance_request(request(), proof_for(&request())),
        Err(E::OtherSubject)
    );
}

#[test]
fn proof_and_signature_are_bound_to_every_field() {
    let good: Value = serde_json::from_slice(&signed(request()).to_json().unwrap()).unwrap();
    let check = |document: &Value| {
        SignedIssuanceRequest::parse(document.to_string().as_bytes()).and_then(|s| verify(&s))
    };
    assert!(check(&good).is_ok());

    // Another end tag under the old signature; then newly signed by the subject, but with the old proof.
    let other = IssuanceRequest {
        end_tag: EndTag(Fr::from(9u64)),
        ..request()
    };
    let mut document = good.clone();
    document["request"]["endTag"] = json!(other.end_tag);
    assert_eq!(check(&document).unwrap_err(), E::Signature);
    let replayed = holder()
        .sign_issuance_request(other, proof_for(&request()))
        .unwrap();
    assert_eq!(verify(&replayed), Err(E::Proof));

    // Somebody else becomes the subject of the same K: the proof is of the first request.
    let stranger = HolderSigner::new(&Secret::new([98; 32]));
    let stolen = IssuanceRequest {
        subject: stranger.did(),
        ..request()
    };
    let stolen = stranger
        .sign_issuance_request(stolen, proof_for(&request()))
        .unwrap();
    assert_eq!(verify(&stolen), Err(E::Proof));

    // Nobody can make the proof for a K that he does not open.
    let refused = prove::<Open>(
        key(),
        &request().open_public(),
        &opening(10),
        Entropy::new([2; 32]),
    );
    assert!(refused.is_err());

    for (path, value, error) in [
        ("/signature", json!("00".repeat(64)), E::Signature),
        ("/proof", json!("00".repeat(192)), E::Proof),
        ("/tacit", json!("presentation"), E::Kind),
        ("/version", json!(2), E::Version(2)),
    ] {
        let mut document = good.clone();
        *document.pointer_mut(path).unwrap() = value;
        assert_eq!(check(&document).unwrap_err(), error);
    }
    for (path, value) in [
        ("/proof", json!("FF".repeat(192))),
        ("/signature", json!("ab")),
        ("/request/subject", json!("did:key:z")),
        ("/request/holderKey", json!("ff".repeat(32))),
        ("/request/issuer", json!("did:tacit:1:1")),
        ("/request/expires", json!("tomorrow")),
    ] {
        let mut document = good.clone();
        *document.pointer_mut(path).unwrap() = value;
        assert!(matches!(check(&document), Err(E::Json(_))), "{path}");
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = SignedIssuanceRequest::parse(&bytes);
        let _ = IssuanceOffer::from_link(&format!("tacit:offer:{}", String::from_utf8_lossy(&bytes)));
    }
}
