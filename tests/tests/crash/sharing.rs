//! The whole story with wallet and platform killed at every write and at random moments: each step, run again, ends with
//! exactly one grant, one access and one request, and the document is the right one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value;
use tacit_tests::cast::{line, read};
use tacit_tests::kill::Watched;
use tacit_tests::town::Town;

/// Stories that run at once. Most of a story is waiting for the chain's anchors.
const LANES: usize = 5;
/// No command writes its journal more often.
const MOST_WRITES: usize = 8;
/// Stories with kills at random moments.
const RANDOM: usize = 2;
/// The random moments of every run of this test.
const SEED: [u8; 32] = *b"tacit: kills at random moments!!";

/// When a command is killed.
enum Kill {
    /// As soon as its journal has been written so often.
    AtWrite(usize),
    /// Twice, each time after some time that it may take.
    AtRandom(Box<TestRng>),
}

/// One person and one platform, whose stories follow each other.
struct Lane<'a> {
    town: &'a Town,
    person: String,
    shop: String,
    kill: Kill,
    kills: &'a AtomicUsize,
    /// Whether a step that has ended well is taken once more.
    again: bool,
}

impl Lane<'_> {
    /// Kills a command of a person or platform, then runs it again until it has ended well, in some stories once more: a
    /// finished step changes nothing. Returns what it said when it ended well.
    fn step(&mut self, who: Who, command: &str) -> Value {
        let (folder, name) = match who {
            Who::Person => (self.person.clone(), &self.person),
            Who::Shop => (format!("{}/requests", self.shop), &self.shop),
        };
        let (name, folder): (String, PathBuf) = (name.clone(), self.town.bench.path().join(folder));
        let line = line(&name, command);
        let bench = &self.town.bench;
        let log = format!("{name}-killed");
        let killed = match &mut self.kill {
            Kill::AtWrite(write) => {
                let mut watched = Watched::new(folder, is_journal);
                bench.kill_when(&log, &line, || watched.changes() >= *write)
            }
            Kill::AtRandom(rng) => (0..2).fold(false, |killed, _| {
                let moment = u64::from(rng.next_u32()) % longest(command);
                let started = Instant::now();
                killed
                    | bench.kill_when(&log, &line, || {
                        started.elapsed() >= Duration::from_millis(moment)
                    })
            }),
        };
        let last = self.town.must(&name, command);
        if killed {
            self.kills.fetch_add(1, Ordering::Relaxed);
        }
        if self.again {
            let again = self.town.must(&name, command);
            for field in ["request", "number", "position", "state", "grant"] {
                assert_eq!(last[field], again[field], "{command}: {field}");
            }
        }
        last
    }

    /// From the offer to the document at the platform.
    fn story(&mut self, number: usize) {
        let town = self.town;
        let file = |what: &str| format!("{what}-{number}");
        let (offer, document, contact, fetched) = (
            file("offer"),
            file("document"),
            file("contact"),
            file("fetched"),
        );
        self.step(
            Who::Person,
            &format!("wallet request-credential --offer {offer}"),
        );
        std::fs::write(
            town.bench.path().join(&document),
            format!("document {document}"),
        )
        .unwrap();
        let put = self.step(
            Who::Person,
            &format!("wallet put {document} --category official-id"),
        );
        town.must(
            &self.person,
            &format!("wallet contact --label shop --out {contact}"),
        );
        let wants = match self.kill {
            Kill::AtWrite(_) => "",
            Kill::AtRandom(_) => "--wants 'age >= 18'",
        };
        let asked = self.step(
            Who::Shop,
            &format!(
                "platform request --inbox {contact} --purpose identity-verification \
                 --categories official-id --uses 3 {wants}"
            ),
        );
        let waiting = self.step(Who::Person, "wallet requests");
        let waiting = waiting["requests"].as_array().unwrap();
        assert_eq!(waiting.len(), 1, "one request was made: {waiting:?}");
        assert_eq!(waiting[0]["id"], asked["request"]);
        let record = put["number"].as_u64().unwrap();
        self.step(
            Who::Person,
            &format!("wallet approve --latest --record {record}"),
        );
        let stands = self.step(Who::Shop, "platform watch");
        assert_eq!(stands["state"], "APPROVED");
        self.step(Who::Shop, &format!("platform fetch --out {fetched}"));
        assert_eq!(read(&town.bench, &document), read(&town.bench, &fetched));
    }
}

/// Who is killed.
#[derive(Clone, Copy)]
enum Who {
    Person,
    Shop,
}

/// Milliseconds within which a command is killed: about what it takes here. A command that is faster or slower is killed
/// less often, or earlier, and nothing else changes.
fn longest(command: &str) -> u64 {
    let long = ["request-credential", "put", "approve", "fetch"];
    if long.iter().any(|word| command.contains(word)) {
        2500
    } else {
        250
    }
}

/// Wallet files and journal entries, without their locks and what a killed save leaves.
fn is_journal(name: &str) -> bool {
    name == "wallet" || (name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[test]
fn a_step_that_is_killed_and_run_again_happens_exactly_once() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let names: Vec<(String, String)> = (0..LANES)
        .map(|lane| (format!("person{lane}"), format!("shop{lane}")))
        .collect();
    let shops: Vec<String> = names.iter().map(|(_, shop)| shop.clone()).collect();
    town.platforms(&shops);
    let stories: Vec<Option<usize>> = (1..=MOST_WRITES)
        .map(Some)
        .chain(std::iter::repeat_n(None, RANDOM))
        .collect();
    for number in 0..stories.len() {
        town.offer("1986-08-12", &format!("offer-{number}"));
    }
    let kills = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (lane, (person, shop)) in names.iter().enumerate() {
            let (town, stories, kills) = (&town, &stories, &kills);
            scope.spawn(move || {
                town.person(person);
                for (number, write) in stories.iter().enumerate().skip(lane).step_by(LANES) {
                    let mut seed = SEED;
                    seed[0] = u8::try_from(number).unwrap();
                    let kill = match write {
                        Some(write) => Kill::AtWrite(*write),
                        None => Kill::AtRandom(Box::new(TestRng::from_seed(
                            RngAlgorithm::ChaCha,
                            &seed,
                        ))),
                    };
                    let mut lane = Lane {
                        town,
                        person: person.clone(),
                        shop: shop.clone(),
                        kill,
                        kills,
                        again: number % 3 == 0,
                    };
                    lane.story(number);
                }
                let held = town.must(person, "wallet list");
                let told = stories.iter().skip(lane).step_by(LANES).count();
                for what in ["credentials", "records", "grants"] {
                    assert_eq!(held[what].as_array().unwrap().len(), told, "{what}: {held}");
                }
            });
        }
    });
    // Some thirty here; a command that was faster than it was watched is not killed.
    let kills = kills.into_inner();
    assert!(kills >= stories.len(), "only {kills} commands were killed");
    let told = stories.len() as u64;
    assert_eq!(town.grants_and_accesses(), (told, told));
}
