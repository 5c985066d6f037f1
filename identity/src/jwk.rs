//! JSON Web Keys (RFC 7517, RFC 7518, RFC 8037): public keys of Ed25519, X25519 and P-256.
//!
//! Members that are not known are ignored, as the standard asks; secret ones are refused, for whoever sends one has lost it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::keys::{KeyError, VerifyKey};
use crate::public_key::{P256Key, PublicKey, X25519Key};

/// Members that hold secrets (RFC 7518, section 6).
const SECRET_MEMBERS: [&str; 8] = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

/// Why a JWK was refused. Values are never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// Not a JSON object.
    #[error("a JWK is a JSON object")]
    NotAnObject,
    /// It holds a secret key.
    #[error("the JWK holds a secret key: only public keys belong here")]
    Private,
    /// Another type or curve.
    #[error("JWK of another kind: OKP with Ed25519 or X25519 and EC with P-256 are accepted")]
    Kind,
    /// A coordinate is not 32 bytes in base64url without padding.
    #[error("JWK member `{0}` is not 32 bytes in base64url")]
    Coordinate(&'static str),
    /// `use` or `alg` is malformed or does not fit the key.
    #[error("JWK members `use` and `alg` do not fit the key")]
    Usage,
    /// The coordinates are no acceptable key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What the member `use` allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// `sig`: signatures.
    Signature,
    /// `enc`: key agreement.
    Encryption,
}

/// A public JWK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jwk {
    /// The key.
    pub key: PublicKey,
    /// What its owner restricts it to; `None` when to nothing.
    pub usage: Option<Usage>,
}

impl Jwk {
    /// Reads a JWK that came through [`crate::json::parse`].
    ///
    /// # Errors
    /// [`JwkError`] names the first rule broken.
    pub fn from_json(value: &Value) -> Result<Self, JwkError> {
        let members = value.as_object().ok_or(JwkError::NotAnObject)?;
        if SECRET_MEMBERS
            .iter()
            .any(|name| members.contains_key(*name))
        {
            return Err(JwkError::Private);
        }
        let text = |name| members.get(name).and_then(Value::as_str);
        let key = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("Ed25519")) => {
                PublicKey::Ed25519(VerifyKey::from_bytes(&coordinate(members, "x")?)?)
            }
            (Some("OKP"), Some("X25519")) => {
                PublicKey::X25519(X25519Key::from_bytes(&coordinate(members, "x")?)?)
            }
            (Some("EC"), Some("P-256")) => PublicKey::P256(P256Key::from_coordinates(
                &coordinate(members, "x")?,
                &coordinate(members, "y")?,
            )?),
            _ => return Err(JwkError::Kind),
        };
        let usage = usage(members, &key)?;
        Ok(Self { key, usage })
    }

    /// The key, when signatures are to be verified with it.
    pub fn for_signatures(&self) -> Option<&PublicKey> {
        let signs = !matches!(self.key, PublicKey::X25519(_));
        (signs && self.usage != Some(Usage::Encryption)).then_some(&self.key)
    }
}

impl PublicKey {
    /// The JWK: the members that make the key, and no others.
    pub fn to_jwk(&self) -> Value {
        let text = |bytes: [u8; 32]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ed25519(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(key.to_bytes())})
            }
            Self::X25519(key) => json!({"kty": "OKP", "crv": "X25519", "x": text(key.to_bytes())}),
            Self::P256(key) => {
                let (x, y) = key.coordinates();
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
        }
    }

    /// The thumbprint with SHA-256 (RFC 7638): of the members that make the key, sorted, without white space.
    pub fn thumbprint(&self) -> [u8; 32] {
        let text = |bytes: [u8; 32]| URL_SAFE_NO_PAD.encode(bytes);
        let okp = |curve, x| format!(r#"{{"crv":"{curve}","kty":"OKP","x":"{}"}}"#, text(x));
        let members = match self {
            Self::Ed25519(key) => okp("Ed25519", key.to_bytes()),
            Self::X25519(key) => okp("X25519", key.to_bytes()),
            Self::P256(key) => {
                let (x, y) = key.coordinates();
                let (x, y) = (text(x), text(y));
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
        };
        Sha256::digest(members).into()
    }
}

fn coordinate(members: &Map<String, Value>, name: &'static str) -> Result<[u8; 32], JwkError> {
    let refused = JwkError::Coordinate(name);
    let text = members.get(name).and_then(Value::as_str).ok_or(refused)?;
    let mut bytes = [0; 32];
    // 43 characters with no bits left over: one text for one coordinate.
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(32) if text.len() == 43 => Ok(bytes),
        _ => Err(refused),
    }
}

