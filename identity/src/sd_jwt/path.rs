//! Where a claim is: the claim paths of SD-JWT VC, such as `["address", "country"]` and `["nationalities", null]`.

use core::fmt;

use serde_json::Value;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The member of an object with this name.
    Name(String),
    /// The element of an array at this place, from 0.
    Index(usize),
    /// Every element of an array.
    Every,
}

/// A path from the top of the payload to a claim, or to several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ClaimPath(Vec<Step>);

impl ClaimPath {
    /// The payload itself.
    pub fn top() -> Self {
        Self::default()
    }

    /// Reads the JSON form: an array of texts (members), whole numbers (elements) and nulls (every element).
    pub fn from_json(value: &Value) -> Option<Self> {
        let steps = value.as_array()?.iter().map(|step| match step {
            Value::String(name) => Some(Step::Name(name.clone())),
            Value::Number(index) => Some(Step::Index(usize::try_from(index.as_u64()?).ok()?)),
            Value::Null => Some(Step::Every),
            _ => None,
        });
        steps.collect::<Option<_>>().map(Self)
    }

    /// The path one step further.
    #[must_use]
    pub fn then(&self, step: impl Into<Step>) -> Self {
        let mut longer = self.clone();
        longer.0.push(step.into());
        longer
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this pattern leads exactly to `place`, a path without [`Step::Every`].
    pub(super) fn leads_to(&self, place: &Self) -> bool {
        self.0.len() == place.0.len() && self.reaches(place)
    }

    /// Whether `place`, a path without [`Step::Every`], is what this pattern leads to, or lies within that.
    pub(super) fn reaches(&self, place: &Self) -> bool {
        self.0.len() <= place.0.len()
            && self.0.iter().zip(&place.0).all(|(wanted, is)| {
                wanted == is || (*wanted == Step::Every && matches!(is, Step::Index(_)))
            })
    }

    /// The first step, when it is a name, and the rest.
    pub(crate) fn split_first_name(&self) -> Option<(&str, Self)> {
        match self.0.split_first() {
            Some((Step::Name(name), rest)) => Some((name, Self(rest.to_vec()))),
            _ => None,
        }
    }

    /// The value that it leads to within another; `None` when there is none, or the path means several.
    pub(crate) fn find_in<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Name(name) => value.as_object()?.get(name),
            Step::Index(index) => value.as_array()?.get(*index),
            Step::Every => None,
        })
    }

    /// Whether it leads to something within `value`.
    pub(super) fn exists_in(&self, value: &Value) -> bool {
        fn follow(steps: &[Step], value: &Value) -> bool {
            match (steps.split_first(), value) {
                (None, _) => true,
                (Some((Step::Name(name), rest)), Value::Object(members)) => {
                    members.get(name).is_some_and(|value| follow(rest, value))
                }
                (Some((Step::Index(index), rest)), Value::Array(items)) => {
                    items.get(*index).is_some_and(|value| follow(rest, value))
                }
                (Some((Step::Every, rest)), Value::Array(items)) => {
                    items.iter().any(|value| follow(rest, value))
                }
                _ => false,
            }
        }
        follow(&self.0, value)
    }
}

impl From<&str> for Step {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&str> for ClaimPath {
    fn from(name: &str) -> Self {
        Self::top().then(name)
    }
}

impl FromIterator<Step> for ClaimPath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.0.iter().map(|step| match step {
            Step::Name(name) => Value::from(name.as_str()),
            Step::Index(index) => Value::from(*index),
            Step::Every => Value::Null,
        });
        write!(f, "{}", steps.collect::<Value>())
    }
}
