//! What commands print: results on stdout, everything else on stderr.

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use tacit_circuits::types::Timestamp;
use tacit_identity::datetime::DateTime;

use crate::errors::{ApiError, ApiResult, catalogue as reason};

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
        let line = if self.is_json() {
            serde_json::to_string(value).map_err(ApiError::internal)?
        } else {
            text(value)
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
