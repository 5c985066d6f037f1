//! Issuers that are DIDs: `iss` is the DID, `kid` one of its verification methods.

use super::jws::{IssuerKeys, KeyRequest};
use crate::did::{Options, Relation, Resolver};
use crate::public_key::PublicKey;

/// The keys of issuers whose `iss` is a DID. A key counts when the DID's document names it under `assertionMethod` and it has not
/// ended; an `iss` that is no DID, or does not resolve, has none.
///
/// `kid` is a DID URL of the issuer, or only its fragment, with `#` or without; without `kid` the document must name exactly one key
/// for assertions.
pub struct DidIssuers<'a>(pub Resolver<'a>);

impl IssuerKeys for DidIssuers<'_> {
    fn key(&self, request: &KeyRequest<'_>) -> Option<PublicKey> {
        let issuer = request.issuer?;
        let url = match request.key_id {
            Some(url) if url.starts_with("did:") => url.to_owned(),
            Some(fragment) => format!(
                "{issuer}#{}",
                fragment.strip_prefix('#').unwrap_or(fragment)
            ),
            None => self.only_method(issuer)?,
        };
        // Another DID's key is not the issuer's, whatever it may be good for.
        url.strip_prefix(issuer)?.strip_prefix('#')?;
        self.0
            .verification_key(&url, Relation::AssertionMethod)
            .ok()
    }
}

impl DidIssuers<'_> {
    fn only_method(&self, issuer: &str) -> Option<String> {
        let resolution = self.0.resolve(issuer, &Options::default());
        let document = resolution.document.ok()?;
        let mut methods = document
            .methods()
            .filter(|method| document.authorizes(Relation::AssertionMethod, &method.id));
        let only = methods.next()?;
        methods.next().is_none().then(|| only.id.clone())
    }
}
