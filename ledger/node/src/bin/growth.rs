//! What blocks cost on a state with many notes. `growth fill DIR NOTES` makes the state, `growth measure DIR` prints the
//! figures as JSON; two commands, so that the second one's memory is a node's.

use std::{path::Path, process::ExitCode};
use tacit_node::growth::{fill, measure};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["fill", dir, notes] => match notes.parse() {
            Ok(notes) => fill(Path::new(dir), notes).map(|()| String::new()),
            Err(_) => Err(format!("{notes} is no number of notes")),
        },
        ["measure", dir] => measure(Path::new(dir))
            .and_then(|growth| serde_json::to_string(&growth).map_err(|error| error.to_string())),
        _ => Err("usage: growth fill DIR NOTES | growth measure DIR".into()),
    };
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
