//! Tokens to a [`Query`]: recursive descent, one function a rule of the grammar.

use super::lexer::{Placed, Token, tokens};
use super::query::{Claim, Item, Literal, Query};
use super::{AGE, MAX_PREDICATES, MAX_QUERY_BYTES, MAX_SET, PredicateError, RESERVED_WORDS};

pub(super) fn parse(text: &str) -> Result<Query, PredicateError> {
    if text.len() > MAX_QUERY_BYTES {
        return Err(PredicateError::TooLong { length: text.len() });
    }
    let mut parser = Parser {
        end: text.chars().count() + 1,
        tokens: tokens(text)?,
        next: 0,
    };
    parser.query()
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    /// Column after the last character.
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|placed| &placed.token)
    }

    fn at(&self) -> usize {
        self.tokens
            .get(self.next)
            .map_or(self.end, |placed| placed.at)
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, PredicateError> {
        Err(PredicateError::Expected {
            at: self.at(),
            expected,
        })
    }

    fn eat(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.next += 1;
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        if found {
            self.next += 1;
        }
        found
    }

    // query = item { ("," | "and") item }
    fn query(&mut self) -> Result<Query, PredicateError> {
        if self.tokens.is_empty() {
            return Err(PredicateError::Empty);
        }
        let mut items = Vec::new();
        let mut predicates = 0;
        loop {
            let at = self.at();
            let item = self.item()?;
            if !matches!(item, Item::Reveal { .. }) {
                predicates += 1;
            }
            if predicates > MAX_PREDICATES {
                return Err(PredicateError::TooMany { at });
            }
            items.push(item);
            if self.peek().is_none() {
                return Ok(Query { items });
            }
            if !self.eat(&Token::Comma) && !self.eat_word("and") {
                return self.expected("`,` or `and` before the next predicate");
            }
        }
    }

    fn item(&mut self) -> Result<Item, PredicateError> {
        if self.eat_word("reveal") {
            return Ok(Item::Reveal {
                claim: self.claim()?,
            });
        }
        let claim = self.claim()?;
        if let Some(Token::Op(op)) = self.peek() {
            let op = *op;
            self.next += 1;
            return Ok(Item::Compare {
                claim,
                op,
                value: self.value()?,
            });
        }
        let inside = !self.eat_word("not");
        if !self.eat_word("in") {
            return self.expected("an operator: =, !=, <, <=, >, >=, in or not in");
        }
        if self.eat(&Token::Open) {
            return Ok(Item::Set {
                claim,
                inside,
                values: self.set()?,
            });
        }
        let low = self.value()?;
        if !self.eat(&Token::DotDot) {
            return self.expected("`..` and the upper end of the range");
        }
        Ok(Item::Range {
            claim,
            inside,
            low,
            high: self.value()?,
        })
    }

    // The rest of a set, after its opening bracket.
    fn set(&mut self) -> Result<Vec<Literal>, PredicateError> {
        let mut values = Vec::new();
        loop {
            let at = self.at();
            values.push(self.value()?);
            if values.len() > MAX_SET {
                return Err(PredicateError::SetTooLarge { at });
            }
            if self.eat(&Token::Close) {
                return Ok(values);
            }
            if !self.eat(&Token::Comma) {
                return self.expected("`,` or `]` after a value of a set");
            }
        }
    }

    fn claim(&mut self) -> Result<Claim, PredicateError> {
        let at = self.at();
        match self.peek() {
            Some(Token::Word(word)) if word == AGE || !RESERVED_WORDS.contains(&word.as_str()) => {
                let name = word.clone();
                self.next += 1;
                Ok(Claim { name, at })
            }
            _ => self.expected("the name of a claim"),
        }
    }

    fn value(&mut self) -> Result<Literal, PredicateError> {
        let literal = match self.peek() {
            Some(Token::Integer(v)) => Literal::Integer(*v),
            Some(Token::Date(v)) => Literal::Date(*v),
            Some(Token::Text(v)) => Literal::Text(v.clone()),
            Some(Token::Word(v)) if !matches!(v.as_str(), "and" | "in" | "not" | "reveal") => {
                Literal::Word(v.clone())
            }
            _ => return self.expected("a value"),
        };
        self.next += 1;
        Ok(literal)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(text: &str) -> usize {
        match parse(text) {
            Err(PredicateError::Expected { at, .. }) => at,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn reads_every_form_and_writes_it_back() {
        for text in [
            "age >= 18",
            "birthdate <= 2008-11-20",
            "country in [DE, FR]",
            "level != 2",
            "income in 1000..5000",
            "income not in -5..5",
            "country not in [XX]",
            "reveal country",
            "name = \"a \\\"b\\\" \\\\\"",
            "licensed = true",
            "age >= 18, country in [DE, FR], reveal country, level < 3, income > 5",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            parse("a=1 and b==2,c <3").unwrap().to_string(),
            "a = 1, b = 2, c < 3"
        );
        assert_eq!(
            parse("d in 2000-01-01..2001-01-01").unwrap().items().len(),
            1
        );
    }

    #[test]
    fn errors_name_the_column() {
        assert_eq!(parse(""), Err(PredicateError::Empty));
        assert_eq!(parse("  "), Err(PredicateError::Empty));
        assert_eq!(column("age"), 4);
        assert_eq!(column("age >="), 7);
        assert_eq!(column("age => 18"), 6);
        assert_eq!(column("age >= 18 country = DE"), 11);
        assert_eq!(column("country in [DE FR]"), 16);
        assert_eq!(column("country in []"), 13);
        assert_eq!(column("income in 5"), 12);
        assert_eq!(column("income in 5...6"), 14);
        assert_eq!(column("age >= 18,"), 11);
        assert_eq!(column("reveal"), 7);
        assert_eq!(column("in = 3"), 1);
        assert_eq!(column("n = 99999999999999999999"), 5);
        assert_eq!(column("d = 2023-02-29"), 5);
        assert_eq!(column("d = 2023-2-9"), 5);
        assert_eq!(column("a = \"open"), 5);
        assert_eq!(column("a ! b"), 3);
        assert_eq!(column("é = 3"), 1);
    }

    #[test]
    fn bounds_hold() {
        assert!(matches!(
            parse("a=1,a=1,a=1,a=1,a=1"),
            Err(PredicateError::TooMany { at: 17 })
        ));
        let set = vec!["1"; 17].join(",");
        assert!(matches!(
            parse(&format!("a in [{set}]")),
            Err(PredicateError::SetTooLarge { .. })
        ));
        assert!(matches!(
            parse(&"a".repeat(1025)),
            Err(PredicateError::TooLong { length: 1025 })
        ));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,64}") {
            let _ = parse(&text);
        }

        #[test]
        fn canonical_text_is_a_fixed_point(text in "(reveal )?[a-c]{1,2} ?(=|!=|<|<=|>|>=|in|not in) ?(\\[?[0-9A-Z]{1,3}(,|\\.\\.|-)?[0-9]{0,2}\\]?)") {
            if let Ok(query) = parse(&text) {
                let written = query.to_string();
                prop_assert_eq!(parse(&written).unwrap().to_string(), written);
            }
        }
    }
}
