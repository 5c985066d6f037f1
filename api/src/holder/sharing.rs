//! Requests for data: taking them in, answering them, and the steps that an approval takes.

use commonware_codec::DecodeExt;
use ed25519_dalek::SigningKey;
use std::time::{Duration, Instant};
use tacit_circuits::grant::Grant;
use tacit_circuits::show::Show;
use tacit_identity::request::{DenialReason, RequestId, SignedSharingRequest};
use tacit_vault::envelope::SealedMessage;
use tacit_wallet::answer::Delivery;
use tacit_wallet::derive::Counter;
use tacit_wallet::inbox::InboxInvitation;
use tacit_wallet::review::Review;
use tacit_wallet::share::Choice;
use tacit_wallet::state::Route;
use tacit_wallet::wallet::Wallet;

use super::vault::parts;
use super::{Holder, VaultClient};
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// Proofs that are made anew when their anchor has become too old meanwhile.
const ATTEMPTS: usize = 3;

/// An answer, and where it went.
#[derive(Debug)]
pub struct Answered {
    /// The grant; `None` for a denial.
    pub grant: Option<Counter>,
    /// How long its proof took; `None` when it was made before.
    pub proving: Option<Duration>,
    /// The sealed answer when the request came as a file; else it was left at the vault.
    pub file: Option<Vec<u8>>,
}

impl Holder {
    /// Opens a new inbox for one relationship.
    ///
    /// # Errors
    /// When there is no vault in the net folder.
    pub fn contact(&mut self, label: &str) -> ApiResult<InboxInvitation> {
        let vault = VaultClient::member(&self.net)?;
        let number = self.wallet.add_inbox(label, vault)?;
        // The address is the hash of its key: there is nothing to register.
        self.wallet.note_inbox_open(number)?;
        Ok(self.wallet.invitation(number)?)
    }

    /// Takes in what waits in all inboxes, and shows every request that has no answer yet.
    ///
    /// # Errors
    /// When node or vault do not answer.
    pub async fn requests(&mut self) -> ApiResult<Vec<Review>> {
        let inboxes: Vec<u32> = self
            .wallet
            .inboxes()
            .iter()
            .map(|inbox| inbox.number)
            .collect();
        for number in inboxes {
            self.poll(number).await?;
        }
        self.sync()?;
        let waiting: Vec<RequestId> = self
            .wallet
            .waiting()
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        let mut reviews = Vec::new();
        for id in waiting {
            let platform = self.wallet.claimed_platform(id)?;
            self.read_members(&[platform])?;
            match self.wallet.review(id) {
                Ok(review) => reviews.push(review),
                // One bad request must not hide the others.
                Err(error) => self
                    .output
                    .note(&format!("request {id}: not shown: {error}")),
            }
        }
        Ok(reviews)
    }

    async fn poll(&mut self, number: u32) -> ApiResult<()> {
        let key = SigningKey::from_bytes(self.wallet.inbox_owner(number)?.expose());
        let mut vault = self.vault(key).await?;
        let mut token = String::new();
        loop {
            let page = vault.poll(token).await?;
            let mut done = Vec::new();
            for item in &page.items {
                let sealed = SealedMessage::decode(item.sealed.clone());
                let taken = sealed
                    .map_err(|_| ())
                    .map(|sealed| self.wallet.receive_sealed(number, item.sequence, &sealed));
                match taken {
                    // What is no request is of no use to anybody.
                    Err(()) => done.push(item.sequence),
                    Ok(Err(
                        tacit_wallet::error::WalletError::Envelope(_)
                        | tacit_wallet::error::WalletError::Request(_),
                    )) => {
                        done.push(item.sequence);
                    }
                    // Not acknowledged: the answer goes to the same item, and an acknowledged one is listed no more.
                    Ok(Ok(_)) => done.push(item.sequence),
                    Ok(Err(error)) => return Err(error.into()),
                }
            }
            if !done.is_empty() {
                vault.acknowledge(done).await?;
            }
            if page.next_page_token.is_empty() {
                return Ok(());
            }
            token = page.next_page_token;
        }
    }

    /// Takes in a request that came as a file or link.
    ///
    /// # Errors
    /// When it is no request.
    pub fn receive(&mut self, link: &str) -> ApiResult<RequestId> {
        let request = SignedSharingRequest::from_link(link.trim())
            .map_err(|error| ApiError::new(&reason::REQUEST_INVALID, error.to_string()))?;
        Ok(self.wallet.receive_file(&request)?)
    }

