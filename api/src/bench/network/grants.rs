//! Grants with real proofs, all under one record, each with secrets of its own.

use tacit_circuits::audit::AuditPublicKey;
use tacit_circuits::calendar::Date;
use tacit_circuits::commit::{self, GrantBody, RecordBody};
use tacit_circuits::field::{Fr, digest_to_fr};
use tacit_circuits::grant::{Grant, GrantWitness};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::tree::LivePath;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::NoteBucket;
use tacit_circuits::types::{
    AnchorView, AuditDigest, Category, CategorySet, Digest32, EndTag, MemberId, Position, Purpose,
    Secret, Timestamp,
};
use tacit_circuits::{Entropy, prove};
use tacit_ledger::action::grant::GrantContent;
use tacit_ledger::action::{Action, RegisterRecord};
use tacit_ledger::block::Sidecar;
use tacit_ledger::genesis::ChainSpec;
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::tx::Tx;

use super::failed;
use super::load::Load;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult};
use crate::keys::KeyCache;

/// A transaction with its audit ciphertext.
pub(super) struct Prepared {
    pub(super) tx: Tx,
    pub(super) sidecar: Option<Sidecar>,
}

/// The owner of the record.
struct Owner {
    sk: Fr,
    rho: Fr,
    body: RecordBody,
    end_tag: EndTag,
}

/// Fresh randomness as a field element.
fn random() -> ApiResult<Fr> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(digest_to_fr(&tagged_sha256(tags::REQUEST_ID, &[&bytes])))
}

fn request_id() -> ApiResult<RequestId> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(ApiError::internal)?;
    Ok(RequestId(id))
}

/// Registers a record and proves so many grants of it.
pub(super) async fn prepare(
    load: &Load,
    count: u32,
    context: &Context,
) -> ApiResult<Vec<Prepared>> {
    let owner = Owner {
        sk: random()?,
        rho: random()?,
        body: RecordBody {
            content_digest: Digest32([0xc0; 32]),
            key_commitment: Digest32([0x0c; 32]),
            category: Category::new(1).map_err(ApiError::internal)?,
            salt: random()?,
        },
        end_tag: commit::end_tag(&random()?),
    };
    let action = Action::RegisterRecord(RegisterRecord {
        holder_key: commit::holder_key(&owner.sk, &owner.rho),
        body: owner.body.commit(),
        end_tag: owner.end_tag,
    });
    let registered = Prepared {
        tx: Tx::unsigned(request_id()?, action),
        sidecar: None,
    };
    let submitted = load.send(0, &registered).await?;
    let Outcome::Leaf { position, .. } = submitted.outcome else {
        return Err(failed("the record is not on the chain"));
    };
    let follower = load.follower();
    let anchor = follower.anchored(submitted.height).await?;
    let bucket = follower
        .note_bucket(&anchor, NoteBucket::index_of(position))
        .await?;
    let shard = follower
        .ended_shard(&anchor, EndedShard::index_of(position))
        .await?;
    let missing = || failed("the record has no path");
    let note = bucket.opened().path(position).ok_or_else(missing)?;
    let ended = shard.opened().path(position).ok_or_else(missing)?;
    let path = LivePath::new(&note, &ended).ok_or_else(missing)?;
    let audit_key = follower.audit_key().await?.key;
    let (spec, keys) = (follower.spec().clone(), KeyCache::of_user(context.output));
    let bar = context.output.progress("proving", count.into(), false);
    let proving = tokio::task::spawn_blocking(move || {
        let key = keys.proving_for::<Grant>(&spec)?;
        (0..count)
            .map(|_| {
                bar.inc(1);
                let witness = owner.witness(&path, position, &anchor, &audit_key)?;
                owner.grant(&spec, &key, &anchor, &audit_key, &witness)
            })
            .collect()
    });
    proving.await.map_err(ApiError::internal)?
}

impl Owner {
    fn witness(
        &self,
        path: &LivePath,
        record: Position,
        anchor: &AnchorView,
        audit_key: &AuditPublicKey,
    ) -> ApiResult<GrantWitness> {
        let now = anchor.time;
        let year = Date::of(now).map_err(ApiError::internal)?.year();
        Ok(GrantWitness {
            sk: Secret::new(self.sk),
            record_rho: Secret::new(self.rho),
            record_body: self.body.clone(),
            record_end_tag: self.end_tag,
            grant_rho: Secret::new(random()?),
            body: GrantBody {
                record,
                grantee: MemberId::new(1).map_err(ApiError::internal)?,
                purpose: Purpose::new(1).map_err(ApiError::internal)?,
                categories: CategorySet::EMPTY.with(self.body.category),
                not_before: now,
                not_after: Timestamp(now.0 + 3600),
                max_uses: 3,
                audit_nym: commit::audit_nym(&self.sk, &audit_key.id().0, year),
                salt: random()?,
            },
            path: path.clone(),
        })
    }

    fn grant(
        &self,
        spec: &ChainSpec,
        key: &tacit_circuits::keys::ProvingKey,
        anchor: &AnchorView,
        audit_key: &AuditPublicKey,
        witness: &GrantWitness,
    ) -> ApiResult<Prepared> {
        let mut content = GrantContent {
            anchor: Height(anchor.height),
            holder_key: witness.holder_key(),
            body: witness.body.commit(),
            end_tag: commit::end_tag(&random()?),
            audit_digest: AuditDigest(Fr::from(0u64)),
        };
        let ciphertext = witness
            .audit_ciphertext(&content.public(spec, anchor, audit_key, &spec.genesis().policy))
            .ok_or_else(|| failed("the terms cannot be encrypted"))?;
        content.audit_digest = ciphertext.digest();
        let public = content.public(spec, anchor, audit_key, &spec.genesis().policy);
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).map_err(ApiError::internal)?;
        let proof = prove::<Grant>(key, &public, witness, Entropy::new(entropy))
            .map_err(ApiError::internal)?;
        let action = Action::Grant(content.with_proof(audit_key.id(), proof));
        Ok(Prepared {
            tx: Tx::unsigned(request_id()?, action),
            sidecar: Some(Sidecar { ciphertext }),
        })
    }
}
