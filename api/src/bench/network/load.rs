//! Clients of the network: who submits, waits, and looks at the validators' own numbers.

use futures::StreamExt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::grants::Prepared;
use super::report::Phase;
use super::{REVIEWER, config, failed, ms};
use crate::auth::client::Credentials;
use crate::cli::password::PasswordSource;
use crate::client::connect::{Connection, connect};
use crate::demo::stage::{NET, Stage};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::member::{self, Secrets};
use crate::net::NetDir;
use crate::node_config::NodeFile;
use crate::submit::{Submitted, submit};
use crate::upstream::read_endpoint;
use tacit_ledger::member::Role;

/// Connections to each validator.
const CONNECTIONS: usize = 4;
/// Pause before a transaction that found no room is sent again.
const AGAIN: Duration = Duration::from_millis(100);

/// A member with connections to every validator.
pub(super) struct Load {
    follower: Follower,
    validators: Vec<Vec<Connection>>,
    metrics: Vec<SocketAddr>,
}

impl Load {
    /// Connects the reviewer to every validator.
    pub(super) async fn connect(stage: &Stage, validators: u16) -> ApiResult<Self> {
        let net = NetDir::new(stage.path(NET));
        let dir = stage.path(REVIEWER.dir);
        let password = PasswordSource::new(Some(stage.password_file()));
        let mut secrets = Secrets::open(&dir, &password)?;
        let (follower, record) = member::connect(&dir, &net, &mut secrets, Role::Reviewer).await?;
        let credentials = Credentials::member(record.id, secrets.signing());
        let (mut connections, mut metrics) = (Vec::new(), Vec::new());
        for number in 1..=validators {
            let file = NodeFile::read(&stage.path(&config(number)))?;
            let missing = || failed("a validator without metrics or endpoint");
            let endpoint = read_endpoint(&file.grpc.endpoint.ok_or_else(missing)?)?;
            let mut of_one = Vec::new();
            for _ in 0..CONNECTIONS {
                of_one.push(connect(&endpoint, Some(credentials.clone())).await?);
            }
            connections.push(of_one);
            metrics.push(file.metrics.ok_or_else(missing)?);
        }
        Ok(Self {
            follower,
            validators: connections,
            metrics,
        })
    }

    /// The light client.
    pub(super) fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Sends a transaction to a validator; returns when it is final.
    pub(super) async fn send(&self, caller: usize, tx: &Prepared) -> ApiResult<Submitted> {
        let connections = self.validators.get(caller % self.validators.len().max(1));
        let connection = connections
            .and_then(|own| own.get(caller / self.validators.len().max(1) % own.len().max(1)));
        let connection = connection.ok_or_else(|| failed("no connection"))?;
        loop {
            match submit(connection.clone(), &tx.tx, tx.sidecar.as_ref()).await {
                Err(error) if error.code() == reason::MEMPOOL_FULL.code => {
                    tokio::time::sleep(AGAIN).await;
                }
                other => return other,
            }
        }
    }

    /// Sends a transaction; returns the milliseconds until it was final.
    pub(super) async fn submit(&self, caller: usize, tx: &Prepared) -> ApiResult<f64> {
        let started = Instant::now();
        self.send(caller, tx).await?;
        Ok(ms(started.elapsed()))
    }

    /// Sends transactions to the first `validators`, `callers` at a time.
    pub(super) async fn press(
        &self,
        transactions: Vec<Prepared>,
        callers: u16,
        validators: u16,
    ) -> ApiResult<Phase> {
        let started = Instant::now();
        let alive = usize::from(validators).max(1);
        let all = self.validators.len();
        let sent = transactions.iter().enumerate().map(|(n, tx)| {
            // The n-th caller of those validators that run.
            let caller = n % alive + n / alive * all;
            self.submit(caller, tx)
        });
        let answers: Vec<ApiResult<f64>> = futures::stream::iter(sent)
            .buffer_unordered(callers.into())
            .collect()
            .await;
        let times = answers.into_iter().collect::<ApiResult<Vec<f64>>>()?;
        Ok(Phase::of(times, Some(started.elapsed())))
    }

    /// Seconds that each validator has spent on proofs so far.
    pub(super) async fn proof_seconds(&self) -> ApiResult<Vec<f64>> {
        let mut seconds = Vec::new();
        for address in &self.metrics {
            let text = scrape(*address).await.map_err(ApiError::internal)?;
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("tacit_proof_verification_seconds_total "));
            let value = line.and_then(|value| value.parse().ok());
            seconds.push(value.ok_or_else(|| failed("a validator tells no times"))?);
        }
        Ok(seconds)
    }
}

async fn scrape(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await?;
    let mut text = String::new();
    stream.take(1 << 20).read_to_string(&mut text).await?;
    Ok(text)
}
