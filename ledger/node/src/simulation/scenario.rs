//! What happens to a network, decided by a seed, and what must hold whatever happens.

use super::{
    Mischief, Report,
    clients::{Clients, Expects},
    machine::Machine,
    world::{EPOCH_BLOCKS, FOUNDING, Setup, World},
};
use crate::chain::{Chain, read_block};
use commonware_cryptography::{Signer as _, ed25519::PublicKey};
use commonware_p2p::{
    Recipients,
    simulated::{self, Link, Network, Oracle, SplitOrigin, SplitTarget},
};
use commonware_runtime::{Clock as _, Supervisor as _, deterministic::Context};
use commonware_utils::{NZUsize, Probability};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tacit_ledger::{
    block::Block,
    governance::Change,
    ids::{BlockId, Height, TxId},
    validators::Validators,
};

/// Time between two looks at the network.
const TICK: Duration = Duration::from_millis(200);
/// How long a network with at most f faulty validators may stand still.
const STANDSTILL: Duration = Duration::from_secs(60);
/// How long it may take until all is in order once nothing is wrong any more.
const RECOVERY: Duration = Duration::from_secs(240);

/// A broken promise, in words.
type Broken<T> = Result<T, String>;

/// The network while it runs.
pub(super) struct Scenario {
    context: Context,
    world: Arc<World>,
    oracle: Oracle<PublicKey, Context>,
    machines: Vec<Machine>,
    /// The second machine of a validator that runs twice.
    twin: Option<Machine>,
    /// A machine whose validator is not on the chain yet.
    spare: Option<Machine>,
    rng: StdRng,
    clients: Clients,
    sent: u64,
    /// The block that became final at each height, whoever said so.
    chain: BTreeMap<Height, BlockId>,
    report: Report,
}

