//! Credentials of other issuers, verified, so that this issuer can offer one of its own with the same claims.

use serde_json::{Map, Value};
use tacit_circuits::types::Timestamp;
use tacit_identity::did;
use tacit_identity::sd_jwt::status::{self as token_status, FetchedToken, Outcome as TokenOutcome};
use tacit_identity::sd_jwt::{self, DidIssuers, Expected, ExpectedBinding};
use tacit_w3c::context::Contexts;
use tacit_w3c::integrity::{Suite, VerifiedProof};
use tacit_w3c::model::{self, Credential, PresentationPolicy, VerifiedCredential};
use tacit_w3c::status::{self, FetchedList, Outcome};

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::w3c::problem::Problem;
use crate::w3c::resolver::{Asked, Resolver};
use crate::w3c::sd_jwt::{LEEWAY_SECS, MAX_AGE_SECS};

/// On whose word, and for which request, a credential is taken.
#[derive(Clone, Debug)]
pub struct Terms {
    /// DIDs of the issuers whose word is taken.
    pub trusted: Vec<String>,
    /// The challenge or nonce, and for whom: then the holder must prove to be the subject. Without, whoever calls has made sure.
    pub asked: Option<(String, String)>,
    /// Status lists, as fetched now: documents of Bitstring Status Lists or status list tokens.
    pub lists: Vec<String>,
    /// The time.
    pub now: Timestamp,
}

/// What another issuer attested to.
pub struct Attested {
    /// The issuer's DID.
    pub issuer: String,
    /// What the credential says that it is.
    pub types: Vec<String>,
    /// The claims about its subject.
    pub claims: Map<String, Value>,
    /// When the credential ends.
    pub valid_until: Option<Timestamp>,
}

impl Terms {
    /// Verifies a W3C credential, or a presentation of one. Its issuer must have signed the claims' names: RDF leaves them to
    /// whoever shows the credential.
    ///
    /// # Errors
    /// The first rule that is broken; an issuer that is not trusted; a status that is set or not known.
    pub async fn w3c(&self, document: Value, resolver: &Resolver) -> ApiResult<Attested> {
        let contexts = Contexts::bundled().map_err(ApiError::internal)?;
        let mut methods = resolver.methods_of(&document).await?;
        let mut lists = Vec::new();
        for list in &self.lists {
            let list =
                status::read(list.as_bytes()).map_err(|error| unknown(&error.to_string()))?;
            methods.extend(resolver.methods_of(&list).await?);
            lists.push(list);
        }
        let method = |url: &str| methods.get(url).cloned();
        let verified = match &self.asked {
            None => model::verify_credential(document, self.now, &method, &contexts)
                .map(|credential| vec![credential]),
            Some((challenge, domain)) => {
                let policy = PresentationPolicy {
                    challenge: Some(challenge),
                    domain: &[domain],
                    holder_is_subject: true,
                    now: self.now,
                };
                model::verify_presentation(document, &policy, &method, &contexts)
                    .map(|presented| presented.credentials)
            }
        };
        let verified = <[_; 1]>::try_from(verified.map_err(Problem::from)?);
        let [VerifiedCredential { credential, proofs }] = verified.map_err(|held| {
            let what = format!(
                "a presentation of one credential is taken, not of {}",
                held.len()
            );
            ApiError::new(&reason::CLAIMS_INVALID, what)
        })?;
        let as_written = |proof: &VerifiedProof| {
            proof.suite == Suite::EddsaJcs2022 && proof.controller == credential.issuer()
        };
        if !proofs.iter().any(as_written) {
            return Err(ApiError::plain(&reason::CLAIM_NAMES_UNSIGNED));
        }
        self.check_trust(Some(credential.issuer()))?;
        let find = |url: &str| {
            let found = lists
                .iter()
                .find(|list| list.get("id").and_then(Value::as_str) == Some(url));
            found.map(|document| FetchedList {
                document: document.clone(),
                at: self.now,
            })
        };
        for status in status::check(&credential, &find, self.now, &method, &contexts) {
            match status.outcome {
                Outcome::Valid => {}
                Outcome::Set { .. }
                    if !["revocation", "suspension"].contains(&status.purpose.as_str()) => {}
                Outcome::Set { .. } => return Err(ApiError::plain(&reason::VC_STATUS_SET)),
                Outcome::Unknown(why) => return Err(unknown(&why.to_string())),
            }
        }
        Ok(Attested {
            issuer: credential.issuer().to_owned(),
            types: credential.types().to_vec(),
            claims: subject(&credential)?,
            valid_until: credential.valid_until().map(|time| time.timestamp()),
        })
    }

