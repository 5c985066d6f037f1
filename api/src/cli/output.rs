//! What commands print: results on stdout, everything else on stderr.

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;
use tacit_circuits::types::Timestamp;
use tacit_identity::datetime::DateTime;
use tacit_ledger::genesis::ChainSpec;

use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// What this process's chain has to say beside every result.
static WARNING: OnceLock<&'static str> = OnceLock::new();

/// Notes which chain this process works on: on a development chain every result says so from then on.
pub fn about(spec: &ChainSpec) {
    if let Some(warning) = spec.warning() {
        // A second chain of the same kind has the same to say.
        let _ = WARNING.set(warning);
    }
}

/// A result as JSON. One that has no `warning` of its own gets the chain's.
fn json<T: Serialize>(value: &T, warning: Option<&'static str>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Warned<'a, T> {
        #[serde(flatten)]
        value: &'a T,
        warning: &'static str,
    }
    let plain = serde_json::to_value(value)?;
    match (warning, plain.as_object()) {
        (Some(warning), Some(object)) if !object.contains_key("warning") => {
            serde_json::to_string(&Warned { value, warning })
        }
        _ => serde_json::to_string(value),
    }
}

/// A time as people read it; the number of seconds when it is beyond the year 9999.
pub fn utc(time: Timestamp) -> String {
    DateTime::try_from(time).map_or_else(|_| time.to_string(), |time| time.to_string())
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object on one line.
    Json,
    /// Rows of comma-separated values, where the result is a table: `audit report`.
    Csv,
}

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Prints in this format.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether results are comma-separated values.
    pub fn is_csv(&self) -> bool {
        self.format == Format::Csv
    }

    /// Prints the result of a command.
    ///
    /// # Errors
    /// When stdout is closed.
    pub fn result<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> ApiResult<()> {
        let warning = WARNING.get().copied();
        let line = if self.is_json() {
            json(value, warning).map_err(ApiError::internal)?
        } else {
            let text = text(value);
            match warning.filter(|warning| !text.contains(warning)) {
                Some(warning) => format!("{}\n{warning}", text.trim_end()),
                None => text,
            }
        };
        self.exactly(&format!("{}\n", line.trim_end()))
    }

    /// Prints these characters and no others.
    ///
    /// # Errors
    /// When stdout is closed.
    pub fn exactly(&self, text: &str) -> ApiResult<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|_| ApiError::new(&reason::FILE_FAILED, "the output cannot be written"))
    }

    /// Tells of something that went wrong beside what was asked for: one line on stderr, whatever the format.
    pub fn warn(&self, text: &str) {
        eprintln!("warning: {}", text.replace(char::is_control, " "));
    }

    /// Tells people something, such as what to do next. Not in JSON.
    pub fn note(&self, text: &str) {
        if !self.is_json() {
            eprintln!("{text}");
        }
    }

    /// A bar for work of known size in bytes or steps; hidden in JSON and without a terminal.
    pub fn progress(&self, what: &'static str, total: u64, bytes: bool) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(total), self.target());
        let template = if bytes {
            "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"
        } else {
            "{msg} {wide_bar} {pos}/{len} {eta}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.with_message(what)
    }

    /// A spinner for work of unknown size; hidden in JSON and without a terminal.
    pub fn spinner(&self, what: &'static str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, self.target()).with_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    fn target(&self) -> ProgressDrawTarget {
        if self.is_json() || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_result_says_once_what_its_chain_has_to_say() {
        let said = |value: &serde_json::Value| json(value, Some("development")).unwrap();
        assert_eq!(said(&json!({"a": 1})), r#"{"a":1,"warning":"development"}"#);
        assert_eq!(said(&json!({"warning": "own"})), r#"{"warning":"own"}"#);
        assert_eq!(said(&json!([1])), "[1]");
        assert_eq!(json(&json!({"a": 1}), None).unwrap(), r#"{"a":1}"#);
    }
}
