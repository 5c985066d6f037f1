//! Load on a node over gRPC: a reviewer who states openings, the cheapest transactions there are.

use crate::process::Workbench;
use crate::town::at;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tacit_api::auth::client::Credentials;
use tacit_api::cli::password::PasswordSource;
use tacit_api::client::connect::{Connection, connect};
use tacit_api::errors::ApiResult;
use tacit_api::member::Secrets;
use tacit_api::net::{Endpoint, Kind, NetDir};
use tacit_api::submit::{Submitted, submit};
use tacit_circuits::types::MemberId;
use tacit_ledger::action::OpenAudit;
use tacit_ledger::ids::{ChainId, Height, RequestId};
use tacit_ledger::text::Purpose;
use tacit_ledger::tx::Tx;

/// The folder and name of the reviewer's role.
const DIR: &str = "load";

/// A reviewer, and what the node has acknowledged to it.
#[derive(Debug)]
pub struct Load {
    secrets: Secrets,
    member: MemberId,
    chain: ChainId,
    next: AtomicU64,
    acknowledged: Mutex<BTreeMap<u64, Submitted>>,
}

impl Load {
    /// Makes the reviewer and lets the running node's operator admit it.
    pub fn admit(bench: &Workbench) -> Self {
        Self::admit_by(bench, &bench.path().join("net"), |file| {
            let line = format!("tacit node register {} {file} --format json", at("node"));
            let registered: Value = serde_json::from_str(&bench.must(&line)).unwrap();
            registered["members"][0]["id"].clone()
        })
    }

    /// Makes the reviewer and lets `register` admit the organisation of a file to the chain of this net folder; it returns
    /// the member's id.
    pub fn admit_by(bench: &Workbench, net: &Path, register: impl FnOnce(&str) -> Value) -> Self {
        bench.must(&format!(
            "tacit audit init --dir {DIR} --name Load --password-file pw"
        ));
        let id = register(&format!("{DIR}/member.json")).as_u64().unwrap();
        let password = PasswordSource::new(Some(bench.path().join("pw")));
        Self {
            secrets: Secrets::open(&bench.path().join(DIR), &password).unwrap(),
            member: MemberId::new(u32::try_from(id).unwrap()).unwrap(),
            chain: NetDir::new(net).endpoint(Kind::Node).unwrap().chain,
            next: AtomicU64::new(0),
            acknowledged: Mutex::default(),
        }
    }

    /// The reviewer's connection to the node that runs now.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn connect(&self, bench: &Workbench) -> ApiResult<Connection> {
        let endpoint = NetDir::new(bench.path().join("net")).endpoint(Kind::Node)?;
        self.connect_to(&endpoint).await
    }

    /// The reviewer's connection to this node.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn connect_to(&self, endpoint: &Endpoint) -> ApiResult<Connection> {
        let credentials = Credentials::member(self.member, self.secrets.signing());
        connect(endpoint, Some(credentials)).await
    }

    /// The id of the `n`-th request.
    pub fn request(&self, n: u64) -> RequestId {
        RequestId((u128::from(n) + 1).to_be_bytes())
    }

    /// The `n`-th transaction under a request id.
    pub fn tx(&self, request: RequestId, n: u64) -> Tx {
        let action = OpenAudit {
            from: Height(1),
            to: Height(1),
            purpose: Purpose::new(format!("case {n}")).unwrap(),
        };
        let key = self.secrets.signing();
        Tx::signed_by_member(&self.chain, request, action.into(), self.member, &key)
    }

    /// Sends transactions until the node does not answer any more.
    pub async fn press(self: Arc<Self>, connection: Connection) {
        loop {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let tx = self.tx(self.request(n), n);
            match submit(connection.clone(), &tx, None).await {
                Ok(submitted) => self.note(n, submitted),
                Err(_) => return,
            }
        }
    }

    /// Sends one transaction after the other until `stop`, at the pace of a person who waits for each. Whatever becomes of a
    /// node, the same request is sent to the next one until somebody acknowledges it.
    pub async fn press_on(self: Arc<Self>, nodes: Vec<Endpoint>, stop: Arc<AtomicBool>) {
        let mut nodes = nodes.iter().cycle();
        let mut connection = None;
        while !stop.load(Ordering::Relaxed) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let tx = self.tx(self.request(n), n);
            let late = Instant::now() + Duration::from_secs(90);
            let submitted = loop {
                let sent = match &connection {
                    Some(open) => submit(Connection::clone(open), &tx, None).await,
                    None => match self.connect_to(nodes.next().unwrap()).await {
                        Ok(open) => {
                            connection = Some(open);
                            continue;
                        }
                        Err(error) => Err(error),
                    },
                };
                match sent {
                    Ok(submitted) => break submitted,
                    Err(error) => {
                        assert!(Instant::now() < late, "transaction {n}: {error}");
                        connection = None;
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                }
            };
            self.note(n, submitted);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Keeps what was acknowledged.
    pub fn note(&self, n: u64, submitted: Submitted) {
        self.acknowledged.lock().unwrap().insert(n, submitted);
    }

    /// What was acknowledged so far, by number.
    pub fn acknowledged(&self) -> BTreeMap<u64, Submitted> {
        self.acknowledged.lock().unwrap().clone()
    }

    /// How many transactions were sent.
    pub fn sent(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }
}