impl Scenario {
    /// Builds a network; nothing runs yet.
    pub(super) async fn new(context: Context, seed: u64) -> Setup<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let validators = if rng.random_range(0..5u8) == 0 { 7 } else { 4 };
        // Every second network has a validator that does not follow the rules.
        let mischief = (seed % 2 == 1)
            .then(|| Mischief::ALL[usize::try_from(seed / 2).unwrap_or(0) % Mischief::ALL.len()]);
        let world = Arc::new(World::new(validators)?);
        let mut machines = Vec::new();
        for n in 0..validators {
            let is_last = n + 1 == validators;
            let mut machine = Machine::new(n, false, mischief.filter(|_| is_last))?;
            machine.skew_ms = rng.random_range(-300..300);
            machines.push(machine);
        }
        let config = simulated::Config {
            max_size: commonware_p2p::max_message_size(&[crate::engine::max_payload()]),
            max_peers_per_set: NZUsize!(16),
            disconnect_on_block: true,
            tracked_peer_sets: NZUsize!(4),
        };
        // One more than there are at first: the last one may join later.
        let spare = Machine::new(validators, false, None)?;
        let everybody = machines.iter().chain([&spare]);
        let keys: Vec<PublicKey> = everybody.map(|one| one.key.public_key()).collect();
        let (network, oracle) =
            Network::new_with_peers(context.child("network"), config, keys).await;
        network.start();
        Ok(Self {
            report: Report::new(seed, validators, mischief),
            context,
            world,
            oracle,
            machines,
            twin: None,
            spare: Some(spare),
            rng,
            clients: Clients::default(),
            sent: 0,
            chain: BTreeMap::new(),
        })
    }

    /// Plays everything.
    pub(super) async fn play(mut self) -> Broken<Report> {
        self.connect_all().await?;
        for n in 0..self.machines.len() {
            self.start(n).await?;
        }
        for tx in self.world.founding()? {
            self.clients.add((tx, None), Expects::Receipt);
            self.all_answered(STANDSTILL, "the founding of the chain")
                .await?;
        }
        self.under_load(Duration::from_secs(5)).await?;
        self.one_down().await?;
        if self.rng.random_range(0..2u8) == 0 {
            self.membership().await?;
        }
        if self.report.mischief.is_none() && self.rng.random_range(0..2u8) == 0 {
            self.lose_a_disk().await?;
        }
        self.chaos().await?;
        self.everything_off_and_on().await?;
        self.recover().await?;
        self.verdict().await?;
        self.report.height = self.chain.keys().next_back().map_or(0, |height| height.0);
        self.report.transactions = self.clients.receipts.len() as u64;
        self.report.state = self.context.auditor().state();
        Ok(self.report)
    }

    /// At most f validators are faulty: the others must go on.
    async fn one_down(&mut self) -> Broken<()> {
        let honest = self.report.mischief.is_none();
        let victim = self.rng.random_range(0..self.machines.len());
        if honest {
            self.kill(victim);
        }
        self.goes_on("with at most f validators faulty").await?;
        if honest {
            self.start(victim).await?;
        }
        Ok(())
    }

    /// A validator loses its disk while nothing becomes final, so that what it signed last is known to nobody who could
    /// tell. It must not sign the opposite, and be a validator like the others again from the next epoch on.
    async fn lose_a_disk(&mut self) -> Broken<()> {
        let active = self.validators()?;
        let mut voting: Vec<usize> = (0..self.machines.len())
            .filter(|n| {
                let key = self.machines.get(*n).map(|one| one.key.public_key());
                let mut keys = active.as_slice().iter().map(|one| one.consensus_key);
                keys.any(|other| crate::engine::public_key(&other).ok() == key)
            })
            .collect();
        voting.shuffle(&mut self.rng);
        let bears = voting.len() - active.quorum();
        let (down, up) = voting.split_at(bears + 1);
        let victim = *up.first().ok_or("too few validators")?;
        for n in down {
            self.kill(*n);
        }
        self.under_load(Duration::from_secs(5)).await?;
        let snapshot = match self.rng.random_range(0..2u8) {
            0 => None,
            _ => self.snapshot()?,
        };
        self.count(match snapshot {
            Some(_) => "disk lost, back from a snapshot",
            None => "disk lost",
        });
        self.kill(victim);
        self.machines[victim].replace_disk(snapshot);
        for n in down.iter().chain([&victim]) {
            self.start(*n).await?;
        }
        let mut left = RECOVERY;
        while !self.machines[victim].votes() {
            self.under_load(TICK).await?;
            left = left
                .checked_sub(TICK)
                .ok_or("a validator with a new disk never votes again")?;
        }
        // Without its vote they would stand still.
        let down = down.get(..bears).unwrap_or_default();
        for n in down {
            self.kill(*n);
        }
        self.goes_on("with a validator that lost its disk").await?;
        for n in down {
            self.start(*n).await?;
        }
        Ok(())
    }

    /// A snapshot of somebody who has the whole chain.
    fn snapshot(&self) -> Broken<Option<Arc<[u8]>>> {
        for machine in self.machines.iter().filter(|one| !one.has_snapshot()) {
            if let Some(snapshot) = machine.snapshot()? {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    }

    /// Five more blocks become final, though not everybody is there.
    async fn goes_on(&mut self, how: &str) -> Broken<()> {
        let before = self.top();
        let mut left = STANDSTILL;
        while self.top().0 < before.0 + 5 {
            self.under_load(TICK * 5).await?;
            left = left
                .checked_sub(TICK * 5)
                .ok_or_else(|| format!("no progress from height {before} {how}"))?;
        }
        Ok(())
    }

    /// A validator joins with an empty disk; now and then the first one leaves. Nothing stops meanwhile.
    async fn membership(&mut self) -> Broken<()> {
        let before = self.machines.len();
        let newcomer = self.spare.take().ok_or("nobody is left to join")?;
        self.machines.push(newcomer);
        self.connect_all().await?;
        self.count("validator joined");
        let change = self.world.joins(before)?;
        self.decide(FOUNDING, &change).await?;
        self.start(before).await?;
        self.next_epoch(before + 1).await?;
        if self.rng.random_range(0..2u8) == 0 {
            self.count("validator left");
            let change = self.world.leaves(0)?;
            self.decide(FOUNDING + 1, &change).await?;
            self.next_epoch(before).await?;
        }
        Ok(())
    }

    /// The validators decide a change, while clients go on.
    async fn decide(&mut self, sequence: u64, change: &Change) -> Broken<()> {
        let quorum = self.validators()?.quorum();
        for tx in self.world.decide(sequence, change, quorum)? {
            self.clients.add((tx, None), Expects::Receipt);
            self.all_answered(STANDSTILL, "a vote of governance")
                .await?;
        }
        Ok(())
    }

    /// Waits for the next epoch, which must have so many validators, and for everybody to be in it.
    async fn next_epoch(&mut self, validators: usize) -> Broken<()> {
        let length = u64::from(EPOCH_BLOCKS);
        let target = Height((self.top().0 / length + 1) * length + 2);
        let mut left = RECOVERY;
        while self
            .honest()
            .any(|one| one.height().is_some_and(|height| height < target))
        {
            self.under_load(TICK).await?;
            left = left
                .checked_sub(TICK)
                .ok_or_else(|| format!("height {target} of the next epoch is not reached"))?;
        }
        match self.validators()?.as_slice().len() {
            found if found == validators => Ok(()),
            found => Err(format!("{found} validators instead of {validators}")),
        }
    }

    /// Who votes now, as an honest node knows it.
    fn validators(&self) -> Broken<Validators> {
        let chain = self.honest().find_map(Machine::chain);
        let roster = chain.ok_or("nobody runs")?.roster().map_err(text)?;
        Ok(roster.active)
    }

    /// Anything may happen, also more than the network must bear: it may halt, and must not fork or forget.
    async fn chaos(&mut self) -> Broken<()> {
        for _ in 0..self.rng.random_range(5..12u32) {
            let n = self.rng.random_range(0..self.machines.len());
            match self.rng.random_range(0..6u8) {
                0 => self.partition().await?,
                1 => self.connect_all().await?,
                2 => self.degrade().await?,
                3 | 4 if self.machines[n].is_running() => {
                    self.kill(n);
                }
                _ if !self.machines[n].is_running() => {
                    self.machines[n].skew_ms = self.rng.random_range(-2000..2000);
                    self.count("clock set wrong");
                    self.start(n).await?;
                }
                _ => {}
            }
            let millis = self.rng.random_range(500..5000);
            self.under_load(Duration::from_millis(millis)).await?;
        }
        Ok(())
    }

    /// The power of all machines fails at once.
    async fn everything_off_and_on(&mut self) -> Broken<()> {
        if self.rng.random_range(0..3u8) > 0 {
            return Ok(());
        }
        self.count("power cut of all");
        for n in 0..self.machines.len() {
            self.kill(n);
        }
        for n in 0..self.machines.len() {
            self.start(n).await?;
        }
        Ok(())
    }

    /// Nothing is wrong any more, but for the validator that never follows the rules.
    async fn recover(&mut self) -> Broken<()> {
        self.connect_all().await?;
        for n in 0..self.machines.len() {
            if !self.machines[n].is_running() {
                self.start(n).await?;
            }
        }
        self.all_answered(RECOVERY, "transactions after all faults ended")
            .await?;
        let target = self.top();
        let mut left = RECOVERY;
        while self.honest().any(|one| one.height() < Some(target)) {
            self.tick().await?;
            left = left
                .checked_sub(TICK)
                .ok_or_else(|| format!("a node does not catch up to height {target}"))?;
        }
        let mut left = RECOVERY;
        while let Some(lacking) = self.lacking_sidecar()? {
            self.tick().await?;
            left = left.checked_sub(TICK).ok_or(lacking)?;
        }
        Ok(())
    }

    /// A node that lacks a sidecar of a block it holds to be final.
    fn lacking_sidecar(&self) -> Broken<Option<String>> {
        for (n, machine) in self.machines.iter().enumerate() {
            let Some(chain) = machine.chain().filter(|_| machine.mischief.is_none()) else {
                continue;
            };
            for height in first_height(chain)..=chain.tip().header.height.0 {
                let block = read_block(chain.blocks(), Height(height)).map_err(text)?;
                for digest in block.iter().flat_map(Block::audit_digests) {
                    if chain
                        .sidecars()
                        .get(&digest.to_bytes())
                        .map_err(text)?
                        .is_none()
                    {
                        return Ok(Some(format!("node {n} lacks a sidecar of height {height}")));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Looks at every chain from its first block to its last.
    async fn verdict(&mut self) -> Broken<()> {
        let mut places: BTreeMap<TxId, (Height, u32)> = BTreeMap::new();
        let top = self.top();
        for (n, machine) in self.machines.iter().enumerate() {
            if machine.mischief.is_some() {
                continue;
            }
            let chain = machine.chain().ok_or("a node does not run")?;
            let end = chain.tip().header.height.0.min(top.0);
            for height in first_height(chain)..=end {
                let block = read_block(chain.blocks(), Height(height))
                    .map_err(text)?
                    .ok_or_else(|| format!("node {n} lacks the block of height {height}"))?;
                let first = self.chain.entry(Height(height)).or_insert(block.id());
                if *first != block.id() {
                    return Err(format!("two final blocks at height {height}"));
                }
                for (index, id) in (0..).zip(block.tx_ids()) {
                    let place = (Height(height), index);
                    if *places.entry(id).or_insert(place) != place {
                        return Err(format!(
                            "a transaction twice, at height {height} the second time"
                        ));
                    }
                }
            }
        }
        for (id, receipt) in &self.clients.receipts {
            if places.get(id) != Some(&(receipt.height, receipt.index)) {
                return Err(format!(
                    "an acknowledged transaction is not where its receipt says: {receipt:?}"
                ));
            }
        }
        let mut machines = self.machines.iter().enumerate();
        let cheat = machines.find(|(_, one)| one.mischief.is_some());
        let accused = cheat.map(|(n, _)| format!("validator-{n}"));
        let cheat = cheat.map(|(_, one)| one.key.public_key());
        for (by, whom) in self.oracle.blocked().await.map_err(text)? {
            if Some(&by) != cheat.as_ref() && Some(&whom) != cheat.as_ref() {
                return Err("an honest node shut out an honest node".into());
            }
        }
        let found: Vec<_> = self.honest().map(Machine::evidence).collect();
        if let Some(record) = found
            .iter()
            .flatten()
            .find(|one| Some(&one.name) != accused.as_ref())
        {
            return Err(format!("the evidence names an honest node: {record:?}"));
        }
        self.report.evidence = found.iter().map(Vec::len).max().unwrap_or(0) as u64;
        Ok(())
    }

    /// Lets time pass while clients send.
    async fn under_load(&mut self, duration: Duration) -> Broken<()> {
        let mut left = duration;
        while !left.is_zero() {
            if self.rng.random_range(0..3u8) == 0 && self.clients.waiting() < 64 {
                self.send()?;
            }
            self.tick().await?;
            left = left.saturating_sub(TICK);
        }
        Ok(())
    }

    /// A client comes with a transaction.
    fn send(&mut self) -> Broken<()> {
        let anchor = self.honest().filter_map(Machine::chain).find_map(|chain| {
            chain.read(|tip, view| tacit_ledger::state::anchor(view, tip.anchor).ok())
        });
        let Some(anchor) = anchor else {
            return Ok(());
        };
        self.sent += 1;
        let (sent, expects) = match self.rng.random_range(0..16u8) {
            0 => (
                self.world.false_grant(self.sent, &anchor)?,
                Expects::Refusal,
            ),
            _ => (
                self.world.transaction(self.sent, &anchor, &mut self.rng)?,
                Expects::Receipt,
            ),
        };
        self.clients.add(sent, expects);
        Ok(())
    }

    async fn all_answered(&mut self, within: Duration, what: &str) -> Broken<()> {
        let mut left = within;
        while self.clients.waiting() > 0 {
            self.tick().await?;
            left = left.checked_sub(TICK).ok_or_else(|| {
                format!("{}: {} clients still wait", what, self.clients.waiting())
            })?;
        }
        Ok(())
    }

    /// One look at the network.
    async fn tick(&mut self) -> Broken<()> {
        self.context.sleep(TICK).await;
        self.report.virtual_time += TICK;
        self.clients
            .tick(&self.context, &self.machines, &mut self.rng);
        if let Some(wrong) = self.clients.wrong.pop() {
            return Err(wrong);
        }
        for (n, machine) in self.machines.iter().enumerate() {
            if machine.mischief.is_some() {
                continue;
            }
            if let Some(failure) = machine.failure() {
                return Err(format!("node {n} stopped by itself: {failure}"));
            }
            if let Some(chain) = machine.chain() {
                let tip = chain.tip();
                let first = self.chain.entry(tip.header.height).or_insert(tip.id);
                if *first != tip.id {
                    return Err(format!("two final blocks at height {}", tip.header.height));
                }
            }
        }
        Ok(())
    }

    fn honest(&self) -> impl Iterator<Item = &Machine> {
        self.machines.iter().filter(|one| one.mischief.is_none())
    }

    /// The greatest height that an honest node has.
    fn top(&self) -> Height {
        let heights = self.honest().filter_map(Machine::height);
        heights.max().unwrap_or(Height(0))
    }

    fn count(&mut self, fault: &'static str) {
        *self.report.faults.entry(fault).or_default() += 1;
    }

    async fn start(&mut self, n: usize) -> Broken<()> {
        let machine = self.machines.get_mut(n).ok_or("no such machine")?;
        let channels = Machine::channels(&machine.key, &self.oracle).await?;
        if machine.mischief != Some(Mischief::Equivocation) {
            let port = machine.port(&self.oracle, channels)?;
            return machine.start(&self.context, &self.world, port);
        }
        // One half of the others hears one machine, the other half hears the other; both machines hear everybody.
        let others: Vec<PublicKey> = (0..n)
            .filter_map(|other| self.machines.get(other))
            .map(|other| other.key.public_key())
            .collect();
        // Now and then somebody hears both, and can prove it.
        let overlap = self.rng.random_range(0..2usize);
        let middle = others.len() / 2;
        let one = others.get(..middle + overlap).unwrap_or_default().to_vec();
        let two = others.get(middle..).unwrap_or_default().to_vec();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for (sender, receiver) in channels {
            let (one, two) = (one.clone(), two.clone());
            let halves = sender.split_with(
                move |origin: SplitOrigin, to: &Recipients<PublicKey>, _: &_| {
                    let half = match origin {
                        SplitOrigin::Primary => &one,
                        SplitOrigin::Secondary => &two,
                    };
                    Some(Recipients::Some(match to {
                        Recipients::All => half.clone(),
                        Recipients::Some(to) => to
                            .iter()
                            .filter(|key| half.contains(key))
                            .cloned()
                            .collect(),
                        Recipients::One(to) => {
                            half.iter().filter(|key| *key == to).cloned().collect()
                        }
                    }))
                },
            );
            let ends = receiver.split_with(self.context.child("split"), |_: &_| SplitTarget::Both);
            first.push((halves.0, ends.0));
            second.push((halves.1, ends.1));
        }
        let machine = self.machines.get_mut(n).ok_or("no such machine")?;
        let port = machine.port(&self.oracle, first)?;
        machine.start(&self.context, &self.world, port)?;
        let twin = match &mut self.twin {
            Some(twin) => twin,
            none => none.insert(Machine::new(n, true, Some(Mischief::Equivocation))?),
        };
        // So that it never proposes the same.
        twin.skew_ms = 150;
        let port = twin.port(&self.oracle, second)?;
        twin.start(&self.context, &self.world, port)
    }

    fn kill(&mut self, n: usize) {
        let power_cut = self.rng.random_range(0..2u8) == 0;
        self.count(if power_cut { "power cut" } else { "kill" });
        let rng = &mut self.rng;
        let mut keeps = || rng.random_range(0..2u8) == 0;
        let Some(machine) = self.machines.get_mut(n) else {
            return;
        };
        match power_cut {
            true => machine.kill(Some(&mut keeps)),
            false => machine.kill(None),
        }
        if machine.mischief == Some(Mischief::Equivocation)
            && let Some(twin) = &mut self.twin
        {
            twin.kill(None);
        }
    }

    /// Everybody reaches everybody, a little slowly.
    async fn connect_all(&mut self) -> Broken<()> {
        let latency = Duration::from_millis(self.rng.random_range(1..40));
        let link = Link {
            latency,
            jitter: latency / 4,
            success_rate: probability(100)?,
        };
        for (one, two) in self.pairs() {
            self.link(&one, &two, Some(link.clone())).await?;
        }
        Ok(())
    }

    /// Two groups do not reach each other.
    async fn partition(&mut self) -> Broken<()> {
        self.count("partition");
        let sides: BTreeMap<PublicKey, bool> = self
            .machines
            .iter()
            .map(|one| (one.key.public_key(), self.rng.random_range(0..2u8) == 0))
            .collect();
        for (one, two) in self.pairs() {
            if sides.get(&one) != sides.get(&two) {
                self.link(&one, &two, None).await?;
            }
        }
        Ok(())
    }

    /// Some links lose messages and are slow.
    async fn degrade(&mut self) -> Broken<()> {
        self.count("bad links");
        for (one, two) in self.pairs() {
            if self.rng.random_range(0..2u8) == 0 {
                let latency = Duration::from_millis(self.rng.random_range(20..600));
                let percent = self.rng.random_range(60..100u64);
                let link = Link {
                    latency,
                    jitter: latency / 2,
                    success_rate: probability(percent)?,
                };
                self.link(&one, &two, Some(link)).await?;
            }
        }
        Ok(())
    }

    /// Replaces the link from one machine to another.
    async fn link(&self, one: &PublicKey, two: &PublicKey, link: Option<Link>) -> Broken<()> {
        // There may have been none.
        let _ = self.oracle.remove_link(one.clone(), two.clone()).await;
        let Some(link) = link else {
            return Ok(());
        };
        let added = self.oracle.add_link(one.clone(), two.clone(), link).await;
        added.map_err(text)
    }

    /// All ordered pairs of different machines.
    fn pairs(&self) -> Vec<(PublicKey, PublicKey)> {
        let keys: Vec<PublicKey> = self
            .machines
            .iter()
            .map(|one| one.key.public_key())
            .collect();
        let mut pairs = Vec::new();
        for one in &keys {
            pairs.extend(
                keys.iter()
                    .filter(|two| *two != one)
                    .map(|two| (one.clone(), two.clone())),
            );
        }
        pairs
    }
}

/// The first block that a node has: one that began with a snapshot has none before.
fn first_height(chain: &Chain) -> u64 {
    chain.snapshot_height().map_or(1, |height| height.0)
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// So many of a hundred.
fn probability(percent: u64) -> Broken<Probability> {
    Probability::new(percent, 100).ok_or_else(|| "no probability".into())
}
