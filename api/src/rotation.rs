//! An organisation replaces its keys. The new ones are on the disk before the ledger hears of them, and the old ones stay: for
//! what was sealed to them, and until the rotation is final. After a kill at any moment, running it again ends with one
//! rotation.

use std::path::Path;
use tacit_circuits::types::MemberId;
use tacit_ledger::action::RotateKeys;
use tacit_ledger::ids::Height;
use tacit_ledger::member::Role;
use tacit_ledger::tx::Tx;

use crate::cli::password::PasswordSource;
use crate::errors::ApiResult;
use crate::files;
use crate::member::{self, REGISTRATION_FILE, Secrets};
use crate::net::NetDir;
use crate::submit;

/// Rotates the keys of the organisation of a folder; returns once an anchor knows the new ones.
///
/// # Errors
/// When the organisation is not registered with this role, or the ledger refuses.
pub async fn rotate(
    dir: &Path,
    net: &NetDir,
    password: &PasswordSource,
    role: Role,
) -> ApiResult<(MemberId, Height)> {
    let (file, mut secrets) = Secrets::open_file(dir, password)?;
    let (follower, record) = member::connect(dir, net, &mut secrets, role).await?;
    let height = if secrets.is_pending() && secrets.uses_newest() {
        // It reached the chain, and this process was stopped before it could say so.
        record.keys_from
    } else {
        secrets.begin_rotation()?;
        file.save(&secrets.to_bytes(), &mut rand::rng())?;
        let action = RotateKeys {
            member: record.id,
            keys: secrets.newest_keys(record.name.clone(), record.roles)?.keys,
        };
        let (chain, action) = (follower.spec().id(), action.into());
        let id = submit::request_id(&chain, &action);
        let tx = Tx::signed_by_member(&chain, id, action, record.id, &secrets.signing());
        submit::submit(follower.connection(), &tx, None)
            .await?
            .height
    };
    follower.anchored(height).await?;
    let registration = secrets.newest_keys(record.name, record.roles)?;
    files::write_json(&dir.join(REGISTRATION_FILE), &registration)?;
    secrets.end_rotation();
    file.save(&secrets.to_bytes(), &mut rand::rng())?;
    Ok((record.id, height))
}
