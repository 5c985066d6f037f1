//! The rules of requests and answers: pure, the store beside it makes them durable.
//!
//! A platform leaves a sealed request at an address; the address belongs to the key it is the hash of. The vault takes
//! requests for every address alike and keeps no list of addresses, so it cannot even know whether an address has an owner:
//! no answer and unknown address look alike because they are the same case.

use std::collections::BTreeMap;

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error as CodecError, FixedSize, Read, ReadExt, Write};
use tacit_circuits::types::{Digest32, MemberId, Timestamp};

use crate::ids::InboxAddress;

/// Requests that may wait at one address.
pub const MAX_WAITING_PER_ADDRESS: usize = 64;
/// Requests of one member that the vault keeps.
pub const MAX_REQUESTS_PER_MEMBER: usize = 4096;
/// Requests that the vault keeps.
pub const MAX_REQUESTS: usize = 65_536;
/// Longest time in seconds that a request may wait.
pub const MAX_LIFETIME: u64 = 90 * 86_400;
/// Seconds for which the end of a request can still be asked for after its time is over.
pub const RETENTION: u64 = 30 * 86_400;
/// The most requests that one poll returns.
pub const MAX_PAGE: usize = 16;

/// Handle of a request, chosen at random by the platform that posts it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Handle(pub [u8; 16]);

/// Name of a request: handles of two members never meet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId {
    /// The member that posted it.
    pub member: MemberId,
    /// Its handle.
    pub handle: Handle,
}

/// Number of a request at its address; rises with every request, never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sequence(pub u64);

/// How a request stands for the platform that posted it. What an answer says is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestState {
    /// Nobody has answered, or nobody has the address.
    Pending,
    /// There is a sealed answer.
    Answered,
    /// Its time was over before anybody answered.
    Expired,
    /// The platform took it back.
    Withdrawn,
}

/// What is stored about a request beside the sealed messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Where it was left.
    pub address: InboxAddress,
    /// Its number at that address.
    pub sequence: Sequence,
    /// Digest of the sealed request.
    pub request: Digest32,
    /// When it lapses.
    pub expires_at: Timestamp,
    /// Whether the wallet has taken it.
    pub taken: bool,
    /// Whether the platform took it back.
    pub withdrawn: bool,
    /// Digest of the sealed answer.
    pub answer: Option<Digest32>,
}

impl Entry {
    /// How the request stands at a time.
    pub fn state(&self, now: Timestamp) -> RequestState {
        if self.answer.is_some() {
            RequestState::Answered
        } else if self.withdrawn {
            RequestState::Withdrawn
        } else if now >= self.expires_at {
            RequestState::Expired
        } else {
            RequestState::Pending
        }
    }

    /// Whether a poll lists it.
    fn waits(&self, now: Timestamp) -> bool {
        !self.taken && self.state(now) == RequestState::Pending
    }
}

impl EncodeSize for Entry {
    fn encode_size(&self) -> usize {
        32 + 8 + 32 + 8 + 1 + 1 + self.answer.encode_size()
    }
}

impl Write for Entry {
    fn write(&self, buf: &mut impl BufMut) {
        self.address.write(buf);
        self.sequence.0.write(buf);
        self.request.write(buf);
        self.expires_at.write(buf);
        self.taken.write(buf);
        self.withdrawn.write(buf);
        self.answer.write(buf);
    }
}

impl Read for Entry {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        Ok(Self {
            address: InboxAddress::read(buf)?,
            sequence: Sequence(u64::read(buf)?),
            request: Digest32::read(buf)?,
            expires_at: Timestamp::read(buf)?,
            taken: bool::read(buf)?,
            withdrawn: bool::read(buf)?,
            answer: Option::<Digest32>::read(buf)?,
        })
    }
}

impl FixedSize for RequestId {
    const SIZE: usize = 4 + 16;
}

impl Write for RequestId {
    fn write(&self, buf: &mut impl BufMut) {
        self.member.write(buf);
        buf.put_slice(&self.handle.0);
    }
}