fn usage(members: &Map<String, Value>, key: &PublicKey) -> Result<Option<Usage>, JwkError> {
    let text = |name| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(JwkError::Usage),
    };
    let agrees = |alg: &str| alg == "ECDH-ES" || alg.starts_with("ECDH-ES+");
    let by_algorithm = match (text("alg")?, key) {
        (None, _) => None,
        (Some("EdDSA" | "Ed25519"), PublicKey::Ed25519(_))
        | (Some("ES256"), PublicKey::P256(_)) => Some(Usage::Signature),
        (Some(alg), PublicKey::P256(_) | PublicKey::X25519(_)) if agrees(alg) => {
            Some(Usage::Encryption)
        }
        _ => return Err(JwkError::Usage),
    };
    let by_use = match (text("use")?, key) {
        (None, _) => None,
        (Some("sig"), PublicKey::Ed25519(_) | PublicKey::P256(_)) => Some(Usage::Signature),
        (Some("enc"), PublicKey::X25519(_) | PublicKey::P256(_)) => Some(Usage::Encryption),
        _ => return Err(JwkError::Usage),
    };
    match (by_algorithm, by_use) {
        (Some(one), Some(other)) if one != other => Err(JwkError::Usage),
        (one, other) => Ok(one.or(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    // RFC 8037, appendix A.2; did:jwk specification, examples of P-256 and X25519.
    const ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const P256_X: &str = "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0";
    const P256_Y: &str = "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE";
    const X25519: &str = "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08";

    fn ed25519() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": ED25519})
    }

    fn p256() -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y})
    }

    fn x25519() -> Value {
        json!({"kty": "OKP", "crv": "X25519", "x": X25519})
    }

    fn with(mut jwk: Value, name: &str, value: &str) -> Result<Jwk, JwkError> {
        jwk[name] = json!(value);
        Jwk::from_json(&jwk)
    }

    #[test]
    fn published_keys_come_back_as_they_were() {
        for jwk in [ed25519(), p256(), x25519()] {
            let read = Jwk::from_json(&jwk).unwrap();
            assert_eq!((read.key.to_jwk(), read.usage), (jwk, None));
        }
        let key = Jwk::from_json(&p256()).unwrap().key;
        let members = json::canonical(&p256()).unwrap();
        assert_eq!(key.thumbprint()[..], Sha256::digest(members)[..]);
        // RFC 8037, appendix A.3.
        let thumbprint = Jwk::from_json(&ed25519()).unwrap().key.thumbprint();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(thumbprint),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn each_defect_has_its_own_error() {
        let read = |value: Value| Jwk::from_json(&value).unwrap_err();
        assert_eq!(read(json!([])), JwkError::NotAnObject);
        for secret in SECRET_MEMBERS {
            assert_eq!(with(ed25519(), secret, "AA"), Err(JwkError::Private));
        }
        assert_eq!(
            read(json!({"kty": "RSA", "n": "AA", "e": "AQAB"})),
            JwkError::Kind
        );
        assert_eq!(with(p256(), "crv", "P-384"), Err(JwkError::Kind));
        assert_eq!(with(ed25519(), "kty", "EC"), Err(JwkError::Kind));
        for bad in [
            "",
            &ED25519[1..],
            &format!("{ED25519}="),
            &format!("{ED25519}A"),
            &format!("{}p", &ED25519[..42]),
            &ED25519.replace('_', "/"),
            &format!(" {}", &ED25519[1..]),
        ] {
            assert_eq!(
                with(ed25519(), "x", bad),
                Err(JwkError::Coordinate("x")),
                "{bad}"
            );
        }
        assert_eq!(
            read(json!({"kty": "EC", "crv": "P-256", "x": P256_X})),
            JwkError::Coordinate("y")
        );
        let zero = "A".repeat(43);
        assert_eq!(
            with(p256(), "y", &zero),
            Err(JwkError::Key(KeyError::NotP256))
        );
        assert_eq!(
            with(ed25519(), "x", &zero),
            Err(JwkError::Key(KeyError::NotAKey))
        );
        assert_eq!(
            with(x25519(), "x", &zero),
            Err(JwkError::Key(KeyError::NotX25519))
        );
    }

    #[test]
    fn a_key_is_for_what_its_owner_says() {
        let usage = |jwk, name, value| with(jwk, name, value).map(|jwk| jwk.usage);
        assert_eq!(usage(p256(), "use", "enc"), Ok(Some(Usage::Encryption)));
        assert_eq!(usage(p256(), "alg", "ES256"), Ok(Some(Usage::Signature)));
        assert_eq!(usage(ed25519(), "alg", "EdDSA"), Ok(Some(Usage::Signature)));
        assert_eq!(
            usage(x25519(), "alg", "ECDH-ES+A256KW"),
            Ok(Some(Usage::Encryption))
        );
        for (jwk, name, value) in [
            (ed25519(), "use", "enc"),
            (ed25519(), "alg", "ES256"),
            (x25519(), "use", "sig"),
            (p256(), "alg", "EdDSA"),
            (p256(), "alg", "none"),
            (p256(), "use", "both"),
        ] {
            assert_eq!(
                usage(jwk, name, value),
                Err(JwkError::Usage),
                "{name} {value}"
            );
        }
        let mut both = p256();
        (both["use"], both["alg"]) = (json!("enc"), json!("ES256"));
        assert_eq!(Jwk::from_json(&both), Err(JwkError::Usage));
        assert!(
            with(p256(), "use", "enc")
                .unwrap()
                .for_signatures()
                .is_none()
        );
        assert!(
            with(p256(), "kid", "any")
                .unwrap()
                .for_signatures()
                .is_some()
        );
        assert!(
            Jwk::from_json(&x25519())
                .unwrap()
                .for_signatures()
                .is_none()
        );
    }
}
