//! Inboxes: one address for each relationship, and the sealed messages that go through them.

use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use commonware_codec::Encode;
use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use tacit_circuits::types::{Digest32, MemberId, Secret};
use tacit_identity::request::{Reply, RequestId, SignedSharingRequest};
use tacit_vault::envelope::{EnvelopeError, MessageKind, SealedMessage};
use tacit_vault::hpke_keys::{HpkePublicKey, HpkeSecretKey};
use tacit_vault::ids::{CallerKey, InboxAddress};

use crate::codec::{Blob, Text, codec_struct, decode_exact};
use crate::error::WalletError;
use crate::state::{Inbox, Incoming, Route};
use crate::wallet::Wallet;

const LINK: &str = "tacit:inbox:";
const MAX_LINK: usize = 512;

/// What a person hands to one platform, so that it can leave requests: an address that nobody else knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxInvitation {
    /// The chain.
    pub chain: Digest32,
    /// The vault that keeps the inbox.
    pub vault: MemberId,
    /// The address.
    pub address: InboxAddress,
    /// The key that requests are sealed to.
    pub key: HpkePublicKey,
}
codec_struct!(InboxInvitation {
    chain,
    vault,
    address,
    key
});

/// The text is no invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an inbox link: {LINK} followed by base64url")]
pub struct InvitationError;

impl InboxInvitation {
    /// Seals a signed request for this inbox.
    ///
    /// # Errors
    /// [`EnvelopeError`] when the key is not usable or the request too long.
    pub fn seal(
        &self,
        request: &SignedSharingRequest,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedMessage, EnvelopeError> {
        let context = request_context(&self.chain, &self.address);
        SealedMessage::seal(
            MessageKind::Request,
            self.key,
            &context,
            &request.to_bytes(),
            rng,
        )
    }
}

impl fmt::Display for InboxInvitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{LINK}{}",
            URL_SAFE_NO_PAD.encode([b"TINV\x01", &self.encode()[..]].concat())
        )
    }
}

impl FromStr for InboxInvitation {
    type Err = InvitationError;

    fn from_str(text: &str) -> Result<Self, InvitationError> {
        let encoded = text
            .trim_ascii()
            .strip_prefix(LINK)
            .filter(|encoded| encoded.len() <= MAX_LINK);
        let bytes = URL_SAFE_NO_PAD
            .decode(encoded.ok_or(InvitationError)?)
            .map_err(|_| InvitationError)?;
        let fields = bytes.strip_prefix(b"TINV\x01").ok_or(InvitationError)?;
        decode_exact(fields).map_err(|_| InvitationError)
    }
}

/// Seals an answer to the key that the request names, bound to the request.
///
/// # Errors
/// [`EnvelopeError`] when the key is not usable or the answer too long.
pub fn seal_reply(
    reply: &Reply,
    to: HpkePublicKey,
    rng: &mut impl CryptoRng,
) -> Result<SealedMessage, EnvelopeError> {
    let bytes = zeroize::Zeroizing::new(reply.to_bytes());
    SealedMessage::seal(MessageKind::Answer, to, &reply.request().0.0, &bytes, rng)
}

/// Opens the answer to a request: the platform's side of [`seal_reply`].
///
/// # Errors
/// [`WalletError::Envelope`] when it does not open, [`WalletError::Request`] when it is no answer to this request.
pub fn open_reply(
    sealed: &SealedMessage,
    key: &HpkeSecretKey,
    request: RequestId,
) -> Result<Reply, WalletError> {
    let bytes = sealed.open(MessageKind::Answer, key, &request.0.0)?;
    let reply = Reply::from_bytes(&bytes)?;
    if reply.request() != request {
        return Err(tacit_identity::request::RequestError::OtherRequest.into());
    }
    Ok(reply)
}

/// What a sealed request is bound to.
fn request_context(chain: &Digest32, address: &InboxAddress) -> Vec<u8> {
    [&chain.0[..], address.as_bytes()].concat()
}

impl Wallet {
    /// Takes a new inbox number. The inbox exists for others once the vault knows it ([`Wallet::note_inbox_open`]).
    ///
    /// # Errors
    /// [`WalletError::Text`], [`WalletError::Full`].
    pub fn add_inbox(&mut self, label: &str, vault: MemberId) -> Result<u32, WalletError> {
        let label = Text::new(label).ok_or(WalletError::Text("label"))?;
        self.change(|state, _| {
            let number = state.next_inbox;
            state.next_inbox = number.checked_add(1).ok_or(WalletError::Full("inbox"))?;
            let inbox = Inbox {
                number,
                label,
                vault,
                open: false,
            };
            state
                .inboxes
                .push(inbox)
                .map_err(|_| WalletError::Full("inbox"))?;
            Ok(number)
        })
    }

