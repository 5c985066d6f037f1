//! A large document whose download breaks off, on either side: the same access goes on from where it was.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tacit_tests::cast::{line, read, reason};
use tacit_tests::process::Running;
use tacit_tests::town::Town;

/// Length of the document.
const LENGTH: usize = 64 << 20;
/// Bytes after which the download is broken.
const BROKEN: u64 = 8 << 20;
/// Longest that a process may take to notice that the other one is gone.
const NOTICED: Duration = Duration::from_secs(60);

fn partial(town: &Town, out: &str) -> PathBuf {
    town.bench.path().join(format!(".{out}.object"))
}

fn arrived(town: &Town, out: &str) -> u64 {
    fs::metadata(partial(town, out)).map_or(0, |data| data.len())
}

/// Kills the platform in the middle of its download.
fn kill_platform(town: &Town, out: &str) {
    let fetch = line("shop", &format!("platform fetch --out {out}"));
    let killed = town
        .bench
        .kill_when("fetch", &fetch, || arrived(town, out) >= BROKEN);
    assert!(killed, "the download was over before it was broken");
    assert!(!town.bench.path().join(out).exists());
}

fn fetch(town: &Town, out: &str, document: &[u8]) -> Value {
    let fetched = town.must("shop", &format!("platform fetch --out {out}"));
    assert!(
        read(&town.bench, out) == document,
        "{out} is another document"
    );
    assert!(!partial(town, out).exists());
    fetched
}

#[test]
fn a_broken_download_goes_on_under_the_same_access() {
    let mut town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let mut document = vec![0; LENGTH];
    StdRng::seed_from_u64(64).fill_bytes(&mut document);
    fs::write(town.bench.path().join("doc"), &document).unwrap();
    stored_in_two_attempts(&town);
    town.must("wallet", "wallet contact --label shop --out contact");
    town.must(
        "shop",
        "platform request --inbox contact --purpose identity-verification --categories official-id --uses 5",
    );
    town.must("wallet", "wallet approve --latest");
    town.must("shop", "platform watch");

    // The platform dies.
    kill_platform(&town, "one");
    let sealed = fs::read(partial(&town, "one")).unwrap();
    let fetched = fetch(&town, "one", &document);
    assert_eq!(fetched["resumed_at"], sealed.len() as u64);
    assert_eq!(fetched["number"], 0);
    assert_eq!(town.grants_and_accesses(), (1, 1));
    let plain = document.get(..4096).unwrap();
    let leaked = sealed.windows(plain.len()).any(|window| window == plain);
    assert!(!leaked, "what is kept of a broken download is sealed");

    // The vault dies, and comes back at another address.
    let running = fetch_in_part(&town, "two");
    town.kill_vault();
    assert_eq!(ended(&town, running), "DOWNLOAD_BROKEN_OFF");
    town.start_vault();
    let fetched = fetch(&town, "two", &document);
    assert!(fetched["resumed_at"].as_u64().unwrap() >= BROKEN);
    assert_eq!(fetched["number"], 1);
    assert_eq!(town.grants_and_accesses(), (1, 2));

    // Somebody changes what is there.
    kill_platform(&town, "three");
    let mut changed = fs::read(partial(&town, "three")).unwrap();
    changed[1 << 20] ^= 1;
    fs::write(partial(&town, "three"), &changed).unwrap();
    let fetched = fetch(&town, "three", &document);
    assert_eq!(fetched["resumed_at"], 0);
    assert_eq!(town.grants_and_accesses(), (1, 3));

    // Its last bytes, which only the vault's next ones show to be false.
    kill_platform(&town, "four");
    let mut changed = fs::read(partial(&town, "four")).unwrap();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    fs::write(partial(&town, "four"), &changed).unwrap();
    fetch(&town, "four", &document);
    assert_eq!(town.grants_and_accesses(), (1, 4));

    // The person revokes while the document is on its way: the vault stops, and the platform keeps nothing.
    let running = fetch_in_part(&town, "five");
    running.signal("STOP");
    let held = town.must("wallet", "wallet list");
    let grant = &held["grants"][0]["number"];
    town.must("wallet", &format!("wallet revoke --grant {grant}"));
    running.signal("CONT");
    assert_eq!(ended(&town, running), "GRANT_ENDED");
    let left = fs::read_dir(town.bench.path()).unwrap().flatten();
    let left = left.filter(|file| file.file_name().to_string_lossy().contains("five"));
    assert_eq!(left.count(), 0);
    assert_eq!(town.grants_and_accesses(), (1, 5));
}

/// Starts a download and returns in the middle of it.
fn fetch_in_part(town: &Town, out: &str) -> Running {
    let command = line("shop", &format!("platform fetch --out {out}"));
    let running = town.bench.start("fetch", &command);
    let end = Instant::now() + NOTICED;
    while arrived(town, out) < BROKEN {
        assert!(Instant::now() < end, "the download does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    running
}

/// The reason with which a download ends.
fn ended(town: &Town, mut running: Running) -> String {
    let mut status = None;
    town.bench.wait_for("the platform to notice", NOTICED, |_| {
        status = running.ended();
        status.is_some()
    });
    assert!(!status.unwrap().success());
    reason(&String::from_utf8(read(&town.bench, "fetch.log")).unwrap())
}

/// The wallet dies while the document is on its way to the vault.
fn stored_in_two_attempts(town: &Town) {
    let put = "wallet put doc --category official-id";
    let objects = || -> u64 {
        let folder = town.bench.path().join("vault");
        walk(&folder)
    };
    let before = objects();
    let killed = town
        .bench
        .kill_when("put", &line("wallet", put), || objects() >= before + BROKEN);
    assert!(killed, "the upload was over before it was broken");
    town.must("wallet", put);
    let held = town.must("wallet", "wallet list");
    assert_eq!(held["records"].as_array().unwrap().len(), 1);
}

/// Bytes of all files below a folder.
fn walk(folder: &std::path::Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => walk(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
