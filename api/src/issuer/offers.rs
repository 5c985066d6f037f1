//! The issuer's offers on disk, one sealed file each: what was stated about whom stays here.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use tacit_circuits::field::{Fr, serde_hex};
use tacit_circuits::types::{Digest32, Position, Secret, Timestamp};
use tacit_identity::did::MemberDid;
use tacit_identity::issuance::IssuanceOffer;
use tacit_identity::schema::SchemaId;
use tacit_ledger::ids::Height;

use tacit_wallet::file::KdfCost;
use tacit_wallet::file::seal::{self, FileKey};
use zeroize::Zeroizing;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::member::Secrets;

/// Largest offer file, in bytes.
const MAX_OFFER_FILE: u64 = 512 << 10;

/// An offer and what became of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRecord {
    /// The one-time code, hex.
    code: String,
    /// Schema of the credential.
    pub schema: SchemaId,
    /// Redeemable before this time.
    pub expires: Timestamp,
    /// How long the credential is valid, in seconds.
    pub valid_secs: u64,
    /// What is stated.
    pub claims: Map<String, Value>,
    /// How far the issuance has come.
    pub state: OfferState,
}

/// How far an issuance has come. Each step is on disk before the next begins.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum OfferState {
    /// Nobody has redeemed it.
    Open,
    /// A request was accepted; the leaf follows from what is here, however often it is sent.
    Accepted(Accepted),
    /// The leaf is on the chain and the credential is signed.
    Issued {
        /// What was accepted.
        accepted: Accepted,
        /// Where the leaf stands.
        position: Position,
        /// Height of its block.
        height: Height,
        /// Its place in the block.
        index: u32,
        /// The credential (JSON).
        credential: String,
        /// The opening (JSON).
        opening: String,
    },
}

/// What an issuance is made of, beside the offer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Id of the request.
    pub request: Digest32,
    /// Salt of the commitment.
    #[serde(with = "serde_hex")]
    pub salt: Fr,
    /// Valid from this time on.
    pub valid_from: Timestamp,
    /// Valid before this time.
    pub valid_until: Timestamp,
}

impl OfferRecord {
    /// A fresh offer.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn new(
        schema: SchemaId,
        expires: Timestamp,
        valid_secs: u64,
        claims: Map<String, Value>,
    ) -> ApiResult<Self> {
        let mut code = [0; 32];
        getrandom::fill(&mut code).map_err(ApiError::internal)?;
        Ok(Self {
            code: hex::encode(code),
            schema,
            expires,
            valid_secs,
            claims,
            state: OfferState::Open,
        })
    }

    /// The offer as the person gets it.
    ///
    /// # Errors
    /// When the file's code is none.
    pub fn offer(&self, issuer: MemberDid) -> ApiResult<IssuanceOffer> {
        let code = hex::decode(&self.code)
            .ok()
            .and_then(|code| code.try_into().ok());
        let code = code.ok_or_else(|| ApiError::internal("an offer file holds no code"))?;
        Ok(IssuanceOffer {
            issuer,
            schema: self.schema,
            code: Secret::new(code),
            expires: self.expires,
        })
    }
}

/// The folder of offers.
pub struct Offers {
    folder: PathBuf,
    key: Zeroizing<[u8; 32]>,
}

impl Offers {
    /// The offers in an issuer's folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(dir: &Path, secrets: &Secrets) -> ApiResult<Self> {
        let folder = dir.join("offers");
        files::make_dir(&folder)?;
        Ok(Self {
            folder,
            key: secrets.files(),
        })
    }

    /// The offer with this id.
    ///
    /// # Errors
    /// When there is none, or it was changed.
    pub fn load(&self, id: &Digest32) -> ApiResult<OfferRecord> {
        let path = self.path(id);
        if !path.exists() {
            return Err(ApiError::plain(&reason::OFFER_UNKNOWN));
        }
        let sealed = files::read(&path, MAX_OFFER_FILE)?;
        let (_, bytes) = seal::open(&sealed, self.key.as_slice())?;
        serde_json::from_slice(&bytes).map_err(|_| files::invalid(&path, "not an offer"))
    }

    /// Stores an offer durably.
    ///
    /// # Errors
    /// When the file cannot be written; then the older one is still there.
    pub fn store(&self, id: &Digest32, record: &OfferRecord) -> ApiResult<()> {
        let bytes = Zeroizing::new(serde_json::to_vec(record).map_err(ApiError::internal)?);
        let mut rng = rand::rng();
        let key = FileKey::new(self.key.as_slice(), KdfCost::RANDOM_KEY, &mut rng)?;
        files::write_secret(&self.path(id), &key.seal(&bytes, &mut rng)?)
    }

    fn path(&self, id: &Digest32) -> PathBuf {
        self.folder.join(id.to_string())
    }
}
