use proptest::prelude::*;
use tacit_circuits::attribute;
use tacit_circuits::calendar::Date;
use tacit_circuits::show::{Op, Predicate};
use tacit_circuits::types::Timestamp;

use super::*;
use crate::schema::Schema;

/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_262_400);

fn compile(text: &str) -> Result<Compiled, PredicateError> {
    Query::parse(text)?.compile(&Schema::person().unwrap(), NOW)
}

fn one(text: &str) -> Predicate {
    let compiled = compile(text).unwrap();
    assert_eq!(compiled.predicates.len(), 1, "{text}");
    compiled.predicates[0]
}

fn day(text: &str) -> tacit_circuits::field::Fr {
    attribute::from_date(Date::parse(text).unwrap())
}

#[test]
fn each_form_gives_its_predicate() {
    let integer = attribute::from_i64;
    let de = attribute::from_country("DE").unwrap();
    assert_eq!(
        one("birthdate <= 2008-11-20"),
        Predicate::new(2, Op::Le, day("2008-11-20"))
    );
    assert_eq!(one("level != 2"), Predicate::new(4, Op::Ne, integer(2)));
    assert_eq!(
        one("income in 1000..5000"),
        Predicate::interval(5, Op::In, integer(1000), integer(5000))
    );
    assert_eq!(
        one("income not in -5..-1"),
        Predicate::interval(5, Op::NotIn, integer(-5), integer(-1))
    );
    assert_eq!(one("country = DE"), Predicate::new(3, Op::Eq, de));
    assert_eq!(
        one("resident = true"),
        Predicate::new(6, Op::Eq, integer(1))
    );
    assert_eq!(
        one("familyName = \"O'Neil\""),
        Predicate::new(1, Op::Eq, attribute::from_text("O'Neil").unwrap())
    );
    let set = compile("country in [DE, FR]").unwrap();
    assert_eq!(set.predicates, [Predicate::set(3, Op::InSet)]);
    assert_eq!(set.set, [de, attribute::from_country("FR").unwrap()]);
    let shared =
        compile("country not in [DE], nationality in [DE], reveal country, reveal givenName")
            .unwrap();
    assert_eq!(
        shared.predicates,
        [
            Predicate::set(3, Op::NotInSet),
            Predicate::set(10, Op::InSet)
        ]
    );
    let revealed: Vec<_> = shared.revealed.iter().flatten().collect();
    assert_eq!(revealed, ["givenName", "country"]);
}

#[test]
fn ages_are_birthdates_by_the_calendar() {
    assert_eq!(
        one("age >= 18"),
        Predicate::new(2, Op::Le, day("2008-11-21"))
    );
    assert_eq!(one("age > 17"), one("age >= 18"));
    assert_eq!(
        one("age < 18"),
        Predicate::new(2, Op::Gt, day("2008-11-21"))
    );
    assert_eq!(one("age <= 17"), one("age < 18"));
    assert_eq!(
        one("age = 18"),
        Predicate::interval(2, Op::In, day("2007-11-22"), day("2008-11-21"))
    );
    assert_eq!(
        one("age in 18..20"),
        Predicate::interval(2, Op::In, day("2005-11-22"), day("2008-11-21"))
    );
    assert_eq!(one("age not in 18..18"), one("age != 18"));
    // Born on 29 February: of age from 1 March.
    let query = Query::parse("age >= 18").unwrap();
    let as_of = |seconds| {
        query
            .compile(&Schema::person().unwrap(), Timestamp(seconds))
            .unwrap()
            .predicates[0]
            .a
    };
    assert_eq!(as_of(1_645_999_200), day("2004-02-27"), "27 February 2022");
    assert_eq!(as_of(1_646_085_600), day("2004-02-28"), "28 February 2022");
    assert_eq!(as_of(1_646_172_000), day("2004-03-01"), "1 March 2022");
}

