//! The memory of sealing, storing, serving and opening does not depend on the size of the object.
//!
//! `TACIT_OBJECT_MIB=1024 cargo test --release -p tacit-vault --test constant_memory -- --nocapture` prints the figures
//! for 1 GiB.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{self, Read};
use std::time::Instant;

use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::field::Fr;
use tacit_circuits::types::{Digest32, MemberId, Position, Timestamp};
use tacit_vault::ids::{CallerKey, SessionKey, VaultIdentity};
use tacit_vault::object::{
    ChunkSize, DataKey, ObjectInfo, ObjectNonce, Sealer, VerifiedFile, seal,
};
use tacit_vault::serve::{ChainFacts, FetchRequest, LiveFacts};
use tacit_vault::store::{Begin, Limits, Vault, VaultConfig};

const MIB: u64 = 1 << 20;
const NONCE: ObjectNonce = ObjectNonce([2; 32]);
const OWNER: CallerKey = CallerKey([1; 32]);

#[tokio::test]
async fn a_large_object_needs_no_more_memory_than_a_small_one() {
    let large = std::env::var("TACIT_OBJECT_MIB").map_or(64, |text| text.parse().unwrap());
    whole_way(16).await;
    let small_peak = peak_kib();
    whole_way(large).await;
    let large_peak = peak_kib();
    println!("peak memory: {small_peak} KiB after 16 MiB, {large_peak} KiB after {large} MiB");
    assert!(
        large_peak - small_peak < 8 * 1024,
        "{small_peak} KiB, then {large_peak} KiB"
    );
}

/// Seals, uploads, fetches and opens an object of a size.
async fn whole_way(mib: u64) {
    let folder = tempfile::tempdir().unwrap();
    let key = || DataKey::new([1; 32]);
    let member = |id| MemberId::new(id).unwrap();
    let identity = VaultIdentity {
        chain: Digest32([3; 32]),
        member: member(9),
    };
    let blobs = None;
    let config = VaultConfig {
        folder: folder.path().join("vault"),
        identity,
        limits: Limits::default(),
        blobs,
    };
    let vault = Vault::open(config).await.unwrap();

    let start = Instant::now();
    let info = seal(&key(), NONCE, ChunkSize::DEFAULT, content(mib), io::sink()).unwrap();
    report("seal", mib, start);

    let start = Instant::now();
    upload(&vault, &key(), mib, &info).await;
    vault.bind(OWNER, info.id, Position(10)).await.unwrap();
    report("seal and upload", mib, start);

    let session = SessionKey::new(&[7; 32]);
    let opening = ReceiptOpening {
        grant: Position(11),
        record: Position(10),
        grantee: member(5),
        vault: member(9),
        session_key_hash: session.public().hash(),
        not_after: Timestamp(5_000),
        anchor_time: Timestamp(990),
        nonce: Fr::from(3u64),
    };
    let signature = session.sign_fetch(&identity, &opening.commit(), &info.id, 0);
    let request = FetchRequest {
        opening,
        object: info.id,
        offset: 0,
        session_key: session.public(),
        signature,
    };
    let live = LiveFacts {
        newest_time: Timestamp(1_010),
        grant_ended: false,
        record_ended: false,
        grantee_active: true,
    };
    let chain = ChainFacts {
        receipt_time: Some(Timestamp(1_000)),
        live,
    };
    let start = Instant::now();
    let mut download = vault.fetch(member(5), request, chain).await.unwrap();
    let target = folder.path().join("document");
    let mut file = VerifiedFile::create(&target, key(), &info).unwrap();
    while let Some(piece) = download.next_piece(&live).await.unwrap() {
        file.push(&piece).unwrap();
    }
    file.finish().unwrap();
    report("fetch and open into a file", mib, start);
    assert_eq!(std::fs::metadata(target).unwrap().len(), mib * MIB);
}

async fn upload(vault: &Vault, key: &DataKey, mib: u64, info: &ObjectInfo) {
    let Begin::Upload(mut upload) = vault
        .begin_upload(OWNER, info.id, info.object_length)
        .await
        .unwrap()
    else {
        panic!("nothing is stored yet");
    };
    let mut sealer = Sealer::new(key, NONCE, ChunkSize::DEFAULT);
    upload.write(&sealer.header().to_bytes()).await.unwrap();
    let (mut piece, mut out, mut from) = (vec![0; 1 << 16], Vec::new(), content(mib));
    loop {
        let length = from.read(&mut piece).unwrap();
        if length == 0 {
            break;
        }
        sealer.push(&piece[..length], &mut out).unwrap();
        upload.write(&out).await.unwrap();
        out.clear();
    }
    assert_eq!(sealer.finish(&mut out).unwrap(), *info);
    upload.write(&out).await.unwrap();
    upload.finish().await.unwrap();
}

fn content(mib: u64) -> impl Read {
    io::repeat(0x5a).take(mib * MIB)
}

fn report(what: &str, mib: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{what}, {mib} MiB: {seconds:.2} s, {:.2} GB/s",
        (mib * MIB) as f64 / seconds / 1e9
    );
}

/// Highest resident memory of this process so far.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
