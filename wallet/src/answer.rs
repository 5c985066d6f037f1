//! The answer to a request: sealed once, delivered until it has arrived.

use commonware_codec::Encode;
use tacit_circuits::types::Digest32;
use tacit_identity::request::{Approval, RecordOpening, Reply, RequestId, SharingRequest};
use tacit_vault::envelope::{Envelope, EnvelopeBinding};
use tacit_vault::hpke_keys::HpkePublicKey;

use crate::codec::Blob;
use crate::derive::Counter;
use crate::error::WalletError;
use crate::inbox::seal_reply;
use crate::leaf;
use crate::review::signed;
use crate::state::{Answer, Decision, MAX_MESSAGE, Route};
use crate::wallet::Wallet;

/// An answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The request it answers.
    pub request: RequestId,
    /// How it goes.
    pub route: Route,
    /// The sealed answer, in canonical bytes: always the same for one request.
    pub sealed: Vec<u8>,
}

impl Wallet {
    /// The sealed answer to a request. For an approval the grant must be on the chain; sealed once, then always the same.
    /// `presentation` is the proof of the wanted facts ([`Wallet::prove_wanted`]), where the request wants some.
    ///
    /// # Errors
    /// [`WalletError::NotYet`] while the grant is not on the chain or the presentation is missing.
    pub fn answer(
        &mut self,
        id: RequestId,
        presentation: Option<Vec<u8>>,
    ) -> Result<Delivery, WalletError> {
        let answer = self.any_answer(id)?;
        if answer.sealed.is_none() {
            let Decision::Approved { grant, .. } = answer.decision else {
                return Err(WalletError::AlreadyAnswered("denied"));
            };
            let request = signed(&answer.to)?.unverified().clone();
            let approval = self.approval(grant, &request, presentation)?;
            approval.check(&request)?;
            let sealed = self.seal(&Reply::Approval(Box::new(approval)), &request)?;
            self.change(|state, _| {
                let found = state.answers.iter_mut().find(|answer| answer.to.id == id);
                found.ok_or(WalletError::UnknownRequest)?.sealed = Some(sealed);
                Ok(())
            })?;
        }
        self.delivery(id)
    }

    /// Notes that an answer was delivered.
    ///
    /// # Errors
    /// [`WalletError::UnknownRequest`].
    pub fn note_delivered(&mut self, id: RequestId) -> Result<(), WalletError> {
        self.change(|state, _| {
            let found = state.answers.iter_mut().find(|answer| answer.to.id == id);
            found.ok_or(WalletError::UnknownRequest)?.delivered = true;
            Ok(())
        })
    }

    /// Requests that were answered.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.state.answers
    }

    pub(crate) fn delivery(&self, id: RequestId) -> Result<Delivery, WalletError> {
        let answer = self.any_answer(id)?;
        let sealed = answer
            .sealed
            .as_ref()
            .ok_or(WalletError::NotYet("the answer is not sealed yet"))?;
        Ok(Delivery {
            request: id,
            route: answer.to.route,
            sealed: sealed.as_bytes().to_vec(),
        })
    }

    pub(crate) fn seal(
        &mut self,
        reply: &Reply,
        request: &SharingRequest,
    ) -> Result<Blob<MAX_MESSAGE>, WalletError> {
        let sealed = seal_reply(reply, HpkePublicKey(request.reply_key), &mut self.rng())?;
        Blob::new(sealed.encode().to_vec()).ok_or(WalletError::TooLarge("answer"))
    }

    /// What an approval delivers.
    fn approval(
        &mut self,
        number: Counter,
        request: &SharingRequest,
        presentation: Option<Vec<u8>>,
    ) -> Result<Approval, WalletError> {
        if request.wanted.is_some() && presentation.is_none() {
            return Err(WalletError::NotYet(
                "the request wants facts proven, and there is no proof yet",
            ));
        }
        let opened = self.grant_opening(number)?;
        let grant = self.grant(number)?;
        if grant.progress.live().is_none() {
            return Err(WalletError::Ended("grant"));
        }
        let record = self.record(grant.terms.record)?;
        if record.progress.live().is_none() {
            return Err(WalletError::Ended("document"));
        }
        let record_parts = leaf::record(&self.keys, record);
        let member = self
            .view
            .members
            .get(&request.platform)
            .and_then(Option::as_ref);
        let member = member.ok_or(WalletError::NotYet(
            "read the platform's member record from the ledger first",
        ))?;
        let recipient = HpkePublicKey(*member.keys.hpke.as_bytes());
        let (info, vault) = (record.object, record.vault);
        let binding = EnvelopeBinding {
            chain: self.chain().0,
            grant: opened.leaf(),
            object: info.id,
            grantee: request.platform,
        };
        let opening = RecordOpening {
            holder_key: record_parts.holder_key,
            end_tag: record_parts.end_tag,
            body: leaf::record_body(&self.keys, record),
        };
        let key = self.data_key(record.counter)?;
        let envelope = Envelope::seal(&key, recipient, &binding, &mut self.rng())?
            .encode()
            .to_vec();
        Ok(Approval {
            request: request.id(),
            grant: opened,
            record: opening,
            vault,
            object: Digest32(info.id.0),
            content_length: info.content_length,
            object_length: info.object_length,
            envelope,
            presentation,
        })
    }

    fn any_answer(&self, id: RequestId) -> Result<&Answer, WalletError> {
        self.state
            .answers
            .iter()
            .find(|answer| answer.to.id == id)
            .ok_or(WalletError::UnknownRequest)
    }
}
