//! Networks of validators in one process with virtual time, each with the faults that its seed decides.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::available_parallelism,
};
use tacit_node::simulation::{Mischief, Report, run};

/// Every kind of misbehaviour comes five times in these.
const SEEDS: u64 = 50;

#[test]
fn networks_keep_their_promises_whatever_goes_wrong() {
    let (next, reports) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        return;
                    }
                    // Known from the output also when a task of the simulated network panics.
                    println!("seed {seed}");
                    let report = run(seed).unwrap_or_else(|broken| panic!("{broken}"));
                    reports.lock().unwrap().push(report);
                }
            });
        }
    });
    let reports: Vec<Report> = reports.into_inner().unwrap();
    assert_eq!(reports.len() as u64, SEEDS);
    assert!(reports.iter().all(|report| report.transactions > 0));
    for fault in [
        "kill",
        "power cut",
        "power cut of all",
        "partition",
        "bad links",
        "clock set wrong",
        "validator joined",
        "validator left",
        "disk lost",
        "disk lost, back from a snapshot",
    ] {
        assert!(
            reports
                .iter()
                .any(|report| report.faults.contains_key(fault)),
            "{fault}"
        );
    }
    let equivocated = |report: &&Report| report.mischief == Some(Mischief::Equivocation);
    assert!(
        reports
            .iter()
            .filter(equivocated)
            .any(|report| report.evidence > 0),
        "equivocation was never proven"
    );
    assert!(
        reports
            .iter()
            .all(|report| report.evidence == 0 || report.mischief == Some(Mischief::Equivocation)),
        "an honest validator was accused"
    );
}

#[test]
fn a_seed_gives_the_same_run_again() {
    let one = run(4).unwrap();
    for _ in 0..2 {
        let two = run(4).unwrap();
        assert_eq!((&one.state, one.height), (&two.state, two.height));
    }
    assert_ne!(one.state, run(6).unwrap().state);
}