    /// The inboxes.
    #[must_use]
    pub fn inboxes(&self) -> &[Inbox] {
        &self.state.inboxes
    }

    /// Notes that the vault has opened an inbox.
    ///
    /// # Errors
    /// [`WalletError::UnknownInbox`].
    pub fn note_inbox_open(&mut self, number: u32) -> Result<(), WalletError> {
        self.change(|state, _| {
            let found = state
                .inboxes
                .iter_mut()
                .find(|inbox| inbox.number == number);
            found.ok_or(WalletError::UnknownInbox(number))?.open = true;
            Ok(())
        })
    }

    /// What to hand to the platform that an inbox is for.
    ///
    /// # Errors
    /// [`WalletError::UnknownInbox`].
    pub fn invitation(&self, number: u32) -> Result<InboxInvitation, WalletError> {
        let inbox = self.inbox(number)?;
        let owner = SigningKey::from_bytes(self.keys.inbox_owner_key(number).expose());
        let address = InboxAddress::of(&CallerKey(owner.verifying_key().to_bytes()));
        let key = HpkeSecretKey::new(*self.keys.inbox_encryption_key(number).expose()).public_key();
        Ok(InboxInvitation {
            chain: self.chain().0,
            vault: inbox.vault,
            address,
            key,
        })
    }

    /// The secret of the Ed25519 key that owns an inbox at the vault.
    ///
    /// # Errors
    /// [`WalletError::UnknownInbox`].
    pub fn inbox_owner(&self, number: u32) -> Result<Secret<[u8; 32]>, WalletError> {
        self.inbox(number)?;
        Ok(self.keys.inbox_owner_key(number))
    }

    /// Takes in what came through an inbox. When this returns, the item may be removed at the vault; the same item again
    /// changes nothing.
    ///
    /// # Errors
    /// [`WalletError::Envelope`] and [`WalletError::Request`] for what is no request: it may be removed too.
    pub fn receive_sealed(
        &mut self,
        number: u32,
        sequence: u64,
        sealed: &SealedMessage,
    ) -> Result<RequestId, WalletError> {
        let address = self.invitation(number)?.address;
        let key = HpkeSecretKey::new(*self.keys.inbox_encryption_key(number).expose());
        let opened = sealed.open(
            MessageKind::Request,
            &key,
            &request_context(&self.chain().0, &address),
        )?;
        self.receive(
            &SignedSharingRequest::from_bytes(&opened)?,
            Route::Inbox { number, sequence },
        )
    }

    /// Takes in a request that came as a file or link. The same request again changes nothing.
    ///
    /// # Errors
    /// [`WalletError::Full`].
    pub fn receive_file(
        &mut self,
        request: &SignedSharingRequest,
    ) -> Result<RequestId, WalletError> {
        self.receive(request, Route::File)
    }

    fn receive(
        &mut self,
        signed: &SignedSharingRequest,
        route: Route,
    ) -> Result<RequestId, WalletError> {
        let id = signed.unverified().id();
        if signed.unverified().chain != self.chain().0 {
            return Err(WalletError::OtherChain);
        }
        let state = &self.state;
        let waiting = state.incoming.iter().any(|incoming| incoming.id == id);
        if waiting || state.answers.iter().any(|answer| answer.to.id == id) {
            return Ok(id);
        }
        let request = Blob::new(signed.to_bytes()).ok_or(WalletError::TooLarge("request"))?;
        let expiry = signed.unverified().expires;
        let now = self.newest_time();
        self.change(|state, _| {
            // What nobody can answer any more makes room.
            state.incoming.retain(|incoming| incoming.expiry > now);
            let incoming = Incoming {
                id,
                route,
                expiry,
                request,
            };
            state
                .incoming
                .push(incoming)
                .map_err(|_| WalletError::Full("request"))?;
            Ok(id)
        })
    }

    fn inbox(&self, number: u32) -> Result<&Inbox, WalletError> {
        let found = self
            .state
            .inboxes
            .iter()
            .find(|inbox| inbox.number == number);
        found.ok_or(WalletError::UnknownInbox(number))
    }
}
