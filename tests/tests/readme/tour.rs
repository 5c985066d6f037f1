//! The README's tour, run as it stands there.

use std::time::Duration;
use tacit_tests::process::Workbench;
use tacit_tests::tour;

/// Longest that a server may take to publish its endpoint: the first one makes the proving keys.
const START: Duration = Duration::from_secs(300);

#[test]
fn the_tour_of_the_readme_works_as_it_is_written() {
    let readme = tacit_tests::root().join("README.md");
    let steps = tour::steps(&std::fs::read_to_string(readme).unwrap());
    assert!(steps.len() >= 8, "the tour is short: {}", steps.len());
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    let mut servers = Vec::new();
    for step in steps {
        let (last, first) = step.commands.split_last().unwrap();
        for command in first {
            bench.must(command);
        }
        if step.stays_open {
            let kind = last.split(' ').nth(1).unwrap().to_owned();
            servers.push(bench.start(&kind, last));
            let endpoint = format!("net/{kind}.json");
            bench.wait_for(&endpoint, START, |dir| dir.join(&endpoint).exists());
        } else if step.refused {
            let line = bench.refused(last);
            let error = line.lines().last().unwrap();
            assert!(error.starts_with("error: "), "{last}: {line}");
        } else {
            bench.must(last);
        }
    }
}
