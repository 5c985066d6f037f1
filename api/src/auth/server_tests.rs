//! The layer against every kind of caller: all methods of the descriptors are walked.

use super::*;
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use http_body_util::{BodyExt, Full};
use tacit_circuits::field::Fr;
use tacit_circuits::types::{Digest32, MemberId};
use tacit_ledger::ids::{Height, ValidatorId};
use tacit_ledger::member::{
    KeyHistory, MemberKeys, MemberRecord, MemberStatus, PlatformCommitment, Role, Roles,
};
use tacit_ledger::signature::HpkePublicKey;
use tacit_ledger::text::Name;
use tower::ServiceExt;

use crate::auth::client::{Credentials, SigningChannel};
use crate::auth::policy::METHODS;
use crate::auth::request::Claims;

const CHAIN: ChainId = ChainId(Digest32([1; 32]));
const HERE: Audience = Audience(Digest32([2; 32]));
const GOVERNANCE: u8 = 200;
const SUSPENDED: u32 = 90;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// Members 1 to 5, one for each role; a suspended platform; nobody else.
struct Members;

fn seed(id: u32) -> u8 {
    u8::try_from(id).unwrap()
}

#[tonic::async_trait]
impl Directory for Members {
    async fn member(&self, id: MemberId) -> ApiResult<Option<MemberRecord>> {
        let (role, status) = match id.get() {
            n @ 1..=5 => (Role::ALL[n as usize - 1], MemberStatus::Active),
            SUSPENDED => (Role::Platform, MemberStatus::Suspended),
            _ => return Ok(None),
        };
        let mut nine = [0; 32];
        nine[0] = 9;
        Ok(Some(MemberRecord {
            id,
            name: Name::new("somebody").unwrap(),
            roles: Roles::new(&[role]).unwrap(),
            status,
            registered: Height(1),
            keys: MemberKeys {
                signing: SigningPublicKey::of(&key(seed(id.get()))),
                hpke: HpkePublicKey::new(nine).unwrap(),
                platform: (role == Role::Platform).then_some(PlatformCommitment(Fr::from(1u64))),
            },
            keys_from: Height(1),
            past_keys: KeyHistory::default(),
        }))
    }

    async fn validator(&self, signer: &SigningPublicKey) -> ApiResult<Option<ValidatorId>> {
        let governance = SigningPublicKey::of(&key(GOVERNANCE));
        Ok(ValidatorId::new(1).filter(|_| *signer == governance))
    }
}

fn member(id: u32) -> Credentials {
    Credentials::member(MemberId::new(id).unwrap(), key(seed(id)))
}

type Reached = tower::util::BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// The layer over a service that says it was reached, and as whom.
fn guarded(dir: &std::path::Path) -> AuthService<Reached> {
    let gate = Gate {
        chain: CHAIN,
        audience: HERE,
        directory: Arc::new(Members),
        nonces: NonceLog::open(dir, 1000).unwrap(),
    };
    let reached = tower::service_fn(|request: Request<Body>| async move {
        let known = request.extensions().get::<Caller>().is_some();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let mut response = Response::new(Body::empty());
        response.headers_mut().insert(
            "reached",
            if known { "signed" } else { "public" }.parse().unwrap(),
        );
        response.headers_mut().insert("length", body.len().into());
        Ok(response)
    });
    AuthLayer::new(gate).layer(Reached::new(reached))
}

/// A gRPC message of ten bytes.
fn request(path: &str) -> Request<Body> {
    let mut body = vec![0, 0, 0, 0, 10];
    body.extend_from_slice(&[7; 10]);
    Request::builder()
        .uri(path)
        .body(Body::new(Full::new(Bytes::from(body))))
        .unwrap()
}

/// The reason of a refusal; `None` when the service was reached.
fn refusal(response: &Response<Body>) -> Option<String> {
    if response.headers().contains_key("reached") {
        return None;
    }
    let status = Status::from_header_map(response.headers()).unwrap();
    Some(ApiError::from(status).code().to_owned())
}

async fn call(
    service: &AuthService<Reached>,
    path: &str,
    as_whom: Option<Credentials>,
) -> Response<Body> {
    SigningChannel::new(service.clone(), CHAIN, HERE, as_whom)
        .oneshot(request(path))
        .await
        .unwrap()
}

