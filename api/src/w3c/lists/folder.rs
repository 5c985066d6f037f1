//! Lists in a folder: `HOST/PATH`, as the operator fetched them.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;
use tacit_circuits::types::Timestamp;

use super::{FoundList, ListKind, ListSource};
use crate::clock;
use crate::files;
use crate::w3c::folder::file_of;

/// A folder with lists. When a file was last changed counts as the time when the list was fetched.
#[derive(Clone, Debug)]
pub struct ListFolder(pub PathBuf);

#[async_trait::async_trait]
impl ListSource for ListFolder {
    async fn list(&self, kind: ListKind, url: &str) -> Option<FoundList> {
        let path = file_of(&self.0, url)?;
        let read = move || {
            let changed = path.metadata().ok()?.modified().ok()?;
            let at = Timestamp(changed.duration_since(UNIX_EPOCH).ok()?.as_secs());
            // A file of the future would never be old.
            let content = files::read(&path, kind.max_bytes() as u64).ok()?;
            (at <= clock::now()).then_some(FoundList { content, at })
        };
        tokio::task::spawn_blocking(read).await.ok()?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    #[tokio::test]
    async fn a_list_is_as_old_as_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a.example%3A8443/status");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("0"), "{}").unwrap();
        let folder = ListFolder(dir.path().to_owned());
        let list = async |url: &str| folder.list(ListKind::Bitstring, url).await;
        let url = "https://a.example:8443/status/0";
        let found = list(url).await.unwrap();
        assert_eq!(found.content, b"{}");
        assert!(clock::now().0 - found.at.0 < 60);
        for missing in [
            "https://a.example:8443/status/1",
            "https://a.example:8443/status",
            "https://a.example:8443/status/../status/0",
            "urn:tacit:list",
        ] {
            assert!(list(missing).await.is_none(), "{missing}");
        }
        let touch = |time: SystemTime| {
            let file = File::options().write(true).open(place.join("0")).unwrap();
            file.set_modified(time).unwrap();
        };
        touch(UNIX_EPOCH + Duration::from_secs(1000));
        assert_eq!(list(url).await.unwrap().at, Timestamp(1000));
        touch(SystemTime::now() + Duration::from_secs(3600));
        assert!(list(url).await.is_none());
        fs::write(
            place.join("0"),
            vec![b' '; ListKind::Bitstring.max_bytes() + 1],
        )
        .unwrap();
        assert!(list(url).await.is_none());
    }
}
