//! Proving an access: the grant is live, this platform is its grantee, the use is within the number allowed.

use tacit_circuits::access::{Access, AccessPublic, AccessWitness, Clause};
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::context::{STATEMENT_VERSION, StatementId, context};
use tacit_circuits::field::{Fr, fr_from_bytes};
use tacit_circuits::tree::note::NoteBucket;
use tacit_circuits::tree::{LivePath, MemoryNodes, platform};
use tacit_circuits::types::{AnchorView, AuditDigest};
use tacit_circuits::{Entropy, ProveError, prove};
use tacit_identity::request::Approval;
use tacit_ledger::action::access::AccessContent;
use tacit_ledger::block::Sidecar;
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::tx::Tx;
use tacit_vault::ids::SessionKey;
use zeroize::Zeroizing;

use super::Platform;
use super::journal;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// A proven access, before it is written down.
pub(super) struct Made {
    pub tx: Tx,
    pub sidecar: Sidecar,
    pub receipt: ReceiptOpening,
}

impl Platform {
    /// Proves one access under an approval, at the newest anchor.
    pub(super) async fn prove_access(
        &self,
        approval: &Approval,
        access: &journal::Access,
    ) -> ApiResult<Made> {
        let anchor = self.follower.anchor().await?;
        let audit_key = self.follower.audit_key().await?.key;
        let witness = self.witness(approval, access, &anchor).await?;
        let receipt = witness.receipt(anchor.time);
        let spec = self.follower.spec();
        let mut content = AccessContent {
            anchor: Height(anchor.height),
            receipt: receipt.commit(),
            nullifier: witness.nullifier(),
            audit_digest: AuditDigest(Fr::from(0u64)),
        };
        // The ciphertext depends on key, nullifier and anchor only; digest and context come after it.
        let before = AccessPublic {
            anchor,
            receipt: content.receipt,
            nullifier: content.nullifier,
            audit_key,
            audit_digest: content.audit_digest,
            context: context(
                &spec.id().0,
                StatementId::Access,
                STATEMENT_VERSION,
                &content.binding(),
            ),
        };
        let ciphertext = witness
            .audit_ciphertext(&before)
            .ok_or_else(|| ApiError::internal("no audit ciphertext for this nullifier"))?;
        let sidecar = Sidecar { ciphertext };
        content.audit_digest = sidecar.digest();
        let public = content.public(spec, &anchor, &audit_key);
        let (keys, chain) = (self.keys.clone(), spec.clone());
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).map_err(ApiError::internal)?;
        let bar = self.output.spinner("proving the access");
        let proof = tokio::task::spawn_blocking(move || {
            let key = keys.proving_for::<Access>(&chain)?;
            prove::<Access>(&key, &public, &witness, Entropy::new(entropy)).map_err(refused)
        });
        let proof = proof.await.map_err(ApiError::internal)??;
        bar.finish_and_clear();
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(ApiError::internal)?;
        let tx = Tx::unsigned(
            RequestId(id),
            content.with_proof(audit_key.id(), proof).into(),
        );
        Ok(Made {
            tx,
            sidecar,
            receipt,
        })
    }

    async fn witness(
        &self,
        approval: &Approval,
        access: &journal::Access,
        anchor: &AnchorView,
    ) -> ApiResult<AccessWitness> {
        let grant = &approval.grant;
        let missing = || ApiError::plain(&reason::GRANT_INVALID);
        let bucket = self
            .follower
            .note_bucket(anchor, NoteBucket::index_of(grant.position))
            .await?;
        let note = bucket.opened().path(grant.position).ok_or_else(missing)?;
        let ended = self.follower.ended_path(anchor, grant.position).await?;
        if ended.is_ended() {
            return Err(ApiError::plain(&reason::GRANT_ENDED));
        }
        let record_path = self.follower.ended_path(anchor, grant.body.record).await?;
        let mut nodes = MemoryNodes::default();
        for (member, leaf) in self.follower.platform_tree(anchor).await? {
            platform::set_leaf(&mut nodes, member, leaf).map_err(ApiError::internal)?;
        }
        let nonce: [u8; 32] = secret(&access.nonce)?;
        Ok(AccessWitness {
            platform_secret: self.secrets.platform(),
            platform_path: platform::path(&nodes, self.id).map_err(ApiError::internal)?,
            holder_key: grant.holder_key,
            end_tag: grant.end_tag,
            body: grant.body.clone(),
            path: LivePath::new(&note, &ended).ok_or_else(missing)?,
            record_path,
            use_index: access.number,
            vault: approval.vault,
            session_key_hash: session(access)?.public().hash(),
            receipt_nonce: fr_from_bytes(&nonce).map_err(ApiError::internal)?,
        })
    }
}

/// The session key of an access.
pub(super) fn session(access: &journal::Access) -> ApiResult<SessionKey> {
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(secret(&access.session)?);
    Ok(SessionKey::new(&seed))
}

fn secret(text: &str) -> ApiResult<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| ApiError::internal("a damaged journal entry"))?;
    Ok(bytes)
}

/// Which clause does not hold, as a reason.
fn refused(error: ProveError<Clause>) -> ApiError {
    let found = match &error {
        ProveError::Clause(Clause::GrantLive) => &reason::GRANT_ENDED,
        ProveError::Clause(Clause::RecordLive) => &reason::RECORD_ENDED,
        ProveError::Clause(Clause::NotBefore | Clause::NotAfter) => &reason::GRANT_EXPIRED,
        ProveError::Clause(Clause::MaxUses | Clause::UseIndex) => &reason::GRANT_EXHAUSTED,
        ProveError::Clause(_) => &reason::GRANT_INVALID,
        _ => return ApiError::internal(error),
    };
    ApiError::new(found, error.to_string())
}