/// Signs by hand, so that a test can get any part wrong.
async fn call_with(
    service: &AuthService<Reached>,
    claims: Claims,
    by: &SigningKey,
    sent: Request<Body>,
) -> Option<String> {
    let method = policy::rule(sent.uri().path()).unwrap();
    let split = body::split(sent.into_body(), method.body, method.max_request)
        .await
        .unwrap();
    let signed = claims.sign(by, method.path, &split.digest);
    refusal(
        &service
            .clone()
            .oneshot(with_header(method.path, &signed, split.body))
            .await
            .unwrap(),
    )
}

fn with_header(path: &str, signed: &SignedRequest, body: Body) -> Request<Body> {
    let mut request = Request::builder().uri(path).body(body).unwrap();
    let mut metadata = MetadataMap::new();
    let bytes = commonware_codec::Encode::encode(signed);
    metadata.insert_bin(
        HEADER,
        tonic::metadata::BinaryMetadataValue::from_bytes(&bytes),
    );
    *request.headers_mut() = metadata.into_headers();
    request
}

const FETCH: &str = "/tacit.v1.SharingService/FetchObject";

fn claims() -> Claims {
    Claims {
        chain: CHAIN,
        audience: HERE,
        signer: Signer::Member(MemberId::new(2).unwrap()),
        nonce: [9; 16],
        expires: clock::unix_seconds() + 30,
    }
}

#[tokio::test]
async fn no_method_is_reached_unauthenticated_unless_it_is_public() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    for method in METHODS {
        let refused = refusal(&call(&service, method.path, None).await);
        let expected = (method.who != Who::Anyone).then(|| "AUTH_MISSING".to_owned());
        assert_eq!(refused, expected, "{}", method.path);
    }
}

