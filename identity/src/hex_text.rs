//! Bytes in JSON: lower-case hexadecimal digits, one text for one value. For `#[serde(with = "…")]`.

/// 32 bytes as 64 lower-case hexadecimal digits.
pub(crate) mod bytes32 {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tacit_circuits::types::Digest32;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        Digest32(*bytes).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        Digest32::deserialize(from).map(|digest| digest.0)
    }
}

/// A proof as 384 lower-case hexadecimal digits.
pub(crate) mod proof {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use tacit_circuits::Proof;

    pub(crate) fn serialize<S: Serializer>(proof: &Proof, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(proof.0))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Proof, D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = [0; Proof::BYTES];
        // One text for one proof: lower case only.
        match hex::decode_to_slice(&text, &mut bytes) {
            Ok(()) if hex::encode(bytes) == text => Ok(Proof(bytes)),
            _ => Err(D::Error::custom(
                "a proof is 384 lower-case hexadecimal digits",
            )),
        }
    }
}