impl Read for RequestId {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        Ok(Self {
            member: MemberId::read(buf)?,
            handle: Handle(<[u8; 16]>::read(buf)?),
        })
    }
}

/// Why a request or an answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InboxError {
    /// The bytes are no sealed message.
    #[error("this is not a sealed message")]
    NotSealed,
    /// The expiry is past, or further ahead than [`MAX_LIFETIME`].
    #[error("the request must lapse in the future, and within {} days", MAX_LIFETIME / 86_400)]
    Expiry,
    /// The handle names another request already.
    #[error("this handle already names another request")]
    HandleUsed,
    /// Too many requests wait at the address.
    #[error("too many requests wait at this address")]
    AddressFull,
    /// The member has too many requests.
    #[error("you have too many requests at this vault: withdraw some or wait until they lapse")]
    MemberFull,
    /// The vault has too many requests.
    #[error("the vault keeps as many requests as it can: try again later")]
    VaultFull,
    /// No such request is known under this key or member.
    #[error("no such request")]
    Unknown,
    /// The request lapsed or was withdrawn.
    #[error("the request is no longer open")]
    Closed,
    /// There is another answer already.
    #[error("the request has been answered")]
    AlreadyAnswered,
}

impl InboxError {
    /// The stable reason code.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotSealed => "INBOX_NOT_SEALED",
            Self::Expiry => "INBOX_EXPIRY",
            Self::HandleUsed => "INBOX_HANDLE_USED",
            Self::AddressFull => "INBOX_ADDRESS_FULL",
            Self::MemberFull => "INBOX_MEMBER_FULL",
            Self::VaultFull => "INBOX_VAULT_FULL",
            Self::Unknown => "REQUEST_UNKNOWN",
            Self::Closed => "REQUEST_CLOSED",
            Self::AlreadyAnswered => "REQUEST_ANSWERED",
        }
    }
}

/// All requests a vault keeps. Methods that return an [`Entry`] change nothing: the caller makes the entry durable and
/// then calls [`Inbox::insert`].
#[derive(Default, Debug)]
pub struct Inbox {
    requests: BTreeMap<RequestId, Entry>,
    by_address: BTreeMap<(InboxAddress, Sequence), RequestId>,
    per_member: BTreeMap<MemberId, usize>,
    last: u64,
}

impl Inbox {
    /// Takes in what has become durable.
    pub fn insert(&mut self, id: RequestId, entry: Entry) {
        self.last = self.last.max(entry.sequence.0);
        self.by_address.insert((entry.address, entry.sequence), id);
        if self.requests.insert(id, entry).is_none() {
            *self.per_member.entry(id.member).or_default() += 1;
        }
    }

    /// Forgets what is no longer stored.
    pub fn remove(&mut self, id: &RequestId) {
        if let Some(entry) = self.requests.remove(id) {
            self.by_address.remove(&(entry.address, entry.sequence));
            if let Some(count) = self.per_member.get_mut(&id.member) {
                *count -= 1;
            }
        }
    }

    /// Requests whose time and retention are over.
    pub fn lapsed(&self, now: Timestamp) -> Vec<RequestId> {
        self.requests
            .iter()
            .filter(|(_, entry)| now > entry.expires_at.saturating_add(RETENTION))
            .map(|(id, _)| *id)
            .collect()
    }

