//! Requests and answers on disk: one file per request holds its entry and the sealed messages.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::{BufMut, Bytes};
use commonware_codec::{
    Buf, Copying, DecodeExt, Encode, EncodeSize, Error as CodecError, RangeCfg, Read, ReadExt,
    Write,
};
use tacit_circuits::types::{MemberId, Timestamp};
use tokio::sync::watch;

use super::durable::Cabinet;
use super::{StoreError, Vault, blocking, locked};
use crate::envelope::SealedMessage;
use crate::ids::{CallerKey, InboxAddress};
use crate::inbox::{Entry, Handle, Inbox, InboxError, RequestId, RequestState, Sequence};
use crate::keys;

/// All requests of a vault.
pub(super) struct Requests {
    cabinet: Cabinet,
    inbox: Mutex<Inbox>,
    damaged: BTreeSet<String>,
    /// Held while a file is written and the inbox brought in line.
    writing: Mutex<()>,
}

/// A request as its inbox's owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingRequest {
    /// Its number at the address.
    pub sequence: Sequence,
    /// The sealed request.
    pub sealed: Bytes,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// A request as the platform that posted it sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestView {
    /// How it stands.
    pub state: RequestState,
    /// The sealed answer, where there is one.
    pub answer: Option<Bytes>,
}

/// One file.
pub(super) struct Stored {
    id: RequestId,
    entry: Entry,
    /// Kept until the wallet has taken it.
    request: Option<Bytes>,
    answer: Option<Bytes>,
}

impl Requests {
    pub(super) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let cabinet = Cabinet::open(folder)?;
        let loaded = cabinet.load::<Stored>()?;
        let mut inbox = Inbox::default();
        for (_, stored) in loaded.files {
            inbox.insert(stored.id, stored.entry);
        }
        Ok(Self {
            cabinet,
            inbox: Mutex::new(inbox),
            damaged: loaded.damaged,
            writing: Mutex::new(()),
        })
    }

    fn load(&self, id: &RequestId) -> Result<Stored, StoreError> {
        self.cabinet
            .get(&file_name(id))?
            .ok_or_else(|| StoreError::Damaged(file_name(id)))
    }

    fn put(&self, stored: &Stored) -> Result<(), StoreError> {
        self.cabinet.put(&file_name(&stored.id), stored)?;
        locked(&self.inbox).insert(stored.id, stored.entry);
        Ok(())
    }

    /// Forgets what lapsed long ago.
    fn remove_lapsed(&self, now: Timestamp) -> Result<(), StoreError> {
        let lapsed = locked(&self.inbox).lapsed(now);
        for id in lapsed {
            self.cabinet.remove(&file_name(&id))?;
            locked(&self.inbox).remove(&id);
        }
        Ok(())
    }
}

impl Vault {
    /// Leaves a sealed request at an address, whoever may own it. The same request again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Inbox`] with the reason; disk errors.
    pub async fn post_request(
        &self,
        member: MemberId,
        handle: Handle,
        address: InboxAddress,
        sealed: Bytes,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        check_sealed(&sealed)?;
        let id = RequestId { member, handle };
        self.change(now, move |requests| {
            let name = file_name(&id);
            if requests.damaged.contains(&name) {
                return Err(StoreError::Damaged(name));
            }
            let digest = keys::message_digest(&sealed);
            let entry = locked(&requests.inbox).post(id, address, digest, expires_at, now)?;
            let Some(entry) = entry else { return Ok(false) };
            requests.put(&Stored {
                id,
                entry,
                request: Some(sealed),
                answer: None,
            })?;
            Ok(true)
        })
        .await
    }

