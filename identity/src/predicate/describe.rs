//! What a query says, in words for people.

use tacit_circuits::calendar::Date;
use tacit_circuits::types::Timestamp;

use super::AGE;
use super::query::{Comparison, Item, Literal, Query};

impl Query {
    /// One sentence an item, as of an anchor's time; `revealed` gives the value shown for a claim, if there is one.
    pub fn describe(
        &self,
        anchor: Timestamp,
        revealed: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let today = Date::of(anchor).ok();
        self.items()
            .iter()
            .map(|item| sentence(item, today, &revealed))
            .collect()
    }
}

fn sentence(
    item: &Item,
    today: Option<Date>,
    revealed: &impl Fn(&str) -> Option<String>,
) -> String {
    let name = &item.claim().name;
    match item {
        Item::Compare { op, value, .. } if name == AGE => {
            format!(
                "age is {} {value}{}",
                words(*op, false),
                born(*op, value, today)
            )
        }
        Item::Compare { op, value, .. } => {
            format!(
                "{name} is {} {value}",
                words(*op, matches!(value, Literal::Date(_)))
            )
        }
        Item::Range {
            inside, low, high, ..
        } => {
            format!(
                "{name} is {}from {low} to {high}",
                if *inside { "" } else { "not " }
            )
        }
        Item::Set { inside, values, .. } => {
            let list: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!(
                "{name} is {} of {}",
                if *inside { "one" } else { "none" },
                list.join(", ")
            )
        }
        Item::Reveal { .. } => match revealed(name) {
            Some(value) => format!("{name} is {value} (revealed)"),
            None => format!("{name} is revealed"),
        },
    }
}

fn words(op: Comparison, date: bool) -> &'static str {
    match (op, date) {
        (Comparison::Equal, _) => "exactly",
        (Comparison::NotEqual, _) => "not",
        (Comparison::Less, false) => "less than",
        (Comparison::AtMost, false) => "at most",
        (Comparison::Greater, false) => "more than",
        (Comparison::AtLeast, false) => "at least",
        (Comparison::Less, true) => "before",
        (Comparison::AtMost, true) => "on or before",
        (Comparison::Greater, true) => "after",
        (Comparison::AtLeast, true) => "on or after",
    }
}

/// The bound on the birthdate that an age by one comparison stands for.
fn born(op: Comparison, value: &Literal, today: Option<Date>) -> String {
    let Literal::Integer(years) = value else {
        return String::new();
    };
    let (side, years) = match op {
        Comparison::AtLeast => ("on or before", *years),
        Comparison::Greater => ("on or before", years.saturating_add(1)),
        Comparison::Less => ("after", *years),
        Comparison::AtMost => ("after", years.saturating_add(1)),
        Comparison::Equal | Comparison::NotEqual => return String::new(),
    };
    let bound = u16::try_from(years)
        .ok()
        .and_then(|years| today?.latest_birthdate(years).ok());
    bound.map_or_else(String::new, |day| format!(" (born {side} {day})"))
}
