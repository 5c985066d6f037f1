//! What other people's software posts to the HTTP interface.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use tacit_api::http::body;
use tacit_api::w3c::native::Natives;
use tacit_api::w3c::options::{IssueOptions, VerifyOptions};
use tacit_api::w3c::status::Update;
use tacit_api::w3c::verify::Known;
use tacit_w3c::context::Contexts;

/// A body: a document, bare or wrapped, with options; or a change of a status. The documents are verified with no key at hand, so none
/// does.
pub fn http_body(data: &[u8]) {
    static CONTEXTS: LazyLock<Contexts> =
        LazyLock::new(|| Contexts::bundled().expect("they come with the program"));
    let Ok(content) = body::parse(data, body::MAX_BODY) else {
        return;
    };
    if let Ok(update) = Update::parse(&content) {
        assert!(!update.list.is_empty());
    }
    for name in [
        "credential",
        "verifiableCredential",
        "verifiablePresentation",
    ] {
        let Ok((document, options)) = body::unwrap(content.clone(), name) else {
            continue;
        };
        let _ = IssueOptions::parse(options.clone());
        let options = VerifyOptions::parse(options).unwrap_or_default();
        let known = Known {
            contexts: &CONTEXTS,
            methods: &BTreeMap::new(),
            lists: &BTreeMap::new(),
            natives: &Natives::default(),
            now: super::NOW,
        };
        for outcome in [
            known.credential(document.clone(), &options),
            known.presentation(document, &options),
        ] {
            let problem = outcome.expect_err("nothing verifies without a key");
            assert!((400..600).contains(&problem.status()));
            assert!(problem.to_json()["detail"].is_string());
        }
    }
}