#[test]
fn what_the_schema_does_not_allow_is_refused_with_its_column() {
    type E = PredicateError;
    let error = |text: &str| compile(text).unwrap_err();
    assert_eq!(
        error("level = 1, shoe = 3"),
        E::UnknownClaim {
            at: 12,
            claim: "shoe".into()
        }
    );
    assert_eq!(
        error("reveal shoe"),
        E::UnknownClaim {
            at: 8,
            claim: "shoe".into()
        }
    );
    for text in [
        "level = DE",
        "level = 2020-01-01",
        "birthdate < 18",
        "country = Germany",
        "country = 3",
        "resident = 1",
        "resident = yes",
        "familyName = 3",
        "country in [DE, fr]",
    ] {
        assert!(matches!(error(text), E::WrongType { at: 1, .. }), "{text}");
    }
    for text in [
        "country < DE",
        "familyName >= A",
        "resident > false",
        "country in DE..FR",
    ] {
        assert!(matches!(error(text), E::NoOrder { at: 1, .. }), "{text}");
    }
    assert_eq!(error("income in 5..4"), E::EmptyRange { at: 1 });
    assert_eq!(error("age in 5..4"), E::EmptyRange { at: 1 });
    assert_eq!(
        error("country in [DE], nationality in [FR]"),
        E::SecondSet { at: 18 }
    );
    for text in [
        "age >= -1",
        "age >= 151",
        "age in [18]",
        "age = x",
        "reveal age",
        "age >= 2000-01-01",
    ] {
        assert!(matches!(error(text), E::Age { .. }), "{text}");
    }
    assert_eq!(
        error("reveal country, reveal country"),
        E::RevealedTwice {
            at: 24,
            claim: "country".into()
        }
    );
    let bare = br#"{"tacit":"schema","version":1,"name":"x","revision":1,"title":"x",
        "claims":{"birthdate":{"slot":0,"type":"string","required":true,"title":"x"}}}"#;
    let bare = Schema::parse(bare).unwrap();
    let age = Query::parse("age >= 18").unwrap();
    assert_eq!(age.compile(&bare, NOW), Err(E::NoBirthdate { at: 1 }));
    assert_eq!(
        age.compile(&Schema::person().unwrap(), Timestamp(u64::MAX)),
        Err(E::Calendar { at: 1 })
    );
}

#[test]
fn words_say_what_was_proven() {
    let text = "age >= 18, country in [DE, FR], income not in 1..5, birthdate < 2000-01-01, reveal country, reveal level";
    let revealed = |name: &str| (name == "country").then(|| "DE".to_owned());
    assert_eq!(
        Query::parse(text).unwrap().describe(NOW, revealed),
        [
            "age is at least 18 (born on or before 2008-11-21)",
            "country is one of DE, FR",
            "income is not from 1 to 5",
            "birthdate is before 2000-01-01",
            "country is DE (revealed)",
            "level is revealed",
        ]
    );
}

proptest! {
    /// Every age predicate agrees with counting birthdays one by one.
    #[test]
    fn ages_agree_with_counting(born in 0i64..20_000, years in 0i64..60, op in 0usize..6) {
        let symbol = ["=", "!=", "<", "<=", ">", ">="][op];
        let Predicate { op, a, b, .. } = one(&format!("age {symbol} {years}"));
        let (a, b) = (attribute::to_i64(&a), attribute::to_i64(&b));
        let today = Date::of(NOW).unwrap();
        let birthdate = Date::from_days(born).unwrap();
        let age = (0..200u16).take_while(|n| birthdate <= today.latest_birthdate(*n).unwrap()).count() as i64 - 1;
        let expected = match symbol {
            "=" => age == years,
            "!=" => age != years,
            "<" => age < years,
            "<=" => age <= years,
            ">" => age > years,
            _ => age >= years,
        };
        let holds = match op {
            Op::Le => born <= a.unwrap(),
            Op::Gt => born > a.unwrap(),
            Op::In => (a.unwrap()..=b.unwrap()).contains(&born),
            Op::NotIn => !(a.unwrap()..=b.unwrap()).contains(&born),
            _ => unreachable!(),
        };
        prop_assert_eq!(holds, expected);
    }

    #[test]
    fn compiling_never_panics(text in "(age|level|birthdate|country|familyName|reveal country)( (=|<=|>|in|not in) (\\[?(-?[0-9]{1,19}|[A-Z]{2}|[0-9]{4}-0[0-9]-0[0-9])(\\.\\.[0-9]{1,4})?\\]?))?") {
        let _ = compile(&text);
    }
}