    /// A request is posted. `None`: the same request is there already, nothing changes.
    ///
    /// # Errors
    /// [`InboxError::Expiry`], `HandleUsed`, `AddressFull`, `MemberFull`, `VaultFull`.
    pub fn post(
        &self,
        id: RequestId,
        address: InboxAddress,
        request: Digest32,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Entry>, InboxError> {
        if let Some(known) = self.requests.get(&id) {
            let same = known.address == address
                && known.request == request
                && known.expires_at == expires_at;
            return if same {
                Ok(None)
            } else {
                Err(InboxError::HandleUsed)
            };
        }
        if expires_at <= now || expires_at > now.saturating_add(MAX_LIFETIME) {
            return Err(InboxError::Expiry);
        }
        if self
            .at(address, Sequence(0))
            .filter(|(_, entry)| entry.waits(now))
            .count()
            >= MAX_WAITING_PER_ADDRESS
        {
            return Err(InboxError::AddressFull);
        }
        if self
            .per_member
            .get(&id.member)
            .is_some_and(|count| *count >= MAX_REQUESTS_PER_MEMBER)
        {
            return Err(InboxError::MemberFull);
        }
        if self.requests.len() >= MAX_REQUESTS {
            return Err(InboxError::VaultFull);
        }
        // From the clock, so that a number is not used again when the request that had it has been forgotten.
        let sequence = Sequence(
            self.last
                .saturating_add(1)
                .max(now.0.saturating_mul(1 << 16)),
        );
        Ok(Some(Entry {
            address,
            sequence,
            request,
            expires_at,
            taken: false,
            withdrawn: false,
            answer: None,
        }))
    }

    /// Requests that wait at an address, oldest first, after a number: at most `limit` and at most [`MAX_PAGE`].
    pub fn waiting(
        &self,
        address: InboxAddress,
        after: Sequence,
        limit: usize,
        now: Timestamp,
    ) -> Vec<(RequestId, Entry)> {
        self.at(address, Sequence(after.0.saturating_add(1)))
            .filter(|(_, entry)| entry.waits(now))
            .take(limit.min(MAX_PAGE))
            .collect()
    }

    /// The wallet has safely stored a request. `None`: nothing to do, also where there is no such request.
    pub fn take(&self, address: InboxAddress, sequence: Sequence) -> Option<(RequestId, Entry)> {
        let (id, entry) = self.find(address, sequence)?;
        (!entry.taken).then_some((
            id,
            Entry {
                taken: true,
                ..entry
            },
        ))
    }

    /// The owner of the address answers. `None`: the same answer is there already.
    ///
    /// # Errors
    /// [`InboxError::Unknown`], `Closed`, `AlreadyAnswered`.
    pub fn answer(
        &self,
        address: InboxAddress,
        sequence: Sequence,
        answer: Digest32,
        now: Timestamp,
    ) -> Result<Option<(RequestId, Entry)>, InboxError> {
        let (id, entry) = self.find(address, sequence).ok_or(InboxError::Unknown)?;
        match entry.state(now) {
            RequestState::Pending => Ok(Some((
                id,
                Entry {
                    taken: true,
                    answer: Some(answer),
                    ..entry
                },
            ))),
            RequestState::Answered if entry.answer == Some(answer) => Ok(None),
            RequestState::Answered => Err(InboxError::AlreadyAnswered),
            RequestState::Expired | RequestState::Withdrawn => Err(InboxError::Closed),
        }
    }

    /// The platform takes a request back. `None`: it has ended already and stays as it is.
    ///
    /// # Errors
    /// [`InboxError::Unknown`].
    pub fn withdraw(&self, id: &RequestId, now: Timestamp) -> Result<Option<Entry>, InboxError> {
        let entry = self.get(id).ok_or(InboxError::Unknown)?;
        Ok(
            (entry.state(now) == RequestState::Pending).then_some(Entry {
                taken: true,
                withdrawn: true,
                ..entry
            }),
        )
    }

    /// What is known about a request.
    pub fn get(&self, id: &RequestId) -> Option<Entry> {
        self.requests.get(id).copied()
    }

    fn find(&self, address: InboxAddress, sequence: Sequence) -> Option<(RequestId, Entry)> {
        let id = *self.by_address.get(&(address, sequence))?;
        Some((id, self.get(&id)?))
    }

    fn at(
        &self,
        address: InboxAddress,
        from: Sequence,
    ) -> impl Iterator<Item = (RequestId, Entry)> {
        self.by_address
            .range((address, from)..=(address, Sequence(u64::MAX)))
            .filter_map(|(_, id)| Some((*id, self.get(id)?)))
    }
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
