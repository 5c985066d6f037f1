//! Simulates networks of validators: `simulate [--first SEED] [--seeds N] [--jobs N]`. Prints what was simulated and which
//! faults were injected; ends with 1 and the seed when a promise is broken.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tacit_node::simulation::{Report, run};

struct Args {
    first: u64,
    seeds: u64,
    jobs: usize,
}

fn args() -> Result<Args, String> {
    let mut args = Args {
        first: 0,
        seeds: 100,
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a number"))?;
        let number: u64 = value.parse().map_err(|_| format!("{value} is no number"))?;
        match word.as_str() {
            "--first" => args.first = number,
            "--seeds" => args.seeds = number,
            "--jobs" => args.jobs = usize::try_from(number).unwrap_or(1).clamp(1, 64),
            _ => return Err(format!("{word} is not known: --first, --seeds, --jobs")),
        }
    }
    Ok(args)
}

#[derive(Default)]
struct Totals {
    networks: u64,
    time: Duration,
    blocks: u64,
    transactions: u64,
    evidence: u64,
    faults: BTreeMap<String, u64>,
    broken: Vec<String>,
}

impl Totals {
    fn add(&mut self, report: Report) {
        self.networks += 1;
        self.time += report.virtual_time;
        self.blocks += report.height;
        self.transactions += report.transactions;
        self.evidence += report.evidence;
        for (fault, count) in report.faults {
            *self.faults.entry(fault.into()).or_default() += count;
        }
        if let Some(mischief) = report.mischief {
            let name = format!("validator with {mischief:?}");
            *self.faults.entry(name).or_default() += 1;
        }
    }
}

fn main() -> ExitCode {
    let args = match args() {
        Ok(args) => args,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let (next, totals, start) = (
        AtomicU64::new(0),
        Mutex::new(Totals::default()),
        Instant::now(),
    );
    std::thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= args.seeds {
                        return;
                    }
                    let seed = args.first.saturating_add(n);
                    let began = Instant::now();
                    let ran = catch_unwind(AssertUnwindSafe(|| run(seed)));
                    let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                    match ran {
                        Ok(Ok(report)) => {
                            println!(
                                "seed {seed}: {} validators, {:?}, {} s simulated in {:.1} s, height {}, {} transactions, {:?}, evidence {}, {}",
                                report.validators,
                                report.mischief,
                                report.virtual_time.as_secs(),
                                began.elapsed().as_secs_f64(),
                                report.height,
                                report.transactions,
                                report.faults,
                                report.evidence,
                                report.state.get(..16).unwrap_or_default(),
                            );
                            totals.add(report);
                        }
                        Ok(Err(broken)) => totals.broken.push(broken.to_string()),
                        Err(_) => totals.broken.push(format!("seed {seed}: a panic")),
                    }
                }
            });
        }
    });
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{} networks, {:.2} simulated hours in {:.0} s, {} blocks, {} transactions, {} proven misbehaviours",
        totals.networks,
        totals.time.as_secs_f64() / 3600.0,
        start.elapsed().as_secs_f64(),
        totals.blocks,
        totals.transactions,
        totals.evidence,
    );
    for (fault, count) in &totals.faults {
        println!("  {count} x {fault}");
    }
    for broken in &totals.broken {
        println!("BROKEN {broken}");
    }
    match totals.broken.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
