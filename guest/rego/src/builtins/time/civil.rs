//! Days and clocks, by the Gregorian calendar in all times.

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const SECONDS_A_DAY: i64 = 86_400;

/// What calendar and clock show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

impl Civil {
    /// What they show this many seconds after the start of 1970.
    pub const fn of(seconds: i64) -> Self {
        let (days, time) = (
            seconds.div_euclid(SECONDS_A_DAY),
            seconds.rem_euclid(SECONDS_A_DAY),
        );
        // Years that begin in March, in cycles of 400.
        let days = days + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self {
            year: year + era * 400 + (month <= 2) as i64,
            month,
            day,
            hour: time / 3_600,
            minute: time / 60 % 60,
            second: time % 60,
        }
    }

    /// The seconds from the start of 1970 to when they show this. Days beyond the month, and months beyond the
    /// year, count on.
    pub const fn to_seconds(self) -> i64 {
        let months = self
            .year
            .saturating_mul(12)
            .saturating_add(self.month.saturating_sub(1));
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let days = days_to(year, month).saturating_add(self.day.saturating_sub(1));
        let time = self.hour * 3_600 + self.minute * 60 + self.second;
        days.saturating_mul(SECONDS_A_DAY).saturating_add(time)
    }

    /// 0 is Sunday.
    pub const fn weekday(&self) -> i64 {
        (days_to(self.year, self.month) + self.day - 1 + 4).rem_euclid(7)
    }

    /// The day of the year; the first is 1.
    pub const fn year_day(&self) -> i64 {
        days_to(self.year, self.month) - days_to(self.year, 1) + self.day
    }
}

/// The days from 1970 to a month's first.
const fn days_to(year: i64, month: i64) -> i64 {
    let year = if month <= 2 {
        year.saturating_sub(1)
    } else {
        year
    };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    era.saturating_mul(146_097)
        .saturating_add(year * 365 + year / 4 - year / 100 + day - 719_468)
}

pub const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days a month has.
pub const fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