    /// Approves a request: proves the wanted facts, decides, proves and registers the grant, delivers the sealed answer.
    /// Every step is journaled before it is taken; the same call again ends with one grant and one answer.
    ///
    /// # Errors
    /// When a step fails; the call can be made again.
    pub async fn approve(&mut self, id: RequestId, choice: &Choice) -> ApiResult<Answered> {
        self.sync()?;
        let platform = self.wallet.claimed_platform(id)?;
        if VaultClient::member(&self.net)? == platform {
            return Err(ApiError::plain(&reason::RELAY_IS_GRANTEE));
        }
        self.read_members(&[platform])?;
        // Before anything is decided: who cannot prove what is wanted gives nothing.
        let wanted = self.wanted(id, choice.credential)?;
        let grant = self.wallet.approve(id, choice)?;
        let proving = self.register_grant(grant).await?;
        let delivery = self.wallet.answer(id, wanted)?;
        let file = self.deliver(&delivery).await?;
        Ok(Answered {
            grant: Some(grant),
            proving,
            file,
        })
    }

    /// Denies a request with a reason.
    ///
    /// # Errors
    /// When it was approved before, or the vault does not answer.
    pub async fn deny(&mut self, id: RequestId, why: DenialReason) -> ApiResult<Answered> {
        self.sync()?;
        let platform = self.wallet.claimed_platform(id)?;
        self.read_members(&[platform])?;
        let delivery = self.wallet.deny(id, why)?;
        let file = self.deliver(&delivery).await?;
        Ok(Answered {
            grant: None,
            proving: None,
            file,
        })
    }

    async fn register_grant(&mut self, grant: Counter) -> ApiResult<Option<Duration>> {
        let mut proving = None;
        if self.wallet.grant(grant)?.progress.position().is_none() {
            let key = self.keys().proving_for::<Grant>(self.wallet.spec())?;
            let mut attempt = 1;
            let outcome = loop {
                let bar = self.output.spinner("proving the grant");
                let wallet = &mut self.wallet;
                let started = Instant::now();
                let submission =
                    tokio::task::block_in_place(|| wallet.grant_submission(grant, &key).map(parts));
                proving = Some(started.elapsed());
                bar.finish_and_clear();
                let (body, sidecar) = submission?;
                // A key of this call alone: the relay sees a grant, not whose.
                let mut vault = self.vault(one_time_key()?).await?;
                match vault.relay(body, sidecar).await {
                    Ok(outcome) => break outcome,
                    Err(error) if attempt < ATTEMPTS && is_stale(&error) => {
                        attempt += 1;
                        self.sync()?;
                        self.wallet.retry_grant(grant)?;
                    }
                    Err(error) => return Err(error),
                }
            };
            self.wallet.note_outcome(grant, &outcome)?;
        }
        let live = |wallet: &Wallet| {
            wallet
                .grant(grant)
                .is_ok_and(|grant| grant.progress.live().is_some())
        };
        self.settle(live).await?;
        Ok(proving)
    }

    /// The proof of what a request wants, unless it wants nothing or the answer is sealed already.
    fn wanted(&mut self, id: RequestId, from: Option<Counter>) -> ApiResult<Option<Vec<u8>>> {
        let answers = self.wallet.answers();
        let sealed = answers.iter().any(|a| a.to.id == id && a.sealed.is_some());
        if sealed || self.wallet.wanted(id)?.is_none() {
            return Ok(None);
        }
        let key = self.keys().proving_for::<Show>(self.wallet.spec())?;
        let bar = self.output.spinner("proving the facts");
        let wallet = &mut self.wallet;
        let presentation = tokio::task::block_in_place(|| wallet.prove_wanted(id, from, &key));
        bar.finish_and_clear();
        presentation?
            .map(|presentation| presentation.to_json().map_err(ApiError::internal))
            .transpose()
    }

    async fn deliver(&mut self, delivery: &Delivery) -> ApiResult<Option<Vec<u8>>> {
        let file = match delivery.route {
            Route::File => Some(delivery.sealed.clone()),
            Route::Inbox { number, sequence } => {
                let key = SigningKey::from_bytes(self.wallet.inbox_owner(number)?.expose());
                self.vault(key)
                    .await?
                    .reply(sequence, delivery.sealed.clone())
                    .await?;
                None
            }
        };
        self.wallet.note_delivered(delivery.request)?;
        Ok(file)
    }
}

/// Whether a proof was refused only because the chain has moved on.
fn is_stale(error: &ApiError) -> bool {
    let stale = [
        &reason::ANCHOR_UNKNOWN,
        &reason::ANCHOR_TOO_OLD,
        &reason::AUDIT_KEY_NOT_CURRENT,
        &reason::YEAR_INVALID,
    ];
    stale.iter().any(|reason| reason.code == error.code())
}

fn one_time_key() -> ApiResult<SigningKey> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(ApiError::internal)?;
    Ok(SigningKey::from_bytes(&seed))
}
