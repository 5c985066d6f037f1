use super::*;
use proptest::prelude::*;

fn validator() -> NodeFile {
    NodeFile {
        genesis: "../net/genesis.json".into(),
        data: "chain".into(),
        part: Part::Validator(Validator {
            keys: ".".into(),
            listen: "127.0.0.1:7010".parse().unwrap(),
            peers: BTreeMap::from([(peer(), "two.example.org:7010".into())]),
            min_block_interval: Duration::from_millis(250),
        }),
        grpc: Grpc {
            listen: "0.0.0.0:7011".parse().unwrap(),
            advertise: Some("one.example.org:7011".into()),
            tls: ".".into(),
            endpoint: Some("../net/node.json".into()),
        },
        metrics: Some("127.0.0.1:7012".parse().unwrap()),
        mempool: MempoolLimits::default(),
        sidecar_retention: Some(Duration::from_secs(730 * 86_400)),
        password_file: Some("p \"q\".txt".into()),
    }
}

fn peer() -> ValidatorKey {
    ValidatorKey::of(&ed25519_dalek::SigningKey::from_bytes(&[2; 32]))
}

fn parsed(text: &str) -> Result<NodeFile, String> {
    NodeFile::parse(text, Path::new(""))
}

#[test]
fn what_is_written_is_read_back() {
    let all = validator();
    let none = NodeFile {
        part: Part::Follower(Follower {
            upstreams: vec!["a.json".into(), "b.json".into()],
            member: None,
        }),
        grpc: Grpc {
            advertise: None,
            endpoint: None,
            ..all.grpc.clone()
        },
        metrics: None,
        sidecar_retention: None,
        password_file: None,
        ..all.clone()
    };
    let member = none.clone().following(vec!["c.json".into()]);
    for file in [all, none, member] {
        let text = write::text(&file);
        assert_eq!(parsed(&text).unwrap(), file, "{text}");
        assert!(text.lines().all(|line| line.len() <= 110), "{text}");
    }
}

#[test]
fn every_field_is_told_apart_by_a_comment() {
    let text = write::text(&validator());
    let mut before = "";
    for line in text.lines() {
        let documented = before.starts_with('#');
        let is_field =
            line.contains(" = ") && !line.starts_with('#') && !line.contains("two.example");
        assert!(!is_field || documented, "{line}");
        before = line;
    }
}

#[test]
fn what_is_wrong_is_told_with_line_and_field() {
    let text = write::text(&validator());
    let cases = [
        (
            "version = 1",
            "version = 2",
            "version: this program reads version 1",
        ),
        (
            "checking = 256",
            "checking = 0",
            "mempool.checking must be from 1",
        ),
        (
            "checking = 256",
            "checking = \"many\"",
            "checking: invalid type",
        ),
        (
            "checking = 256",
            "chekcing = 256",
            "unknown field `chekcing`",
        ),
        (
            "min_block_interval_ms = 250",
            "min_block_interval_ms = 60001",
            "validator.min_block_interval_ms",
        ),
        (
            "min_block_interval_ms = 250",
            "min_block_interval_ms = -1",
            "min_block_interval_ms",
        ),
        (
            "listen = \"127.0.0.1:7010\"",
            "listen = \"nowhere\"",
            "listen: invalid socket address",
        ),
        (
            "\"two.example.org:7010\"",
            "\"two.example.org\"",
            "is not host:port",
        ),
        (
            "[validator.peers]",
            "[validator.peers]
two = \"two.example.org:7010\"",
            "\"two\" is no consensus key",
        ),
        ("keep_days = 730", "keep_days = 0", "sidecars.keep_days"),
        (
            "advertise = \"one.example.org:7011\"",
            "advertise = \"one example:1\"",
            "grpc.advertise",
        ),
        (
            "[validator]",
            "[follow]\nupstreams = []\n[validator]",
            "either a [validator] or a [follow]",
        ),
        ("genesis = ", "# genesis = ", "missing field `genesis`"),
    ];
    for (from, to, said) in cases {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let error = parsed(&changed).unwrap_err();
        assert!(error.contains(said), "{to}: {error}");
    }
    assert!(parsed("").unwrap_err().contains("missing field"));
}

#[test]
fn a_file_is_named_with_what_is_wrong_in_it_and_its_folder_is_where_paths_begin() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    std::fs::write(&path, write::text(&validator())).unwrap();
    let read = NodeFile::read(&path).unwrap();
    assert_eq!(read.data, dir.path().join("chain"));
    std::fs::write(&path, "version = 1\nversion = 1\n").unwrap();
    let error = NodeFile::read(&path).unwrap_err();
    assert_eq!(error.code(), "FILE_INVALID");
    assert!(error.to_string().contains(FILE), "{error}");
    std::fs::write(&path, "#".repeat(MAX_FILE as usize + 1)).unwrap();
    assert_eq!(NodeFile::read(&path).unwrap_err().code(), "FILE_INVALID");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", cut in 0usize..4000) {
        let _ = parsed(&text);
        let whole = write::text(&validator());
        let part: String = whole.chars().take(cut).collect();
        let _ = parsed(&part);
        let _ = parsed(&format!("{part}{text}"));
    }
}
