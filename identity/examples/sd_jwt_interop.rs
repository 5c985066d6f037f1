//! Our side of `tests/interop/run`: `issue FILE` writes credentials, presentations and a status list; `verify FILE` reads those that
//! others wrote, whole and changed. Keys are those of examples.

use std::error::Error;
use std::{env, fs};

use serde_json::{Map, Value, json};
use tacit_circuits::types::{Secret, Timestamp};
use tacit_identity::jwk::Jwk;
use tacit_identity::public_key::{P256Signer, PublicKey};
use tacit_identity::sd_jwt::status::{
    EntryBits, FetchedToken, Outcome, StatusKind, StatusList, StatusListToken, StatusReference,
    check,
};
use tacit_identity::sd_jwt::{
    ClaimPath, Credential, Draft, Expected, ExpectedBinding, Holder, Issuer, IssuerKeys,
    KeyBinding, KeyRequest, SALT_BYTES, Step, TokenKey, verify,
};
use tacit_identity::signer::HolderSigner;

const NOW: Timestamp = Timestamp(1_795_262_400);
const ISSUER: &str = "https://issuer.example";
const LIST: &str = "https://issuer.example/status/1";
const AUDIENCE: &str = "https://shop.example";
const NONCE: &str = "nonce-1";

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["issue", file] => issue(file),
        ["verify", file] => verify_all(file),
        _ => Err("issue FILE | verify FILE".into()),
    }
}

fn claims() -> Value {
    json!({
        "name": "Ada",
        "nationalities": ["DE", "FR"],
        "address": {"street": "Straße 1", "city": "Köln"},
        "level": 3
    })
}

/// What every presentation here shows, ours and theirs.
fn shown() -> Value {
    json!({
        "name": "Ada",
        "nationalities": ["FR"],
        "address": {"street": "Straße 1", "city": "Köln"},
        "level": 3
    })
}

fn issue(file: &str) -> Result<(), Failure> {
    let secret = |byte| Secret::new([byte; 32]);
    let (p256, p256_holder) = (P256Signer::new(&secret(1))?, P256Signer::new(&secret(2))?);
    let (ed, ed_holder) = (HolderSigner::new(&secret(1)), HolderSigner::new(&secret(2)));
    let all = json!({
        "ES256": issue_with((&p256).into(), (&p256_holder).into())?,
        "EdDSA": issue_with((&ed).into(), (&ed_holder).into())?,
    });
    Ok(fs::write(file, all.to_string())?)
}

fn issue_with(issuer: TokenKey<'_>, holder: TokenKey<'_>) -> Result<Value, Failure> {
    let address = ClaimPath::from("address");
    let nationalities = ClaimPath::from("nationalities");
    let mut draft = Draft::new(
        "https://issuer.example/person",
        claims().as_object().cloned().unwrap_or_default(),
    );
    draft.issuer = Some(ISSUER.to_owned());
    draft.issued_at = Some(NOW);
    draft.valid_until = Some(Timestamp(NOW.0 + 1000));
    draft.holder_key = Some(holder.public_key());
    draft.status = Some(StatusReference {
        uri: LIST.to_owned(),
        index: 2,
    });
    draft.disclosable = vec![
        "name".into(),
        nationalities.then(Step::Every),
        address.clone(),
        address.then("street"),
    ];
    draft.decoys = vec![(ClaimPath::top(), 2), (nationalities.clone(), 1)];
    let mut counter = 0u8;
    let mut salts = || {
        counter += 1;
        [counter; SALT_BYTES]
    };
    let issued = Issuer::new(issuer, None).issue(&draft, &mut salts)?;
    let key = issuer.public_key();
    let keys = move |_: &KeyRequest<'_>| Some(key);
    let binding = KeyBinding {
        audience: AUDIENCE,
        nonce: NONCE,
        issued_at: NOW,
    };
    let chosen = ["name".into(), nationalities.then(1), address];
    let presented =
        Holder::receive(&issued, &keys, NOW, 0)?.present_bound(&chosen, &binding, holder)?;
    let list = StatusListToken {
        uri: LIST.to_owned(),
        issuer: Some(ISSUER.to_owned()),
        issued_at: NOW,
        not_before: None,
        expires: Some(Timestamp(NOW.0 + 1000)),
        ttl_secs: Some(60),
        list: StatusList::of_values(EntryBits::ONE, [0, 0, 1, 0, 0, 0, 0, 0])?,
    };
    Ok(json!({
        "issued": issued,
        "presented": presented,
        "list": list.sign(issuer, None)?,
        "issuer": issuer.public_key().to_jwk(),
    }))
}

fn verify_all(file: &str) -> Result<(), Failure> {
    let all: Map<String, Value> = serde_json::from_slice(&fs::read(file)?)?;
    for (algorithm, one) in &all {
        let refused = verify_one(one).map_err(|error| format!("{algorithm}: {error}"))?;
        println!("{algorithm}: theirs verified, {refused} changed ones refused");
    }
    if all.is_empty() {
        Err("nothing to verify".into())
    } else {
        Ok(())
    }
}

fn verify_one(one: &Value) -> Result<usize, Failure> {
    let text = |name: &str| one[name].as_str().ok_or("a text is missing");
    let key: PublicKey = Jwk::from_json(&one["issuer"])?.key;
    let keys = move |_: &KeyRequest<'_>| Some(key);
    // Not every package lets its caller say what time it is.
    let now = one["now"].as_u64().map_or(NOW, Timestamp);
    let expected = Expected {
        audience: AUDIENCE,
        now,
        leeway_secs: 0,
        key_binding: Some(ExpectedBinding {
            nonce: NONCE,
            max_age_secs: 60,
        }),
    };
    let presented = text("presented")?;
    let credential = verify(presented, &keys, &expected)?.credential;
    if Value::Object(credential.claims()) != shown() {
        return Err("other claims than were shown".into());
    }
    if one.get("list").is_some() {
        check_status(&credential, text("list")?, &keys)?;
    }
    let held = Holder::receive(text("issued")?, &keys, now, 0)?;
    if Value::Object(held.credential().claims()) != claims() {
        return Err("other claims than were issued".into());
    }
    let mut refused = 0;
    for at in 0..presented.len() {
        let new = if presented[at..].starts_with('A') {
            'B'
        } else {
            'A'
        };
        let changed = format!("{}{new}{}", &presented[..at], &presented[at + 1..]);
        if verify(&changed, &keys, &expected).is_ok() {
            return Err(format!("accepted with character {at} changed").into());
        }
        refused += 1;
    }
    Ok(refused)
}

fn check_status(
    credential: &Credential,
    token: &str,
    keys: &dyn IssuerKeys,
) -> Result<(), Failure> {
    let lists = |uri: &str| {
        (uri == LIST).then(|| FetchedToken {
            token: token.to_owned(),
            at: NOW,
        })
    };
    let set = Outcome::Set {
        value: 1,
        kind: StatusKind::Invalid,
    };
    if check(credential, &lists, keys, NOW, 0) == Some(set) {
        Ok(())
    } else {
        Err("another status than the list says".into())
    }
}
