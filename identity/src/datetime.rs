//! Times as text: `YYYY-MM-DDTHH:MM:SSZ`, the one form of RFC 3339 that these documents use.

use core::fmt;
use core::str::FromStr;

use tacit_circuits::calendar::Date;
use tacit_circuits::types::{OutOfRange, Timestamp};

const SECONDS_PER_DAY: u64 = 86_400;

/// A second (UTC) from 1970 to 9999. One text for one time, so that no two texts of a document mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(Timestamp);

impl DateTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl TryFrom<Timestamp> for DateTime {
    type Error = OutOfRange;

    fn try_from(time: Timestamp) -> Result<Self, OutOfRange> {
        Date::of(time).map(|_| Self(time))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = Date::of(self.0).map_err(|_| fmt::Error)?;
        let second = self.0.0 % SECONDS_PER_DAY;
        write!(
            f,
            "{date}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

impl FromStr for DateTime {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        let refused = OutOfRange("time (YYYY-MM-DDTHH:MM:SSZ)");
        let (date, rest) = text.split_once('T').ok_or(refused)?;
        let clock = rest.strip_suffix('Z').ok_or(refused)?;
        let [hour, minute, second] = [0, 3, 6].map(|start| {
            let digits = clock.get(start..start + 2)?;
            digits
                .bytes()
                .all(|c| c.is_ascii_digit())
                .then(|| digits.parse::<u64>().ok())?
        });
        let (Some(hour @ 0..24), Some(minute @ 0..60), Some(second @ 0..60)) =
            (hour, minute, second)
        else {
            return Err(refused);
        };
        let colons = [2, 5]
            .iter()
            .all(|at| clock.as_bytes().get(*at) == Some(&b':'));
        let days = u64::try_from(Date::parse(date)?.days()).map_err(|_| refused)?;
        if clock.len() != 8 || !colons {
            return Err(refused);
        }
        Ok(Self(Timestamp(
            days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second,
        )))
    }
}

impl serde::Serialize for DateTime {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for DateTime {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_text_for_one_time() {
        let time: DateTime = "2023-02-24T23:36:38Z".parse().unwrap();
        assert_eq!(time.timestamp(), Timestamp(1_677_281_798));
        for bad in [
            "2023-02-24",
            "2023-02-24T23:36:38",
            "2023-02-24T23:36:38z",
            "2023-02-24t23:36:38Z",
            "2023-02-24T23:36:38.0Z",
            "2023-02-24T23:36:38+00:00",
            "2023-02-24T24:00:00Z",
            "2023-02-24T23:60:00Z",
            "2023-02-24T23:59:60Z",
            "2023-02-24T+3:36:38Z",
            "1969-12-31T23:59:59Z",
            "2023-02-24T23-36-38Z",
            "2023-02-24Té3:36:3Z",
        ] {
            assert!(bad.parse::<DateTime>().is_err(), "{bad}");
        }
        assert!(DateTime::try_from(Timestamp(u64::MAX)).is_err());
    }

    proptest! {
        #[test]
        fn round_trip(seconds in 0u64..253_402_300_800) {
            let time = DateTime::try_from(Timestamp(seconds)).unwrap();
            prop_assert_eq!(time.to_string().parse::<DateTime>(), Ok(time));
        }

        #[test]
        fn never_panics(text in "\\PC{0,24}") {
            let _ = text.parse::<DateTime>();
        }
    }
}
