//! A node that lies to a light client: about headers, certificates, validators, values and proofs. Each lie is refused by its
//! name, nothing is written, and the truth is taken afterwards.

use bytes::Bytes;
use prost::Message;
use std::sync::Arc;
use tacit_api::errors::ApiError;
use tacit_api::follower::Follower;
use tacit_api::net::{Kind, NetDir};
use tacit_circuits::types::MemberId;
use tacit_ledger::bundle::StateBundle;
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_ledger::header::Header;
use tacit_ledger::ids::{BlockTime, Height};
use tacit_ledger::keys;
use tacit_ledger::validators::ValidatorSet;
use tacit_proto::v1::{
    GetChainInfoResponse, GetHeadersResponse, GetStateProofsResponse, ListHandoversResponse,
};
use tacit_tests::process::Workbench;
use tacit_tests::town::at;
use tacit_tests::wiretap::{Lie, Wiretap};

/// A lie about a response of this type.
fn about<T: Message + Default + 'static>(lie: fn(&mut T)) -> Lie {
    Arc::new(move |bytes: Bytes| {
        let mut message = T::decode(bytes).unwrap();
        lie(&mut message);
        message.encode_to_vec().into()
    })
}

/// Changes a header of a response.
fn with_header(response: &mut GetHeadersResponse, change: fn(&mut Header)) {
    let last = response.headers.last_mut().unwrap();
    let mut header: Header = decode_slice(last).unwrap();
    change(&mut header);
    *last = encode_vec(&header).into();
}

fn flipped(bytes: &Bytes, at: usize) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes.into()
}

async fn read(net: &NetDir) -> Result<StateBundle, ApiError> {
    let follower = Follower::connect_from(net, None).await?;
    let bundle = follower.state_bundle(keys::counters()).await?;
    let absent = keys::member(MemberId::new(7).unwrap());
    follower.state_bundle(absent).await?;
    Ok(bundle)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lying_node_says_is_refused() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    bench.must("echo 'correct horse battery staple' > pw");
    bench.must(&format!("tacit node init {}", at("node")));
    let _node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let net = NetDir::new(bench.path().join("net"));
    let root = bench.path().to_owned();
    let tap = tokio::task::spawn_blocking(move || Wiretap::place_at(&root, Kind::Node, "node"));
    let tap = tap.await.unwrap();
    while Follower::connect_from(&net, None)
        .await
        .unwrap()
        .tip()
        .await
        .header()
        .height
        < Height(3)
    {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    read(&net).await.unwrap();

    let headers = "/tacit.v1.LedgerService/GetHeaders";
    let header_lies: [fn(&mut GetHeadersResponse); 14] = [
        // Wrong content, height, time, chain, set, epoch; each header is what its certificate covers, or it is nothing.
        |r| with_header(r, |header| header.state_root.0.0[0] ^= 1),
        |r| with_header(r, |header| header.tx_root.0.0[31] ^= 1),
        |r| with_header(r, |header| header.height = header.height.next()),
        |r| with_header(r, |header| header.time = BlockTime(0)),
        |r| with_header(r, |header| header.chain.0.0[0] ^= 1),
        |r| with_header(r, |header| header.validators.0.0[0] ^= 1),
        |r| with_header(r, |header| header.next_validators.0.0[0] ^= 1),
        |r| with_header(r, |header| header.epoch.0 += 1),
        |r| with_header(r, |header| header.anchor = header.anchor.next()),
        // A gap, a certificate of nobody, none at all, a set of nobody, no set.
        |r| drop(r.headers.remove(0)),
        |r| r.certificate = flipped(&r.certificate, r.certificate.len() - 1),
        |r| r.certificate = Bytes::new(),
        |r| {
            let set: ValidatorSet = decode_slice(&r.validators).unwrap();
            r.validators = flipped(&encode_vec(&set).into(), 20);
        },
        |r| r.validators = Bytes::new(),
    ];
    for (number, lie) in header_lies.into_iter().enumerate() {
        tap.lie(Some((headers, about(lie))));
        let code = read(&net).await.unwrap_err().code();
        assert!(
            ["PROOF_OF_SERVER_INVALID", "NODE_BEHIND"].contains(&code),
            "lie {number} about headers: {code}"
        );
    }
    let proofs = "/tacit.v1.LedgerService/GetStateProofs";
    let proof_lies: [fn(&mut GetStateProofsResponse); 8] = [
        // Another value; none where there is one, and one where there is none; the proof of something else, or of nothing.
        |r| {
            if let Some(value) = &mut r.values[0].value {
                *value = flipped(value, 0);
            } else {
                r.values[0].value = Some(Bytes::from_static(b"a member"));
            }
        },
        |r| {
            r.values[0].value = r.values[0]
                .value
                .take()
                .map_or(Some(Bytes::new()), |_| None)
        },
        |r| r.values[0].proof = flipped(&r.values[0].proof, r.values[0].proof.len() - 1),
        |r| r.values[0].proof = Bytes::new(),
        |r| r.values.clear(),
        |r| r.values.push(r.values[0].clone()),
        // Of another height, and of one that is not there yet.
        |r| r.height -= 1,
        |r| r.height += 1_000_000,
    ];
    for (number, lie) in proof_lies.into_iter().enumerate() {
        tap.lie(Some((proofs, about(lie))));
        let code = read(&net).await.unwrap_err().code();
        assert!(
            ["PROOF_OF_SERVER_INVALID", "NODE_BEHIND"].contains(&code),
            "lie {number} about values: {code}"
        );
    }
    // A tip that is not there is not believed, and nothing depends on it.
    let info = about(|info: &mut GetChainInfoResponse| info.height += 1_000_000);
    tap.lie(Some(("/tacit.v1.LedgerService/GetChainInfo", info)));
    read(&net).await.unwrap();
    // Changes of the validators that lead nowhere, or are of nobody.
    let handovers = about(|page: &mut ListHandoversResponse| {
        page.handovers = vec![Bytes::from_static(b"a set of nobody")];
        page.next_epoch = u64::MAX;
    });
    tap.lie(Some(("/tacit.v1.LedgerService/ListHandovers", handovers)));
    // In the first epoch nobody asks; in a later one it is refused.
    let tip = Follower::connect_from(&net, None)
        .await
        .unwrap()
        .tip()
        .await;
    if let Err(error) = read(&net).await {
        assert!(tip.header().epoch.0 > 0);
        assert_eq!(error.code(), "PROOF_OF_SERVER_INVALID");
    }

    // The command says so too, and writes nothing.
    let wrong = about(|r: &mut GetStateProofsResponse| r.values[0].value = None);
    tap.lie(Some((proofs, wrong)));
    let line = "tacit light state counters --net net --out state.json";
    let bench = tokio::task::spawn_blocking(move || {
        let error = bench.refused(line);
        assert!(error.contains("PROOF_OF_SERVER_INVALID"), "{error}");
        assert!(!bench.path().join("state.json").exists());
        bench
    });
    let bench = bench.await.unwrap();
    tap.lie(None);
    read(&net).await.unwrap();
    bench.must(line);
    // A runtime must not be dropped in another.
    tokio::task::spawn_blocking(move || drop(tap))
        .await
        .unwrap();
}
