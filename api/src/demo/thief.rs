//! A platform that has stolen another's file about a request: the opened approval, the wrapped data key, the session key,
//! the receipt. The two things it can try, tried for real.

use tacit_identity::request::RequestId;

use super::stage::{NET, Role, Stage};
use crate::cli::password::PasswordSource;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult};
use crate::member::Secrets;
use crate::net::NetDir;
use crate::platform::Platform;
use crate::platform::journal::{Entry, Journal};

/// How the two attempts ended: the reason codes, or `None` for what was not refused.
#[derive(Debug)]
pub struct Theft {
    /// Proving an access of its own under the stolen grant.
    pub access: Option<String>,
    /// Showing the stolen receipt to the vault.
    pub receipt: Option<String>,
}

/// Has `thief` act on everything that `victim` knows about a request.
///
/// # Errors
/// When the folders cannot be opened.
pub async fn steal(
    stage: &Stage,
    context: &Context,
    (victim, thief): (Role, Role),
    request: &str,
) -> ApiResult<Theft> {
    let id: RequestId = request
        .parse()
        .map_err(|_| ApiError::internal("no request id"))?;
    let password = PasswordSource::new(Some(stage.password_file()));
    let stolen = || -> ApiResult<Entry> {
        let dir = stage.path(victim.dir);
        Ok(Journal::open(&dir, &id, &Secrets::open(&dir, &password)?)?.entry)
    };
    let (dir, net) = (stage.path(thief.dir), NetDir::new(stage.path(NET)));
    let secrets = Secrets::open(&dir, &password)?;
    let platform = Platform::open(&dir, &net, &password, context.output).await?;
    let out = stage.path("papers/stolen");
    let attempt = async || {
        let refused = platform.fetch(&id, &out).await.err();
        if let Some(error) = &refused {
            stage.say(&format!("  refused: {error}"));
        }
        refused.map(|error| error.code().to_owned())
    };

    stage.say(&format!(
        "  {} proves an access of its own under the stolen grant",
        thief.who
    ));
    let mut entry = stolen()?;
    entry.accesses.clear();
    // Closed at once: fetching opens it again.
    drop(Journal::create(&dir, &id, &secrets, entry)?);
    let access = attempt().await;

    stage.say(&format!(
        "  {} shows the stolen receipt to the vault",
        thief.who
    ));
    let mut journal = Journal::open(&dir, &id, &secrets)?;
    journal.entry = stolen()?;
    for access in &mut journal.entry.accesses {
        access.over = false;
    }
    journal.save()?;
    drop(journal);
    let receipt = attempt().await;
    Ok(Theft { access, receipt })
}