#[tokio::test]
async fn every_method_admits_exactly_the_callers_of_its_rule() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    let callers = (1..=5)
        .map(|id| (Some(Role::ALL[id as usize - 1]), member(id)))
        .chain([(None, Credentials::key(key(150)))]);
    for (role, credentials) in callers {
        for method in METHODS {
            let admitted = match method.who {
                Who::Anyone => true,
                Who::MemberOrValidator => role.is_some(),
                Who::Role(wanted) => role == Some(wanted),
                Who::Key => role.is_none(),
            };
            let response = call(&service, method.path, Some(credentials.clone())).await;
            let expected = (!admitted).then(|| "CALLER_NOT_ALLOWED".to_owned());
            assert_eq!(refusal(&response), expected, "{} as {role:?}", method.path);
            if admitted {
                let as_whom = if method.who == Who::Anyone {
                    "public"
                } else {
                    "signed"
                };
                assert_eq!(response.headers()["reached"], as_whom);
                assert_eq!(
                    response.headers()["length"],
                    "15",
                    "the body comes through whole"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_validators_operator_submits_and_reads_no_ones_data() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    let operator = Credentials::key(key(GOVERNANCE));
    for (path, expected) in [
        ("/tacit.v1.LedgerService/SubmitTransaction", None),
        (FETCH, Some("CALLER_NOT_ALLOWED")),
        (
            "/tacit.v1.AuditService/GetSidecar",
            Some("CALLER_NOT_ALLOWED"),
        ),
        (
            "/tacit.v1.VaultService/DeleteObject",
            Some("CALLER_NOT_ALLOWED"),
        ),
    ] {
        let refused = refusal(&call(&service, path, Some(operator.clone())).await);
        assert_eq!(refused.as_deref(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_request_for_another_chain_server_or_time_or_by_another_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    let now = clock::unix_seconds();
    let stranger = MemberId::new(77).unwrap();
    let suspended = MemberId::new(SUSPENDED).unwrap();
    let cases: [(&str, Claims, u8); 8] = [
        (
            "AUTH_CHAIN",
            Claims {
                chain: ChainId(Digest32([8; 32])),
                ..claims()
            },
            2,
        ),
        (
            "AUTH_AUDIENCE",
            Claims {
                audience: Audience(Digest32([8; 32])),
                ..claims()
            },
            2,
        ),
        (
            "AUTH_EXPIRED",
            Claims {
                expires: now - 1,
                ..claims()
            },
            2,
        ),
        (
            "AUTH_LIFETIME",
            Claims {
                expires: now + 3600,
                ..claims()
            },
            2,
        ),
        ("AUTH_SIGNATURE", claims(), 3),
        (
            "AUTH_SIGNATURE",
            Claims {
                signer: Signer::Member(MemberId::new(3).unwrap()),
                ..claims()
            },
            2,
        ),
        (
            "MEMBER_UNKNOWN",
            Claims {
                signer: Signer::Member(stranger),
                ..claims()
            },
            2,
        ),
        (
            "MEMBER_SUSPENDED",
            Claims {
                signer: Signer::Member(suspended),
                ..claims()
            },
            seed(SUSPENDED),
        ),
    ];
    for (expected, claims, by) in cases {
        let refused = call_with(&service, claims, &key(by), request(FETCH)).await;
        assert_eq!(refused.as_deref(), Some(expected));
    }
    // What was refused used nothing up.
    assert_eq!(
        call_with(&service, claims(), &key(2), request(FETCH)).await,
        None
    );
}

#[tokio::test]
async fn a_request_counts_once_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    let claims = claims();
    assert_eq!(
        call_with(&service, claims, &key(2), request(FETCH)).await,
        None
    );
    let again = call_with(&service, claims, &key(2), request(FETCH)).await;
    assert_eq!(again.as_deref(), Some("AUTH_REPLAYED"));
    drop(service);
    let service = guarded(dir.path());
    let later = call_with(&service, claims, &key(2), request(FETCH)).await;
    assert_eq!(later.as_deref(), Some("AUTH_REPLAYED"));
}

#[tokio::test]
async fn a_signature_does_not_move_to_another_method_or_body() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    let digest = body::split(request(FETCH).into_body(), policy::Body::Whole, 100)
        .await
        .unwrap()
        .digest;
    let signed = claims().sign(&key(2), FETCH, &digest);
    let watch = "/tacit.v1.SharingService/WatchRequest";
    let moved = service
        .clone()
        .oneshot(with_header(watch, &signed, request(FETCH).into_body()))
        .await
        .unwrap();
    assert_eq!(refusal(&moved).as_deref(), Some("AUTH_SIGNATURE"));
    let other = Body::new(Full::new(Bytes::from_static(&[0, 0, 0, 0, 1, 8])));
    let changed = service
        .clone()
        .oneshot(with_header(FETCH, &signed, other))
        .await
        .unwrap();
    assert_eq!(refusal(&changed).as_deref(), Some("AUTH_SIGNATURE"));
}

#[tokio::test]
async fn malformed_headers_unknown_methods_and_oversized_bodies_have_their_own_errors() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    let mut garbled = request(FETCH);
    garbled
        .headers_mut()
        .insert(HEADER, "AAAA".parse().unwrap());
    let refused = refusal(&service.clone().oneshot(garbled).await.unwrap());
    assert_eq!(refused.as_deref(), Some("AUTH_MALFORMED"));

    let unknown = service
        .clone()
        .oneshot(request("/tacit.v1.LedgerService/Nothing"))
        .await
        .unwrap();
    assert_eq!(refusal(&unknown).as_deref(), Some("METHOD_UNKNOWN"));

    let signed = claims().sign(&key(2), FETCH, &Digest32([0; 32]));
    let huge = Body::new(Full::new(Bytes::from(vec![
        0;
        limits::MAX_SMALL_REQUEST + 100
    ])));
    let refused = refusal(
        &service
            .clone()
            .oneshot(with_header(FETCH, &signed, huge))
            .await
            .unwrap(),
    );
    assert_eq!(refused.as_deref(), Some("MESSAGE_TOO_LARGE"));
}

#[tokio::test]
async fn nobody_smuggles_a_caller_in() {
    let dir = tempfile::tempdir().unwrap();
    let service = guarded(dir.path());
    let mut forged = request("/tacit.v1.LedgerService/GetChainInfo");
    forged
        .extensions_mut()
        .insert(Caller::Validator(ValidatorId::new(1).unwrap()));
    let response = service.oneshot(forged).await.unwrap();
    assert_eq!(response.headers()["reached"], "public");
}
