//! `xsd:dateTimeStamp`: a time with its zone, as credentials, proofs and DID documents write it.

use tacit_circuits::types::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time to the nanosecond; digits beyond that are ignored. Ordered in time, whatever zone the text was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTimeStamp {
    seconds: i64,
    nanos: u32,
}

impl DateTimeStamp {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)` with a year of four digits; `None` for anything else, a time
    /// without zone among it.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once('T')?;
        let [year, month, day] = fields(date, '-', [4, 2, 2])?;
        let zone_at = rest.find(['Z', '+', '-'])?;
        let (clock, zone) = rest.split_at_checked(zone_at)?;
        let (clock, fraction) = match clock.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (clock, None),
        };
        let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
        let nanos = fraction.map_or(Some(0), nanos)?;
        let midnight_after = hour == 24 && minute == 0 && second == 0 && nanos == 0;
        if !(hour < 24 || midnight_after) || minute > 59 || second > 59 {
            return None;
        }
        let days = days_since_1970(year, month, day)?;
        let seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset(zone)?;
        Some(Self { seconds, nanos })
    }

    /// The second that it lies in; for times before 1970 the first one.
    pub fn timestamp(self) -> Timestamp {
        Timestamp(u64::try_from(self.seconds).unwrap_or(0))
    }
}

impl From<Timestamp> for DateTimeStamp {
    fn from(time: Timestamp) -> Self {
        Self {
            seconds: i64::try_from(time.0).unwrap_or(i64::MAX),
            nanos: 0,
        }
    }
}

/// Three numbers of given widths with a separator between them.
fn fields(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        *number = digits(parts.next()?, width)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn digits(text: &str, width: usize) -> Option<i64> {
    let fits = text.len() == width && text.bytes().all(|c| c.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

fn nanos(fraction: &str) -> Option<u32> {
    let bytes = fraction.as_bytes();
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nine = bytes.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some(nine.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0')))
}

/// Seconds east of Greenwich, at most 14 hours.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.as_bytes().first()? {
        b'+' => (1, zone.get(1..)?),
        b'-' => (-1, zone.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let fits = minutes < 60 && hours * 60 + minutes <= 14 * 60;
    fits.then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days from 1970-01-01 in the Gregorian calendar; `None` for a day that is not in it.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Years that begin in March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use crate::datetime::DateTime;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zones_fractions_and_midnight() {
        let parse = |text| DateTimeStamp::parse(text).unwrap();
        let noon = parse("2026-11-21T12:00:00Z");
        assert_eq!(noon, Timestamp(1_795_262_400).into());
        assert_eq!(noon, parse("2026-11-21T14:00:00+02:00"));
        assert_eq!(noon, parse("2026-11-21T06:30:00.000-05:30"));
        assert!(noon < parse("2026-11-21T12:00:00.000000001Z"));
        assert_eq!(parse("2026-11-20T24:00:00Z"), parse("2026-11-21T00:00:00Z"));
        assert!(parse("0000-03-01T00:00:00Z") < parse("1969-12-31T23:59:59Z"));
    }

    #[test]
    fn what_is_no_date_time_stamp_is_refused() {
        for bad in [
            "2026-11-21",
            "2026-11-21T12:00:00",
            "2026-11-21T12:00Z",
            "2026-11-21 12:00:00Z",
            "2026-11-21t12:00:00Z",
            "2026-11-21T12:00:00z",
            "2026-13-21T12:00:00Z",
            "2026-02-29T12:00:00Z",
            "2026-11-31T12:00:00Z",
            "2026-11-00T12:00:00Z",
            "2026-11-21T24:00:01Z",
            "2026-11-21T12:60:00Z",
            "2026-11-21T12:00:60Z",
            "2026-11-21T12:00:00.Z",
            "2026-11-21T12:00:00.xZ",
            "2026-11-21T12:00:00+14:01",
            "2026-11-21T12:00:00+1:00",
            "2026-11-21T12:00:00Zx",
            "26-11-21T12:00:00Z",
            "2026-1-21T12:00:00Z",
            "+2026-11-21T12:00:00Z",
            "",
            "T",
        ] {
            assert_eq!(DateTimeStamp::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_other_reader(seconds in 0u64..253_402_300_800) {
            let text = DateTime::try_from(Timestamp(seconds)).unwrap().to_string();
            prop_assert_eq!(DateTimeStamp::parse(&text), Some(Timestamp(seconds).into()));
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = DateTimeStamp::parse(&text);
        }
    }
}
