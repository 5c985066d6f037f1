//! The durable log of used nonces: a signed request counts once, also across restarts and power cuts.
//!
//! One file of fixed-size records, appended and synced before a request is served. Records lapse with their request;
//! when most of the file has lapsed it is rewritten with the live ones, so its size is bounded by the live nonces.
//! One thread owns the file and syncs once for all requests that wait.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use tacit_circuits::types::Digest32;
use tokio::sync::oneshot;

const FILE: &str = "nonces.log";
/// Replay key, expiry, and the start of their SHA-256, by which a torn record is known.
const RECORD: usize = 32 + 8 + 4;
/// Requests that may wait for one sync.
const QUEUE: usize = 1024;
/// Records below which the file is never rewritten.
const MIN_REWRITE: usize = 4096;

/// Why a nonce cannot be spent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NonceError {
    /// It was spent before.
    #[error("the nonce was spent before")]
    Replayed,
    /// As many as the bound are live.
    #[error("too many nonces are live")]
    Full,
    /// The log cannot be written.
    #[error("the log of nonces cannot be written: {0}")]
    Io(String),
}

struct Spend {
    key: Digest32,
    expires: u64,
    now: u64,
    reply: oneshot::Sender<Result<(), NonceError>>,
}

/// Handle to the log; clones share it.
#[derive(Clone, Debug)]
pub struct NonceLog {
    spends: SyncSender<Spend>,
}

impl NonceLog {
    /// Opens the log in a folder that no other process uses. `max` bounds the live nonces.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(dir: &Path, max: usize) -> io::Result<Self> {
        let mut owner = Owner::open(dir, max)?;
        let (spends, queue) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("nonces".into())
            .spawn(move || owner.run(&queue))?;
        Ok(Self { spends })
    }

    /// Spends a nonce that lapses at `expires` (unix seconds), durably.
    ///
    /// # Errors
    /// [`NonceError`] when it was spent before or cannot be recorded; the request must then be refused.
    pub async fn spend(&self, key: Digest32, expires: u64, now: u64) -> Result<(), NonceError> {
        let (reply, answer) = oneshot::channel();
        self.spends
            .try_send(Spend {
                key,
                expires,
                now,
                reply,
            })
            .map_err(|error| match error {
                TrySendError::Full(_) => NonceError::Full,
                TrySendError::Disconnected(_) => NonceError::Io("its thread has ended".into()),
            })?;
        answer
            .await
            .map_err(|_| NonceError::Io("its thread has ended".into()))?
    }
}

struct Owner {
    path: PathBuf,
    file: File,
    records: usize,
    /// Records at which the file is rewritten; the lapsed ones go then.
    rewrite_at: usize,
    live: BTreeMap<Digest32, u64>,
    max: usize,
    /// A write failed: the end of the file is unknown until it is rewritten.
    broken: bool,
}

impl Owner {
    fn open(dir: &Path, max: usize) -> io::Result<Self> {
        let path = dir.join(FILE);
        let mut bytes = Vec::new();
        match File::open(&path) {
            Ok(file) => {
                // Rewriting leaves at most twice the bound and a batch; a longer file is not ours to shorten.
                let bound = (RECORD * (max.max(MIN_REWRITE) * 2 + 2 * QUEUE)) as u64;
                if file.take(bound).read_to_end(&mut bytes)? as u64 == bound {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the log of nonces is too long",
                    ));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let live = bytes.chunks_exact(RECORD).filter_map(decode).collect();
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut owner = Self {
            path,
            file,
            records: 0,
            rewrite_at: MIN_REWRITE,
            live,
            max,
            broken: false,
        };
        owner.rewrite()?;
        Ok(owner)
    }

    fn run(&mut self, queue: &Receiver<Spend>) {
        while let Ok(first) = queue.recv() {
            let mut waiting = vec![first];
            waiting.extend(queue.try_iter().take(QUEUE));
            self.serve(waiting);
        }
    }

    fn serve(&mut self, waiting: Vec<Spend>) {
        let mut bytes = Vec::with_capacity(waiting.len() * RECORD);
        let mut accepted = Vec::with_capacity(waiting.len());
        for spend in waiting {
            match self.check(&spend) {
                Ok(()) => {
                    bytes.extend_from_slice(&encode(&spend.key, spend.expires));
                    self.live.insert(spend.key, spend.expires);
                    accepted.push(spend.reply);
                }
                Err(error) => drop(spend.reply.send(Err(error))),
            }
        }
        let written = self.append(&bytes).map_err(|error| error.to_string());
        for reply in accepted {
            // When the caller has gone the nonce stays spent, which is the safe side.
            drop(reply.send(written.clone().map_err(NonceError::Io)));
        }
    }

    fn check(&mut self, spend: &Spend) -> Result<(), NonceError> {
        if self.live.contains_key(&spend.key) {
            return Err(NonceError::Replayed);
        }
        if self.live.len() >= self.max {
            self.forget(spend.now);
        }
        if self.live.len() >= self.max {
            Err(NonceError::Full)
        } else {
            Ok(())
        }
    }

    fn forget(&mut self, now: u64) {
        // A request lapses at its expiry, so a nonce is needed up to and including that second.
        self.live.retain(|_, expires| *expires >= now);
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.broken || self.records > self.rewrite_at {
            self.forget(now());
            return self.rewrite();
        }
        self.records += bytes.len() / RECORD;
        self.broken = true;
        self.file.write_all(bytes)?;
        self.file.sync_data()?;
        self.broken = false;
        Ok(())
    }

    /// Writes the live nonces to a new file that takes the place of the old one.
    fn rewrite(&mut self) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut bytes = Vec::with_capacity(self.live.len() * RECORD);
        for (key, expires) in &self.live {
            bytes.extend_from_slice(&encode(key, *expires));
        }
        let mut file = File::create(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        if let Some(dir) = self.path.parent() {
            File::open(dir)?.sync_all()?;
        }
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.records = self.live.len();
        self.rewrite_at = MIN_REWRITE.max(self.live.len() * 2);
        self.broken = false;
        Ok(())
    }
}

fn now() -> u64 {
    crate::clock::unix_seconds()
}

fn encode(key: &Digest32, expires: u64) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    record[..32].copy_from_slice(&key.0);
    record[32..40].copy_from_slice(&expires.to_be_bytes());
    let check = Sha256::digest(&record[..40]);
    record[40..].copy_from_slice(&check[..4]);
    record
}

