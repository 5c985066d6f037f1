//! Text to tokens.

use super::PredicateError;
use super::query::Comparison;
use tacit_circuits::calendar::Date;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Integer(i64),
    Date(Date),
    Text(String),
    Op(Comparison),
    DotDot,
    Comma,
    Open,
    Close,
}

/// A token and its column, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) at: usize,
}

/// Cuts a bounded text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, PredicateError> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        next: 0,
    };
    let mut out = Vec::new();
    while let Some(placed) = lexer.token()? {
        out.push(placed);
    }
    Ok(out)
}

struct Lexer {
    chars: Vec<char>,
    next: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.next).copied()
    }

    /// Steps over the next character when it is `c`.
    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.next += 1;
        }
        found
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let start = self.next;
        while self.peek().is_some_and(&belongs) {
            self.next += 1;
        }
        self.chars
            .get(start..self.next)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    fn token(&mut self) -> Result<Option<Placed>, PredicateError> {
        self.run(|c| matches!(c, ' ' | '\t'));
        let at = self.next + 1;
        let Some(c) = self.peek() else {
            return Ok(None);
        };
        let expected = |expected| PredicateError::Expected { at, expected };
        let token = match c {
            'a'..='z' | 'A'..='Z' => {
                Token::Word(self.run(|c| c.is_ascii_alphanumeric() || c == '_'))
            }
            '0'..='9' | '-' => number(&self.run(|c| c.is_ascii_digit() || c == '-'))
                .ok_or_else(|| expected("a whole number of 64 bits or a date YYYY-MM-DD"))?,
            '"' => {
                self.next += 1;
                Token::Text(
                    self.quoted()
                        .ok_or_else(|| expected("a text closed by \""))?,
                )
            }
            _ => {
                self.next += 1;
                match c {
                    ',' => Token::Comma,
                    '[' => Token::Open,
                    ']' => Token::Close,
                    '=' => {
                        self.eat('=');
                        Token::Op(Comparison::Equal)
                    }
                    '!' if self.eat('=') => Token::Op(Comparison::NotEqual),
                    '<' if self.eat('=') => Token::Op(Comparison::AtMost),
                    '<' => Token::Op(Comparison::Less),
                    '>' if self.eat('=') => Token::Op(Comparison::AtLeast),
                    '>' => Token::Op(Comparison::Greater),
                    '.' if self.eat('.') => Token::DotDot,
                    _ => return Err(expected("a claim, a value or an operator")),
                }
            }
        };
        Ok(Some(Placed { token, at }))
    }

    /// The rest of a quoted text; `\"` and `\\` are its only escapes.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let c = self.peek()?;
            self.next += 1;
            match c {
                '"' => return Some(text),
                '\\' => {
                    let escaped = self.peek().filter(|c| matches!(c, '"' | '\\'))?;
                    self.next += 1;
                    text.push(escaped);
                }
                c if c.is_control() => return None,
                c => text.push(c),
            }
        }
    }
}

fn number(digits: &str) -> Option<Token> {
    if digits.get(1..).is_some_and(|rest| rest.contains('-')) {
        return Date::parse(digits).ok().map(Token::Date);
    }
    digits.parse().ok().map(Token::Integer)
}
