//! RegisterSchema: an issuer publishes a credential schema, addressed by its content.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::ids::Height;
use crate::keys;
use crate::member::Role;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use crate::text::SchemaDocument;
use tacit_circuits::field::{Fr, digest_to_fr, fr_to_bytes};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{Digest32, MemberId};

/// Registers a schema document. Signed by an issuer. A document that is registered already stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterSchema {
    /// The document: canonical JSON, made and understood by the identity crate.
    pub document: SchemaDocument,
}
codec_struct!(RegisterSchema { document });

/// A registered schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaRecord {
    /// The issuer that registered it.
    pub registrant: MemberId,
    /// Height of the registration.
    pub height: Height,
    /// The document.
    pub document: SchemaDocument,
}
codec_struct!(SchemaRecord {
    registrant,
    height,
    document
});

/// Id of a schema: the field element of the document's tagged SHA-256.
pub fn schema_id(document: &SchemaDocument) -> Fr {
    digest_to_fr(&tagged_sha256(
        tags::SCHEMA,
        &[document.as_str().as_bytes()],
    ))
}

impl RegisterSchema {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.member(Some(Role::Issuer))
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let registrant = env.signer(evidence, Role::Issuer)?.id;
        let id = fr_to_bytes(&schema_id(&self.document));
        let existing = state::schema(env.state, &id)?.is_some();
        if !existing {
            let record = SchemaRecord {
                registrant,
                height: env.height,
                document: self.document.clone(),
            };
            state::write(env.state, keys::schema(&id), &record);
        }
        Ok(Outcome::Schema {
            id: Digest32(id),
            existing,
        })
    }
}