fn decode(record: &[u8]) -> Option<(Digest32, u64)> {
    let (body, check) = record.split_at_checked(40)?;
    if Sha256::digest(body)[..4] != *check {
        return None;
    }
    let (key, expires) = body.split_at_checked(32)?;
    Some((
        Digest32(key.try_into().ok()?),
        u64::from_be_bytes(expires.try_into().ok()?),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> Digest32 {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&n.to_be_bytes());
        Digest32(key)
    }

    #[tokio::test]
    async fn a_nonce_is_spent_once_also_across_restarts() {
        let dir = tempfile::tempdir().unwrap();
        let later = now() + 50;
        let log = NonceLog::open(dir.path(), 10).unwrap();
        log.spend(key(1), later, now()).await.unwrap();
        assert!(matches!(
            log.spend(key(1), later, now()).await,
            Err(NonceError::Replayed)
        ));
        drop(log);
        let log = NonceLog::open(dir.path(), 10).unwrap();
        assert!(matches!(
            log.spend(key(1), later, now()).await,
            Err(NonceError::Replayed)
        ));
        log.spend(key(2), later, now()).await.unwrap();
    }

    #[tokio::test]
    async fn of_many_at_once_exactly_one_wins() {
        let dir = tempfile::tempdir().unwrap();
        let log = NonceLog::open(dir.path(), 100).unwrap();
        let tries = (0..32).map(|_| log.spend(key(7), now() + 50, now()));
        let won = futures::future::join_all(tries)
            .await
            .into_iter()
            .filter(Result::is_ok)
            .count();
        assert_eq!(won, 1);
    }

    #[tokio::test]
    async fn a_torn_record_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let log = NonceLog::open(dir.path(), 10).unwrap();
        log.spend(key(1), now() + 50, now()).await.unwrap();
        drop(log);
        let path = dir.path().join(FILE);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(&encode(&key(2), now() + 50)[..20]);
        fs::write(&path, bytes).unwrap();
        let log = NonceLog::open(dir.path(), 10).unwrap();
        log.spend(key(3), now() + 50, now()).await.unwrap();
        drop(log);
        let log = NonceLog::open(dir.path(), 10).unwrap();
        for n in [1, 3] {
            assert!(
                matches!(
                    log.spend(key(n), now() + 50, now()).await,
                    Err(NonceError::Replayed)
                ),
                "{n}"
            );
        }
    }

    #[tokio::test]
    async fn the_live_nonces_are_bounded_and_lapsed_ones_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let log = NonceLog::open(dir.path(), 3).unwrap();
        let start = now();
        for n in 0..3 {
            log.spend(key(n), start + 10, start).await.unwrap();
        }
        assert!(matches!(
            log.spend(key(9), start + 10, start + 10).await,
            Err(NonceError::Full)
        ));
        log.spend(key(9), start + 30, start + 11).await.unwrap();
    }

    #[test]
    fn the_file_stays_bounded_however_many_were_spent() {
        let dir = tempfile::tempdir().unwrap();
        let mut owner = Owner::open(dir.path(), 100_000).unwrap();
        for n in 0..(3 * MIN_REWRITE as u64) {
            let (reply, _) = oneshot::channel();
            let batch = vec![Spend {
                key: key(n),
                expires: 1,
                now: 0,
                reply,
            }];
            // Not through `serve` alone: a sync per record would make this test slow.
            for spend in batch {
                owner.live.insert(spend.key, spend.expires);
                owner.records += 1;
            }
        }
        owner.append(&encode(&key(u64::MAX), now() + 50)).unwrap();
        assert!(
            owner.records <= 1 + MIN_REWRITE,
            "lapsed records were dropped"
        );
        assert!(
            fs::metadata(dir.path().join(FILE)).unwrap().len()
                <= (RECORD * (1 + MIN_REWRITE)) as u64
        );
    }
}
