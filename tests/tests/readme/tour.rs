//! The README's tour, run as it stands there.

use std::process::Command;
use std::time::Duration;
use tacit_tests::http::Server;
use tacit_tests::process::Workbench;
use tacit_tests::tour;

/// Longest that a server may take to publish its endpoint: the first one makes the proving keys.
const START: Duration = Duration::from_secs(300);

/// Where the README's HTTP server listens. The one of the test takes a free port.
const HTTP: &str = "127.0.0.1:8790";

#[test]
fn the_tour_of_the_readme_works_as_it_is_written() {
    let readme = tacit_tests::root().join("README.md");
    let steps = tour::steps(&std::fs::read_to_string(readme).unwrap());
    assert!(steps.len() >= 8, "the tour is short: {}", steps.len());
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    let has_curl = Command::new("curl").arg("--version").output().is_ok();
    let (mut servers, mut http) = (Vec::new(), None::<Server>);
    for step in steps {
        let (last, first) = step.commands.split_last().unwrap();
        if step.curl {
            let server = http.as_ref().unwrap();
            match has_curl {
                true => step.commands.iter().for_each(|command| {
                    assert!(command.contains(HTTP), "{command}");
                    bench.must(&command.replace(HTTP, &server.address));
                }),
                false => println!("SKIPPED, there is no curl: {}", step.commands.join("; ")),
            }
            continue;
        }
        if let Some(arguments) = last.strip_prefix("tacit w3c serve ") {
            http = Some(Server::start(&bench, "w3c", arguments));
            continue;
        }
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
