//! Numbers, as OPA has them: decimal texts, of any size and precision.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A number. It keeps the notation it was given in (`1.50`, `1e3`), and compares by what it means.
#[derive(Debug, Clone)]
pub struct Number(Form);

#[derive(Debug, Clone)]
enum Form {
    /// Written without point or exponent, and small.
    Int(i64),
    /// Every other notation, as JSON allows it.
    Text(Arc<str>),
}

impl Number {
    /// Reads a number in JSON's notation. `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(int) = text.parse::<i64>()
            && !text.starts_with('+')
            && int.to_string() == text
        {
            return Some(Self(Form::Int(int)));
        }
        text.parse::<f64>().ok()?;
        Some(Self(Form::Text(text.into())))
    }

    /// The integer, if this is one that is written as such or with zeros behind the point (`2.0`).
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Form::Int(int) => Some(*int),
            Form::Text(_) => None,
        }
    }

    /// The index into an array, if this can be one.
    #[must_use]
    pub fn to_index(&self) -> Option<usize> {
        usize::try_from(self.to_i64()?).ok()
    }

    /// The nearest float.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
            Form::Int(int) => *int as f64,
            Form::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self(Form::Int(int))
    }
}

impl From<usize> for Number {
    fn from(int: usize) -> Self {
        Self(Form::Int(i64::try_from(int).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Int(int) => int.fmt(f),
            Form::Text(text) => f.write_str(text),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Form::Int(one), Form::Int(other)) => one.cmp(other),
            _ => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_f64().to_bits().hash(state);
    }
}
