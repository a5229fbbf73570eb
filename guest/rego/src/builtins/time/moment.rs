//! A moment, in a zone.

use super::civil::Civil;
use super::zone::Zone;

/// A moment, and what calendar and clock of a zone show then.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Since the start of 1970, rounded down.
    pub seconds: i64,
    pub nanoseconds: u32,
    pub zone: Zone,
    /// The zone's distance from UTC, in seconds.
    pub offset: i64,
    pub zone_name: String,
    pub civil: Civil,
}

const BILLION: i64 = 1_000_000_000;

impl Moment {
    /// The moment this many nanoseconds after the start of 1970.
    pub fn new(nanoseconds: i64, zone: Zone) -> Self {
        Self::at(
            nanoseconds.div_euclid(BILLION),
            u32::try_from(nanoseconds.rem_euclid(BILLION)).unwrap_or(0),
            zone,
        )
    }

    fn at(seconds: i64, nanoseconds: u32, zone: Zone) -> Self {
        let (offset, zone_name) = zone.at(seconds);
        let civil = Civil::of(seconds.saturating_add(offset));
        Self {
            seconds,
            nanoseconds,
            zone,
            offset,
            zone_name,
            civil,
        }
    }

    /// A moment, shown at a distance from UTC in seconds.
    pub fn shifted(seconds: i64, nanoseconds: u32, offset: i64) -> Self {
        let civil = Civil::of(seconds.saturating_add(offset));
        Self {
            seconds,
            nanoseconds,
            zone: Zone::Utc,
            offset,
            zone_name: String::new(),
            civil,
        }
    }

    /// The same moment in another zone.
    pub fn in_zone(&self, zone: Zone) -> Self {
        Self::at(self.seconds, self.nanoseconds, zone)
    }
}

/// Seconds and nanoseconds as nanoseconds, if these fit in 64 bits.
pub fn to_nanoseconds(seconds: i64, nanoseconds: u32) -> Option<i64> {
    let total = i128::from(seconds) * i128::from(BILLION) + i128::from(nanoseconds);
    i64::try_from(total).ok()
}