    /// Verifies an SD-JWT VC.
    ///
    /// # Errors
    /// As [`Terms::w3c`].
    pub async fn sd_jwt(self, text: String, resolver: &Resolver) -> ApiResult<Attested> {
        let check = move |resolver: did::Resolver<'_>, asked: &Asked<'_>| {
            asked.or_failed(self.check_sd_jwt(&text, &DidIssuers(resolver)))
        };
        resolver.run(false, check).await?
    }

    fn check_sd_jwt(&self, text: &str, keys: &DidIssuers<'_>) -> ApiResult<Attested> {
        let (nonce, audience) = match &self.asked {
            Some((nonce, audience)) => (Some(nonce), audience.as_str()),
            None => (None, ""),
        };
        let expected = Expected {
            audience,
            now: self.now,
            leeway_secs: LEEWAY_SECS,
            key_binding: nonce.map(|nonce| ExpectedBinding {
                nonce,
                max_age_secs: MAX_AGE_SECS,
            }),
        };
        let credential = sd_jwt::verify(text, keys, &expected)?.credential;
        self.check_trust(credential.issuer())?;
        let outcome = |token: Option<&String>| {
            let find = |_: &str| {
                token.map(|token| FetchedToken {
                    token: token.trim().to_owned(),
                    at: self.now,
                })
            };
            token_status::check(&credential, &find, keys, self.now, LEEWAY_SECS)
        };
        // Of several tokens of its list, one that says the worst is enough.
        let mut said: Vec<_> = self
            .lists
            .iter()
            .map(|token| outcome(Some(token)))
            .collect();
        said.push(outcome(None));
        let rank = |outcome: &Option<TokenOutcome>| match outcome {
            Some(TokenOutcome::Set { .. }) => 0,
            Some(TokenOutcome::Valid) | None => 1,
            Some(TokenOutcome::Unknown(_)) => 2,
        };
        match said.into_iter().min_by_key(rank).flatten() {
            None | Some(TokenOutcome::Valid) => {}
            Some(TokenOutcome::Set { .. }) => return Err(ApiError::plain(&reason::VC_STATUS_SET)),
            Some(TokenOutcome::Unknown(why)) => return Err(unknown(&why.to_string())),
        }
        Ok(Attested {
            issuer: credential.issuer().unwrap_or_default().to_owned(),
            types: types_of(&credential),
            claims: credential.claims(),
            valid_until: credential.valid_until(),
        })
    }

    fn check_trust(&self, issuer: Option<&str>) -> ApiResult<()> {
        match issuer.is_some_and(|issuer| self.trusted.iter().any(|one| one == issuer)) {
            true => Ok(()),
            false => Err(ApiError::plain(&reason::ISSUER_NOT_TRUSTED)),
        }
    }
}

fn types_of(credential: &sd_jwt::Credential) -> Vec<String> {
    let others = credential
        .payload()
        .get("aka_vcts")
        .and_then(Value::as_array);
    let others = others.into_iter().flatten().filter_map(Value::as_str);
    let all = std::iter::once(credential.credential_type()).chain(others);
    all.map(str::to_owned).collect()
}

/// The claims about the one subject, without its id.
fn subject(credential: &Credential) -> ApiResult<Map<String, Value>> {
    let subject = match credential.document().get("credentialSubject") {
        Some(Value::Array(items)) => match items.as_slice() {
            [one] => Some(one),
            _ => None,
        },
        one => one,
    };
    let Some(Value::Object(claims)) = subject else {
        let what = "the credential is about several subjects";
        return Err(ApiError::new(&reason::CLAIMS_INVALID, what));
    };
    let mut claims = claims.clone();
    claims.remove("id");
    Ok(claims)
}

fn unknown(why: &str) -> ApiError {
    ApiError::new(&reason::STATUS_UNKNOWN, why)
}
