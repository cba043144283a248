//! Dates for chat templates that contain the date. The jiff crate would take 300 kB of
//! WebAssembly, a twentieth of the worker; this takes 10.

const SECONDS_PER_DAY: i64 = 86_400;
const MONTHS: [&str; 12] = [
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
/// Beginning with the weekday of 1970-01-01.
const WEEKDAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// A moment in the Gregorian calendar, UTC.
struct Moment {
    year: i64,
    /// 1 to 12.
    month: i64,
    /// 1 to 31.
    day: i64,
    /// Days since 1970-01-01.
    days: i64,
    /// 0 to 86,399.
    second_of_day: i64,
}

impl Moment {
    /// Years are counted from March, so that the leap day comes last (H. Hinnant,
    /// "chrono-compatible low-level date algorithms", `civil_from_days`).
    fn new(unix_seconds: i64) -> Moment {
        const DAYS_PER_ERA: i64 = 146_097;
        let days = unix_seconds.div_euclid(SECONDS_PER_DAY);
        // There are 719,468 days between 0000-03-01 and 1970-01-01.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(DAYS_PER_ERA);
        let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524
            - day_of_era / 146_096)
            / 365;
        let day_of_year =
            day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Moment {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            days,
            second_of_day: unix_seconds.rem_euclid(SECONDS_PER_DAY),
        }
    }

    fn day_of_year(&self) -> i64 {
        let first_of_year = Moment::days_to_new_year(self.year);
        self.days - first_of_year + 1
    }

    /// Days from 1970-01-01 to the first of January of a year.
    fn days_to_new_year(year: i64) -> i64 {
        let before = year - 1;
        let leap_days =
            before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
        365 * (year - 1970) + leap_days - 477
    }
}

/// Formats a time as Python's `strftime` does, in UTC and English. Unknown directives are
/// copied.
pub(super) fn strftime(unix_seconds: i64, format: &str) -> String {
    let moment = Moment::new(unix_seconds);
    let mut text = String::with_capacity(2 * format.len());
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        match characters.next() {
            // The sign removes leading zeros, as in `%-d`.
            Some('-') => match characters.next() {
                Some(name) => match directive(&moment, name) {
                    Some(value) => {
                        let shorter = value.trim_start_matches('0');
                        text.push_str(if shorter.is_empty() { "0" } else { shorter });
                    }
                    None => text.extend(['%', '-', name]),
                },
                None => text.push_str("%-"),
            },
            Some(name) => match directive(&moment, name) {
                Some(value) => text.push_str(&value),
                None => text.extend(['%', name]),
            },
            None => text.push('%'),
        }
    }
    text
}

/// The value of a directive, such as `d` of `%d`; `None` if it is unknown.
fn directive(moment: &Moment, name: char) -> Option<String> {
    let Moment { year, month, day, days, second_of_day } = *moment;
    let (hour, minute, second) =
        (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    let month_name = MONTHS[(month - 1) as usize];
    let weekday = WEEKDAYS[days.rem_euclid(7) as usize];
    let hour_of_12 = (hour + 11) % 12 + 1;
    Some(match name {
        'a' => weekday[..3].to_owned(),
        'A' => weekday.to_owned(),
        'b' | 'h' => month_name[..3].to_owned(),
        'B' => month_name.to_owned(),
        'd' => format!("{day:02}"),
        'e' => format!("{day:2}"),
        'm' => format!("{month:02}"),
        'y' => format!("{:02}", year.rem_euclid(100)),
        'Y' => format!("{year}"),
        'j' => format!("{:03}", moment.day_of_year()),
        'H' => format!("{hour:02}"),
        'I' => format!("{hour_of_12:02}"),
        'M' => format!("{minute:02}"),
        'S' => format!("{second:02}"),
        'f' => "000000".to_owned(),
        'p' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'F' => format!("{year}-{month:02}-{day:02}"),
        'D' => format!("{month:02}/{day:02}/{:02}", year.rem_euclid(100)),
        'T' => format!("{hour:02}:{minute:02}:{second:02}"),
        'R' => format!("{hour:02}:{minute:02}"),
        'u' => format!("{}", (days + 3).rem_euclid(7) + 1),
        'w' => format!("{}", (days + 4).rem_euclid(7)),
        'Z' => "UTC".to_owned(),
        'z' => "+0000".to_owned(),
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        '%' => "%".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let check = |seconds, format: &str, expected: &str| {
            assert_eq!(strftime(seconds, format), expected, "{seconds}");
        };
        check(
            0,
            "%A %d %B %Y %H:%M:%S %j %u %w",
            "Thursday 01 January 1970 00:00:00 001 4 4",
        );
        check(951_782_400, "%d %b %Y, day %j", "29 Feb 2000, day 060");
        check(1_735_689_599, "%a %F %T %p %I %j", "Tue 2024-12-31 23:59:59 PM 11 366");
        check(-1, "%F %T %y", "1969-12-31 23:59:59 69");
        check(4_107_542_400, "%-d.%-m.%Y %j", "1.3.2100 060");
        check(45_296, "%e|%D|%R|%-I %%|%Q|%-", " 1|01/01/70|12:34|12 %|%Q|%-");
    }

    #[test]
    fn the_first_and_last_moment_can_be_formatted() {
        for seconds in [i64::MIN, i64::MAX] {
            assert!(!strftime(seconds, "%F %j %A").is_empty());
        }
    }
}
