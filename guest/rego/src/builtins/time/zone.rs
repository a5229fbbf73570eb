//! Time zones.

use chrono::{Offset as _, TimeZone as _};
use chrono_tz::{OffsetName as _, Tz};

use super::civil::{Civil, is_leap};
use crate::builtins::BuiltinError;

/// A time zone. The guest's local one is UTC.
#[derive(Debug, Clone, Copy)]
pub enum Zone {
    Utc,
    Named(Tz),
}

/// The tables end with this year; later ones repeat.
const LAST_YEAR: i64 = 2099;

impl Zone {
    /// The zone of a name of the IANA database.
    pub fn load(name: &str) -> Result<Self, BuiltinError> {
        match name {
            "" | "UTC" | "Local" => Ok(Self::Utc),
            name => match name.parse() {
                Ok(zone) => Ok(Self::Named(zone)),
                Err(_) => Err(BuiltinError::Failed(format!("unknown time zone {name}"))),
            },
        }
    }

    /// Its distance from UTC in seconds at a moment, and what the zone is called then.
    pub fn at(self, seconds: i64) -> (i64, String) {
        let Self::Named(zone) = self else {
            return (0, "UTC".to_owned());
        };
        let Some(moment) = chrono::DateTime::from_timestamp(in_tables(seconds), 0) else {
            return (0, "UTC".to_owned());
        };
        let offset = zone.offset_from_utc_datetime(&moment.naive_utc());
        let distance = i64::from(offset.fix().local_minus_utc());
        let name = offset
            .abbreviation()
            .map_or_else(|| numeric_name(distance), str::to_owned);
        (distance, name)
    }

    /// The moment when calendar and clock of this zone show something, in seconds.
    pub fn seconds_of(self, civil: Civil) -> i64 {
        let seconds = civil.to_seconds();
        // As Go does: the distance that holds when UTC shows it leads to a moment; that moment's distance counts.
        match self.at(seconds).0 {
            0 => seconds,
            first => seconds.saturating_sub(self.at(seconds.saturating_sub(first)).0),
        }
    }
}

/// A moment of a year in the tables that has the same calendar.
fn in_tables(seconds: i64) -> i64 {
    let civil = Civil::of(seconds);
    if civil.year <= LAST_YEAR {
        return seconds;
    }
    let start = |year| Civil {
        year,
        month: 1,
        day: 1,
        ..Civil::default()
    };
    let like = (LAST_YEAR - 27..=LAST_YEAR).rev().find(|&year| {
        is_leap(year) == is_leap(civil.year) && start(year).weekday() == start(civil.year).weekday()
    });
    like.map_or(seconds, |year| Civil { year, ..civil }.to_seconds())
}

/// `-03`, `+0530`.
fn numeric_name(distance: i64) -> String {
    let sign = if distance < 0 { '-' } else { '+' };
    let minutes = distance.abs() / 60;
    match minutes % 60 {
        0 => format!("{sign}{:02}", minutes / 60),
        rest => format!("{sign}{:02}{rest:02}", minutes / 60),
    }
}
