//! Dates of the proleptic Gregorian calendar in UTC, and ages.

use crate::types::{OutOfRange, Timestamp, Year};
use std::fmt;

const SECONDS_PER_DAY: u64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;
const DAYS_PER_ERA: i64 = 146_097;

/// A day of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: i64,
    month: u8,
    day: u8,
}

impl Date {
    /// The day with this year (1 to 9999), month (1 to 12) and day of month; refuses days that do not exist.
    pub fn new(year: i64, month: u8, day: u8) -> Result<Self, OutOfRange> {
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && day >= 1
            && day <= month_length(year, month);
        exists
            .then_some(Self { year, month, day })
            .ok_or(OutOfRange("date"))
    }

    /// Reads `YYYY-MM-DD` and nothing else.
    pub fn parse(text: &str) -> Result<Self, OutOfRange> {
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| {
            bytes[range].iter().try_fold(0i64, |acc, c| {
                c.is_ascii_digit().then(|| acc * 10 + i64::from(c - b'0'))
            })
        };
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(OutOfRange("date"));
        }
        match (digits(0..4), digits(5..7), digits(8..10)) {
            (Some(year), Some(month), Some(day)) => Self::new(year, month as u8, day as u8),
            _ => Err(OutOfRange("date")),
        }
    }

    /// The day (UTC) of a time; refuses times after the year 9999.
    pub fn of(time: Timestamp) -> Result<Self, OutOfRange> {
        Self::from_days((time.0 / SECONDS_PER_DAY) as i64)
    }

    /// The day so many days after 1970-01-01.
    pub fn from_days(days: i64) -> Result<Self, OutOfRange> {
        // Years start in March, so that the leap day is a year's last (H. Hinnant, "chrono-compatible low-level date
        // algorithms").
        let shifted = days.checked_add(DAYS_TO_EPOCH).ok_or(OutOfRange("date"))?;
        let (era, of_era) = (
            shifted.div_euclid(DAYS_PER_ERA),
            shifted.rem_euclid(DAYS_PER_ERA),
        );
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::new(year, month as u8, day as u8)
    }

    /// Days since 1970-01-01, negative before.
    pub fn days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = self.year - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
        era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - DAYS_TO_EPOCH
    }

    /// The year.
    pub fn year(self) -> Year {
        Year(self.year as u16)
    }

    /// The latest birthdate of somebody who has completed `years` years of age on this day.
    ///
    /// Who was born on 29 February completes a year on 1 March of a common year. So on 28 February of a common year
    /// those born on 29 February are still too young, and on 29 February everybody born on or before 28 February or
    /// (in a leap year) on 29 February is old enough.
    pub fn latest_birthdate(self, years: u16) -> Result<Self, OutOfRange> {
        let year = self.year - i64::from(years);
        let day = self.day.min(month_length(year, self.month));
        Self::new(year, self.month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: u8) -> u8 {
    match month {
        2 => 28 + u8::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn known_days() {
        assert_eq!(date("1970-01-01").days(), 0);
        assert_eq!(date("2000-02-29").days(), 11_016);
        assert_eq!(date("1969-12-31").days(), -1);
        assert_eq!(date("0001-01-01").days(), -719_162);
        assert_eq!(date("9999-12-31").days(), 2_932_896);
        assert_eq!(Date::of(Timestamp(951_782_399)), Ok(date("2000-02-28")));
        assert_eq!(Date::of(Timestamp(951_782_400)), Ok(date("2000-02-29")));
        assert!(Date::of(Timestamp(u64::MAX)).is_err());
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for bad in [
            "2001-02-29",
            "1900-02-29",
            "2000-13-01",
            "2000-00-01",
            "2000-01-00",
            "2000-04-31",
            "0000-01-01",
            "2000-1-01",
            "+200-01-01",
            "2000-01-011",
            "２000-01-0",
        ] {
            assert!(Date::parse(bad).is_err(), "{bad}");
        }
    }

    /// Whether somebody born then has completed so many years on that day, said the slow way: the birthday of that
    /// year, moved to 1 March when the year has no 29 February, is today or past.
    fn of_age(born: Date, today: Date, years: u16) -> bool {
        let year = born.year + i64::from(years);
        let birthday = Date::new(year, born.month, born.day)
            .unwrap_or_else(|_| Date::new(year, 3, 1).unwrap());
        birthday <= today
    }

    #[test]
    fn born_on_29_february() {
        let born = date("2004-02-29");
        for (today, old_enough) in [("2022-02-28", false), ("2022-03-01", true)] {
            assert_eq!(
                born <= date(today).latest_birthdate(18).unwrap(),
                old_enough,
                "{today}"
            );
        }
        // 20 years later is a leap year again.
        for (today, old_enough) in [("2024-02-28", false), ("2024-02-29", true)] {
            assert_eq!(
                born <= date(today).latest_birthdate(20).unwrap(),
                old_enough,
                "{today}"
            );
        }
    }

    proptest! {
        #[test]
        fn days_round_trip(days in -719_162i64..=2_932_896) {
            let day = Date::from_days(days).unwrap();
            prop_assert_eq!(day.days(), days);
            prop_assert_eq!(Date::parse(&day.to_string()), Ok(day));
        }

        #[test]
        fn the_bound_agrees_with_counting_birthdays(born in -40_000i64..20_000, later in 0i64..40_000, years in 0u16..100) {
            let (born, today) = (Date::from_days(born).unwrap(), Date::from_days(born + later).unwrap());
            prop_assert_eq!(born <= today.latest_birthdate(years).unwrap(), of_age(born, today, years));
        }
    }
}