    /// The requests that wait at the caller's address, oldest first, after a number; at most
    /// [`crate::inbox::MAX_PAGE`].
    ///
    /// # Errors
    /// Disk errors.
    pub async fn poll_inbox(
        &self,
        caller: CallerKey,
        after: Sequence,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<WaitingRequest>, StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let requests = &inner.requests;
            let _writing = locked(&requests.writing);
            let waiting =
                locked(&requests.inbox).waiting(InboxAddress::of(&caller), after, limit, now);
            waiting
                .into_iter()
                .map(|(id, entry)| {
                    let sealed = requests
                        .load(&id)?
                        .request
                        .ok_or_else(|| StoreError::Damaged(file_name(&id)))?;
                    Ok(WaitingRequest {
                        sequence: entry.sequence,
                        sealed,
                        expires_at: entry.expires_at,
                    })
                })
                .collect()
        })
        .await
    }

    /// The wallet has these requests safely: they are not listed any more. Unknown numbers change nothing.
    ///
    /// # Errors
    /// Disk errors.
    pub async fn acknowledge_inbox(
        &self,
        caller: CallerKey,
        sequences: Vec<Sequence>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(now, move |requests| {
            let address = InboxAddress::of(&caller);
            for sequence in sequences {
                let taken = locked(&requests.inbox).take(address, sequence);
                if let Some((id, entry)) = taken {
                    let stored = requests.load(&id)?;
                    requests.put(&Stored {
                        entry,
                        request: None,
                        ..stored
                    })?;
                }
            }
            Ok(false)
        })
        .await
    }

    /// The owner of the address leaves the sealed answer to a request. The same answer again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Inbox`] with the reason; disk errors.
    pub async fn answer_request(
        &self,
        caller: CallerKey,
        sequence: Sequence,
        sealed: Bytes,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        check_sealed(&sealed)?;
        self.change(now, move |requests| {
            let digest = keys::message_digest(&sealed);
            let change =
                locked(&requests.inbox).answer(InboxAddress::of(&caller), sequence, digest, now)?;
            let Some((id, entry)) = change else {
                return Ok(false);
            };
            requests.put(&Stored {
                id,
                entry,
                request: None,
                answer: Some(sealed),
            })?;
            Ok(true)
        })
        .await
    }

    /// How a request of the member stands, with the sealed answer if there is one.
    ///
    /// # Errors
    /// [`InboxError::Unknown`]; disk errors.
    pub async fn request_state(
        &self,
        member: MemberId,
        handle: Handle,
        now: Timestamp,
    ) -> Result<RequestView, StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let id = RequestId { member, handle };
            let _writing = locked(&inner.requests.writing);
            let entry = locked(&inner.requests.inbox)
                .get(&id)
                .ok_or(InboxError::Unknown)?;
            let state = entry.state(now);
            let answer = match state {
                RequestState::Answered => inner.requests.load(&id)?.answer,
                RequestState::Pending | RequestState::Expired | RequestState::Withdrawn => None,
            };
            Ok(RequestView { state, answer })
        })
        .await
    }

    /// The member takes a request back. A request that has ended stays as it is.
    ///
    /// # Errors
    /// [`InboxError::Unknown`]; disk errors.
    pub async fn withdraw_request(
        &self,
        member: MemberId,
        handle: Handle,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(now, move |requests| {
            let id = RequestId { member, handle };
            let change = locked(&requests.inbox).withdraw(&id, now)?;
            let Some(entry) = change else {
                return Ok(false);
            };
            requests.put(&Stored {
                id,
                entry,
                request: None,
                answer: None,
            })?;
            Ok(true)
        })
        .await
    }

    /// A counter that rises whenever a request may have changed its state by somebody's doing. A watcher looks again then,
    /// and when the request's time is over.
    pub fn request_changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Runs a change of requests, one at a time; `true` wakes the watchers.
    async fn change(
        &self,
        now: Timestamp,
        work: impl FnOnce(&Requests) -> Result<bool, StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let _writing = locked(&inner.requests.writing);
            inner.requests.remove_lapsed(now)?;
            if work(&inner.requests)? {
                inner
                    .changes
                    .send_modify(|count| *count = count.wrapping_add(1));
            }
            Ok(())
        })
        .await
    }
}

/// Nothing but a sealed message of one of the padded lengths is stored.
fn check_sealed(bytes: &Bytes) -> Result<(), InboxError> {
    if bytes.len() > SealedMessage::MAX_ENCODED {
        return Err(InboxError::NotSealed);
    }
    SealedMessage::decode(Copying(bytes))
        .map(|_| ())
        .map_err(|_| InboxError::NotSealed)
}

fn file_name(id: &RequestId) -> String {
    hex::encode(id.encode())
}

impl EncodeSize for Stored {
    fn encode_size(&self) -> usize {
        self.id.encode_size()
            + self.entry.encode_size()
            + self.request.encode_size()
            + self.answer.encode_size()
    }
}

impl Write for Stored {
    fn write(&self, buf: &mut impl BufMut) {
        self.id.write(buf);
        self.entry.write(buf);
        self.request.write(buf);
        self.answer.write(buf);
    }
}

impl Read for Stored {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        let message = RangeCfg::from(..=SealedMessage::MAX_ENCODED);
        Ok(Self {
            id: RequestId::read(buf)?,
            entry: Entry::read(buf)?,
            request: Option::<Bytes>::read_cfg(buf, &message)?,
            answer: Option::<Bytes>::read_cfg(buf, &message)?,
        })
    }
}
