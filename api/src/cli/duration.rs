//! Durations as people write them.

use std::fmt;
use std::str::FromStr;

/// A duration: a number and one of s, m, h, d.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(u64);

impl Duration {
    /// In seconds.
    pub fn secs(self) -> u64 {
        self.0
    }
}

impl FromStr for Duration {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "a duration is a number and one of s, m, h, d, such as 90s or 7d";
        let unit = text.chars().last().ok_or(WANTED)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(WANTED),
        };
        let number = text.strip_suffix(unit).unwrap_or_default();
        // A leading plus would parse.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(WANTED);
        }
        let number: u64 = number.parse().map_err(|_| WANTED)?;
        number
            .checked_mul(factor)
            .filter(|secs| *secs > 0)
            .map(Self)
            .ok_or("a duration from one second on")
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_not() {
        for (text, secs) in [("90s", 90), ("2m", 120), ("1h", 3600), ("7d", 604_800)] {
            assert_eq!(text.parse::<Duration>().unwrap().secs(), secs);
        }
        for bad in [
            "",
            "s",
            "7",
            "0d",
            "-1d",
            "+1d",
            "1w",
            "1 d",
            "99999999999999999999d",
            "1é",
        ] {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
    }
}
