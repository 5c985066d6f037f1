//! A document: kept, asked for, granted, read, and stolen in vain.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{COURIER, PERSON, SHOP, chapter, sees};
use crate::cli::run::Context;
use crate::demo::claims::{Papers, TITLE};
use crate::demo::report::{Fetch, Refusal, Request};
use crate::demo::stage::{Done, Stage, failed};
use crate::demo::thief::{self, Theft};
use crate::errors::ApiResult;
use crate::files;

const PURPOSE: &str = "identity-verification";
const CATEGORY: &str = "official-id";
const FETCHED: &str = "papers/fetched";

/// What came of two requests.
pub(super) struct Asked {
    /// Id of the shop's request.
    pub request: String,
    /// Number of the grant in the person's wallet.
    pub grant: u64,
    /// How the shop's request went.
    pub delivery: Request,
    /// How the courier's went.
    pub denied: Refusal,
    /// Proving the grant.
    pub prove_ms: Option<u64>,
    /// Most memory of storing the document.
    pub put_memory: Option<u64>,
}

/// The person keeps a document; two platforms ask for it; one gets less than it asked for, one gets nothing.
pub(super) async fn ask_and_answer(stage: &Stage, papers: &Papers) -> ApiResult<Asked> {
    chapter(stage, "A document, kept sealed");
    let document = papers.document.display().to_string();
    let put = ["put", &document, "--category", CATEGORY, "--title", TITLE];
    let stored = stage.must(PERSON, &put).await?;
    sees(
        stage,
        "the vault",
        &format!(
            "{} sealed bytes under a key of their own",
            stored.number("/bytes")?
        ),
        "the content, its title or kind, or whose it is",
    );
    sees(
        stage,
        "the chain",
        "that the vault relayed one more leaf",
        "anything about it",
    );

    chapter(stage, "A shop asks for it");
    stage
        .must(
            PERSON,
            &["contact", "--label", "Shop", "--out", "papers/shop.txt"],
        )
        .await?;
    let request = [
        "request",
        "--inbox",
        "papers/shop.txt",
        "--purpose",
        PURPOSE,
        "--categories",
        CATEGORY,
        "--for",
        "7d",
        "--uses",
        "5",
    ];
    let asked = stage.must(SHOP, &request).await?;
    let waiting = stage.must(PERSON, &["requests"]).await?;
    show_requests(stage, &waiting);
    sees(
        stage,
        "the vault",
        "that the shop left a sealed message at an address",
        "whose address it is, or what the shop wants",
    );

    chapter(
        stage,
        "The person gives less than was asked: two uses, one day",
    );
    let approved = stage
        .must(
            PERSON,
            &["approve", "--latest", "--uses", "2", "--for", "1d"],
        )
        .await?;
    let standing = stage.must(SHOP, &["watch"]).await?;
    stage.say(&format!(
        "    the shop is told: {}",
        standing.text("/state")
    ));
    sees(
        stage,
        "the chain",
        "that somebody granted something, in one leaf",
        "who, to whom, what for, or for how long",
    );

    chapter(stage, "A courier asks for it too, and is denied");
    stage
        .must(
            PERSON,
            &[
                "contact",
                "--label",
                "Courier",
                "--out",
                "papers/courier.txt",
            ],
        )
        .await?;
    let request = [
        "request",
        "--inbox",
        "papers/courier.txt",
        "--purpose",
        "marketing",
        "--categories",
        CATEGORY,
    ];
    stage.must(COURIER, &request).await?;
    stage
        .must(
            PERSON,
            &["deny", "--latest", "--reason", "purpose-not-accepted"],
        )
        .await?;
    let answer = stage.must(COURIER, &["watch"]).await?;
    stage.say(&format!(
        "    the courier is told: {} ({})",
        answer.text("/state"),
        answer.text("/reason")
    ));
    let fetched = stage
        .refused(COURIER, &["fetch", "--out", "papers/denied"])
        .await?;
    Ok(Asked {
        request: asked.text("/request").to_owned(),
        grant: approved.number("/grant")?,
        delivery: Request {
            delivered: waiting
                .list("/requests")
                .iter()
                .any(|request| request.get("id") == asked.value.get("request")),
            approved: standing.text("/state") == "APPROVED",
        },
        denied: Refusal {
            refused: fetched.is_some() && answer.text("/state") == "DENIED",
            reason: answer.text("/reason").to_owned(),
        },
        prove_ms: approved.number("/prove_ms").ok(),
        put_memory: stored.peak_memory,
    })
}

fn show_requests(stage: &Stage, waiting: &Done) {
    for request in waiting.list("/requests") {
        let text = |name| {
            request
                .get(name)
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
        };
        let categories = request
            .get("categories")
            .and_then(serde_json::Value::as_array);
        let categories: Vec<&str> = categories
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .collect();
        stage.say(&format!(
            "    {} asks for {}, purpose {}",
            text("platform_name"),
            categories.join(", "),
            text("purpose")
        ));
    }
}

/// The shop reads the document.
pub(super) async fn read(stage: &Stage, papers: &Papers) -> ApiResult<Fetch> {
    chapter(
        stage,
        "The shop reads it: the access stands on the chain before the vault serves",
    );
    let read = stage.must(SHOP, &["fetch", "--out", FETCHED]).await?;
    let (bytes, sha256) = digest(&stage.path(FETCHED))?;
    let matches = (bytes, sha256.clone()) == digest(&papers.document)?;
    let what = if matches {
        "byte for byte"
    } else {
        "NOT as it was"
    };
    stage.say(&format!(
        "    {bytes} bytes, {what}, {} ms from request to plaintext",
        read.number("/ms")?
    ));
    sees(
        stage,
        "the vault",
        "that the shop reads this object under a receipt of the chain",
        "the content, or what for",
    );
    sees(
        stage,
        "the chain",
        "a receipt and a nullifier",
        "who read what of whom, or under which grant",
    );
    Ok(Fetch {
        bytes,
        sha256,
        matches,
        ms: read.number("/ms")?,
        peak_memory: read.peak_memory,
    })
}

/// The courier steals everything that the shop has about the request.
pub(super) async fn steal(stage: &Stage, context: &Context, request: &str) -> ApiResult<Theft> {
    chapter(
        stage,
        "The courier steals the shop's whole file about the request",
    );
    let theft = thief::steal(stage, context, (SHOP, COURIER), request).await?;
    if stage.path("papers/stolen").exists() {
        return Err(failed("the thief has the document"));
    }
    Ok(theft)
}

/// The person looks who read what; returns the number of accesses.
pub(super) async fn look(stage: &Stage) -> ApiResult<u64> {
    chapter(
        stage,
        "The person looks who read what, found on the chain by the wallet alone",
    );
    let log = stage.must(PERSON, &["log"]).await?;
    let accesses = log.list("/accesses");
    for access in accesses {
        let text = |name| {
            access
                .get(name)
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
        };
        stage.say(&format!(
            "    {} read \"{}\" for {}",
            text("platform_name"),
            text("document"),
            text("purpose")
        ));
    }
    Ok(accesses.len() as u64)
}

fn digest(path: &Path) -> ApiResult<(u64, String)> {
    let failed = |error| files::failed(path, &error);
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut file = File::open(path).map_err(failed)?;
    let mut part = vec![0; 1 << 16];
    loop {
        let length = file.read(&mut part).map_err(failed)?;
        if length == 0 {
            return Ok((bytes, hex::encode(hash.finalize())));
        }
        bytes += length as u64;
        hash.update(part.get(..length).unwrap_or_default());
    }
}
