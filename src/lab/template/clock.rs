//! The date that a template asks for with `strftime_now`.

use std::time::Duration;

/// A moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Since the Unix epoch.
    pub epoch: Duration,
}

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
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

struct Parts {
    year: u64,
    month: u64,
    day: u64,
    of_year: u64,
    weekday: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Now {
    /// The moment in a form of C's `strftime`; a directive that is not known stays as it is.
    pub fn strftime(self, form: &str) -> String {
        let parts = self.parts();
        let mut out = String::new();
        let mut chars = form.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut directive = chars.next();
            let bare = directive == Some('-');
            if bare {
                directive = chars.next();
            }
            let Some(directive) = directive else {
                out.push_str(if bare { "%-" } else { "%" });
                continue;
            };
            match parts.directive(directive, bare) {
                Some(text) => out.push_str(&text),
                None => out.extend(["%", if bare { "-" } else { "" }, directive.encode_utf8(&mut [0; 4])]),
            }
        }
        out
    }

    /// Year, month and day by H. Hinnant's algorithm (proleptic Gregorian calendar).
    fn parts(self) -> Parts {
        // Ten thousand years are enough, and keep every sum small.
        let seconds = self.epoch.as_secs().min(250_000_000_000);
        let days = seconds / 86_400;
        let z = days + 719_468;
        let (era, doe) = (z / 146_097, z % 146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let from_march = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * from_march + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + u64::from(month <= 2);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let of_year = if month <= 2 { from_march - 306 + 1 } else { from_march + 60 + u64::from(leap) };
        Parts {
            year,
            month,
            day: from_march - (153 * mp + 2) / 5 + 1,
            of_year,
            weekday: (days + 4) % 7,
            hour: seconds / 3600 % 24,
            minute: seconds / 60 % 60,
            second: seconds % 60,
        }
    }
}

impl Parts {
    fn directive(&self, directive: char, bare: bool) -> Option<String> {
        let two = |number: u64| if bare { number.to_string() } else { format!("{number:02}") };
        let twelve = if self.hour.is_multiple_of(12) { 12 } else { self.hour % 12 };
        let name = |names: &[&str], at: u64| {
            usize::try_from(at).ok().and_then(|at| names.get(at)).map(|&name| name.to_owned())
        };
        let short = |names: &[&str], at: u64| name(names, at).map(|name| name.chars().take(3).collect::<String>());
        Some(match directive {
            'Y' => self.year.to_string(),
            'y' => two(self.year % 100),
            'm' => two(self.month),
            'd' => two(self.day),
            'e' if bare => self.day.to_string(),
            'e' => format!("{:2}", self.day),
            'H' => two(self.hour),
            'I' => two(twelve),
            'M' => two(self.minute),
            'S' => two(self.second),
            'f' => "000000".to_owned(),
            'j' if bare => self.of_year.to_string(),
            'j' => format!("{:03}", self.of_year),
            'p' => if self.hour < 12 { "AM" } else { "PM" }.to_owned(),
            'A' => name(&DAYS, self.weekday)?,
            'a' => short(&DAYS, self.weekday)?,
            'B' => name(&MONTHS, self.month.saturating_sub(1))?,
            'b' | 'h' => short(&MONTHS, self.month.saturating_sub(1))?,
            'w' => self.weekday.to_string(),
            'u' => if self.weekday == 0 { 7 } else { self.weekday }.to_string(),
            'F' => format!("{}-{:02}-{:02}", self.year, self.month, self.day),
            'T' | 'X' => format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second),
            'R' => format!("{:02}:{:02}", self.hour, self.minute),
            'D' | 'x' => format!("{:02}/{:02}/{:02}", self.month, self.day, self.year % 100),
            'Z' | 'z' => String::new(),
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_those_of_python() {
        // datetime.fromtimestamp(seconds, timezone.utc).strftime(form)
        for (seconds, form, is) in [
            (1_795_303_371, "%d %B %Y", "21 November 2026"),
            (
                1_795_303_371,
                "%Y-%m-%d %H:%M:%S %A %a %b %j %p %I %y",
                "2026-11-21 23:22:51 Saturday Sat Nov 325 PM 11 26",
            ),
            (951_782_400, "%-d.%-m. %e %j %w %u", "29.2. 29 060 2 2"),
            (978_220_800, "%F %j %T %%", "2000-12-31 366 00:00:00 %"),
            (0, "%A %B %-I %Q %", "Thursday January 12 %Q %"),
        ] {
            assert_eq!(Now { epoch: Duration::from_secs(seconds) }.strftime(form), is, "{form}");
        }
    }

    proptest! {
        #[test]
        fn any_form_and_moment_are_survived(seconds in any::<u64>(), form in "[%a-zA-Z\\-]{0,12}") {
            let _ = Now { epoch: Duration::from_secs(seconds) }.strftime(&form);
        }
    }
}
