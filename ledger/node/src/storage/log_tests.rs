use super::super::fault::FaultyFile;
use super::*;
use proptest::prelude::*;

const CHAIN: [u8; 32] = [7; 32];

fn open(file: &Arc<FaultyFile>) -> Result<(RecordLog, Vec<Record>), StorageError> {
    let mut seen = Vec::new();
    let log = RecordLog::open_file(Path::new("test.log"), file.clone(), &CHAIN, |_, record| {
        seen.push(record);
        Ok(())
    })?;
    Ok((log, seen))
}

fn open_bytes(bytes: Vec<u8>) -> Result<(RecordLog, Vec<Record>), StorageError> {
    open(&Arc::new(FaultyFile::with(bytes)))
}

fn put(log: &RecordLog, height: u64, len: usize) -> Result<Place, StorageError> {
    log.append(
        Kind::Block,
        height,
        [height as u8; 32],
        vec![height as u8; len],
    )
}

/// Three synced records; the log's bytes.
fn three() -> Vec<u8> {
    let file = Arc::new(FaultyFile::default());
    let (log, _) = open(&file).unwrap();
    for height in 1..=3 {
        put(&log, height, 100).unwrap();
        log.sync().unwrap();
    }
    file.bytes()
}

#[test]
fn records_come_back_in_order() {
    let (log, seen) = open_bytes(three()).unwrap();
    assert_eq!(seen.iter().map(|r| r.height).collect::<Vec<_>>(), [1, 2, 3]);
    let place = put(&log, 4, 5).unwrap();
    assert_eq!(log.read(place).unwrap().payload, [4; 5]);
}

#[test]
fn a_torn_tail_is_cut_at_every_length() {
    let whole = three();
    let file = Arc::new(FaultyFile::with(whole.clone()));
    let (log, _) = open(&file).unwrap();
    put(&log, 4, 100).unwrap();
    let longer = file.bytes();
    for len in whole.len()..longer.len() {
        let (log, seen) = open_bytes(longer[..len].to_vec()).unwrap();
        assert_eq!((seen.len(), log.len()), (3, whole.len() as u64));
    }
}

#[test]
fn a_flipped_bit_in_acknowledged_bytes_is_an_error_that_says_what_to_do() {
    let whole = three();
    let (_, seen) = open_bytes(whole.clone()).unwrap();
    let last = seen.last().unwrap().durable as usize;
    for at in FILE_HEAD..last {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        let Err(error) = open_bytes(bytes) else {
            panic!("byte {at} changed and nobody noticed")
        };
        assert!(matches!(error, StorageError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("restore"), "{error}");
    }
}

#[test]
fn a_byte_flipped_while_open_is_found_when_read() {
    let file = Arc::new(FaultyFile::default());
    let (log, _) = open(&file).unwrap();
    let place = put(&log, 1, 100).unwrap();
    file.write_at(&[0xff], place.offset + 70).unwrap();
    assert!(matches!(log.read(place), Err(StorageError::Damaged { .. })));
}

#[test]
fn a_full_disk_loses_nothing_and_goes_on_when_there_is_room() {
    let file = Arc::new(FaultyFile::with(three()));
    let (log, _) = open(&file).unwrap();
    file.limit(Some(50));
    assert!(matches!(put(&log, 4, 100), Err(StorageError::DiskFull(_))));
    assert_eq!(open_bytes(file.bytes()).unwrap().1.len(), 3);
    file.limit(None);
    put(&log, 4, 100).unwrap();
    log.sync().unwrap();
    assert_eq!(open_bytes(file.bytes()).unwrap().1.len(), 4);
}

#[test]
fn after_a_failed_sync_nothing_more_is_acknowledged() {
    let file = Arc::new(FaultyFile::with(three()));
    let (log, _) = open(&file).unwrap();
    put(&log, 4, 100).unwrap();
    file.fail_syncs();
    assert!(log.sync().is_err());
    assert!(matches!(log.sync(), Err(StorageError::Closed(_))));
    assert!(matches!(put(&log, 5, 1), Err(StorageError::Closed(_))));
}

#[test]
fn other_chains_formats_and_versions_are_refused() {
    let mut bytes = three();
    bytes[20] ^= 1;
    assert!(matches!(
        open_bytes(bytes),
        Err(StorageError::WrongChain(_))
    ));
    let mut bytes = three();
    bytes[4] = 9;
    assert!(matches!(
        open_bytes(bytes),
        Err(StorageError::UnknownVersion { version: 9, .. })
    ));
    let mut bytes = three();
    bytes[0] = b'X';
    assert!(matches!(open_bytes(bytes), Err(StorageError::NotALog(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever part of the unsynced sectors survives a power cut, every acknowledged record is there, in order, and the
    /// log opens without repair.
    #[test]
    fn power_cuts_lose_only_what_was_not_acknowledged(
        steps in prop::collection::vec((0usize..1500, any::<bool>()), 1..20),
        cuts in prop::collection::vec(any::<bool>(), 64),
    ) {
        let file = Arc::new(FaultyFile::default());
        let (log, _) = open(&file).unwrap();
        let mut acknowledged = 0;
        for (height, (len, sync)) in steps.iter().enumerate() {
            put(&log, height as u64, *len).unwrap();
            if *sync {
                log.sync().unwrap();
                acknowledged = height + 1;
            }
        }
        let left = file.power_cut(|sector| cuts[sector % cuts.len()]);
        let (_, seen) = open_bytes(left).unwrap();
        prop_assert!(seen.len() >= acknowledged);
        for (height, record) in seen.iter().enumerate() {
            prop_assert_eq!(record.height, height as u64);
            prop_assert_eq!(&record.payload, &vec![height as u8; steps[height].0]);
        }
    }

    /// Bytes that never were a log give an error or an empty log, never a panic.
    #[test]
    fn any_bytes_behind_the_head_are_survived(noise in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut bytes = three();
        let len = bytes.len() as u64;
        bytes.extend_from_slice(&noise);
        let (log, seen) = open_bytes(bytes).unwrap();
        prop_assert_eq!((seen.len(), log.len()), (3, len));
    }
}
