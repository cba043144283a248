//! Numbers formatted for people, as the language writes them.

use protocol::SamplerSettings;

use crate::language::table::numbers;
use crate::language::{self, isolated, localised, say};

pub(crate) use crate::language::count;

/// A probability as percent with three significant digits. Only 1 is 100%, and only 0 is
/// 0%.
pub(crate) fn percent(p: f32) -> String {
    shown_percent(&percentage(p))
}

/// A probability as percent for screen readers.
pub(crate) fn spoken_percent(p: f32) -> String {
    say!(numbers::SPOKEN_PERCENT, number = percentage(p))
}

/// A number with the sign of percent.
pub(crate) fn shown_percent(number: &str) -> String {
    language::percent(number)
}

/// A probability times a hundred, with three significant digits.
fn percentage(p: f32) -> String {
    let percent = f64::from(p) * 100.0;
    if percent <= 0.0 {
        return "0".into();
    }
    if percent >= 100.0 {
        return "100".into();
    }
    if percent >= 99.95 {
        // Three digits would round up, so as many as distinguish it from 100.
        let places = (1.0 - (100.0 - percent).log10()).clamp(2.0, 6.0) as usize;
        let text = format!("{percent:.places$}");
        return if text.starts_with("100") { "100".into() } else { localised(&text) };
    }
    if percent < 0.0001 {
        return scientific(percent);
    }
    fixed(percent, places(percent))
}

/// A number with so many decimals.
pub(crate) fn fixed(x: f64, places: usize) -> String {
    localised(&format!("{x:.places$}"))
}

/// A number with its sign and so many decimals.
pub(crate) fn signed(x: f64, places: usize) -> String {
    isolated(localised(&format!("{x:+.places$}")))
}

/// A number with all of its digits.
pub(crate) fn exactly(x: f32) -> String {
    localised(&x.to_string())
}

/// A large count, abbreviated: 362M, 3.15M, 12.0K.
pub(crate) fn short_count(n: u64) -> String {
    let n = n as f64;
    for (unit, size) in [("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)] {
        if n >= size {
            return format!("{}{unit}", digits(n / size));
        }
    }
    format!("{n}")
}

/// An amount of data: 3.40 MB.
pub(crate) fn bytes(n: f64) -> String {
    match n {
        n if n >= 1e9 => say!(numbers::GIGABYTES, number = digits(n / 1e9)),
        n if n >= 1e6 => say!(numbers::MEGABYTES, number = digits(n / 1e6)),
        n if n >= 1e3 => say!(numbers::KILOBYTES, number = digits(n / 1e3)),
        n => say!(numbers::BYTES, number = fixed(n, 0)),
    }
}

/// A duration that was measured: 840 µs, 12.3 ms, 4.56 s.
pub(crate) fn duration(ms: f32) -> String {
    let ms = f64::from(ms);
    match ms {
        ms if ms >= 1000.0 => say!(numbers::SECONDS, number = digits(ms / 1000.0)),
        ms if ms >= 1.0 => say!(numbers::MILLISECONDS, number = digits(ms)),
        ms => say!(numbers::MICROSECONDS, number = fixed(ms * 1000.0, 0)),
    }
}

/// A duration that is estimated: 8 s, 3 min.
pub(crate) fn time_left(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => say!(numbers::SECONDS, number = fixed(s.max(1.0).ceil(), 0)),
        s if s < 5400.0 => say!(numbers::MINUTES, number = fixed(s / 60.0, 0)),
        s => say!(numbers::HOURS, number = fixed(s / 3600.0, 0)),
    }
}

/// A number with three significant digits, or with all of its whole part: 0.0123, 4.56,
/// 1,234.
pub(crate) fn digits(x: f64) -> String {
    match x.abs() {
        0.0 => "0".into(),
        a if a < 0.0001 => scientific(x),
        a if a >= 999.5 => count(x.round() as u64),
        a => fixed(x, places(a)),
    }
}

/// A knob's value as fields hold it, with up to two decimals and no trailing zeros.
pub(crate) fn knob(x: f32) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() { "0".into() } else { text.into() }
}

/// A knob's value as it is read.
pub(crate) fn shown_knob(x: f32) -> String {
    localised(&knob(x))
}

/// A sampler's settings: temperature 0.7, top-k 40, seed 3. Those that cut nothing are left
/// out.
pub(crate) fn sampler(settings: &SamplerSettings) -> String {
    let SamplerSettings { temperature, top_k, top_p, min_p, seed, .. } = *settings;
    let mut parts = vec![say!(numbers::TEMPERATURE, number = shown_knob(temperature))];
    if temperature > 0.0 {
        if top_k > 0 {
            parts.push(say!(numbers::TOP_K, number = count(top_k.into())));
        }
        if top_p < 1.0 {
            parts.push(say!(numbers::TOP_P, number = shown_knob(top_p)));
        }
        if min_p > 0.0 {
            parts.push(say!(numbers::MIN_P, number = shown_knob(min_p)));
        }
        parts.push(say!(numbers::SEED, number = seed));
    }
    parts.join(&numbers::LIST_COMMA)
}

/// Decimals that leave three significant digits of a number of at least 0.0001.
fn places(x: f64) -> usize {
    // Rounding may carry into another digit: 9.996 is 10.0.
    let exponent = (x.log10() + 1e-12).floor();
    let carried = (x * 10f64.powf(2.0 - exponent)).round() >= 1000.0;
    (2.0 - exponent - f64::from(u8::from(carried))).clamp(0.0, 8.0) as usize
}

fn scientific(x: f64) -> String {
    let text = format!("{x:.2e}");
    let (number, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let raised = exponent.chars().map(|c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => {
            ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][c as usize - '0' as usize]
        }
        other => other,
    });
    isolated(format!("{}×10{}", localised(number), raised.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::table::counts;

    #[test]
    fn percent_has_three_significant_digits() {
        for (p, expected) in [
            (0.124, "12.4%"),
            (0.1239, "12.4%"),
            (0.5, "50.0%"),
            (0.031, "3.10%"),
            (0.099_96, "10.0%"),
            (0.009_996, "1.00%"),
            (0.000_041_2, "0.00412%"),
            (0.000_001_5, "0.000150%"),
            (0.999, "99.9%"),
        ] {
            assert_eq!(percent(p), expected, "{p}");
        }
    }

    #[test]
    fn percent_does_not_call_the_unlikely_impossible_or_the_likely_certain() {
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(1.23e-9), "1.23×10⁻⁷%");
        assert_eq!(percent(0.9996), "99.96%");
        assert_eq!(percent(0.99997), "99.997%");
    }

    #[test]
    fn counts_sizes_and_times_are_short() {
        assert_eq!(count(49_142), "49,142");
        assert_eq!(count(512), "512");
        assert_eq!(counts::TOKENS.of(1), "1 token");
        assert_eq!(short_count(361_821_120), "362M");
        assert_eq!(short_count(3_145_728), "3.15M");
        assert_eq!(bytes(3_400_000.0), "3.40 MB");
        assert_eq!(duration(12.34), "12.3 ms");
        assert_eq!(duration(0.4), "400 µs");
        assert_eq!(duration(2500.0), "2.50 s");
        assert_eq!(digits(68_066.3), "68,066");
        assert_eq!(time_left(0.2), "1 s");
        assert_eq!(time_left(200.0), "3 min");
    }

    #[test]
    fn samplers_name_what_is_switched_on() {
        let settings = SamplerSettings { top_p: 0.9, seed: 3, ..Default::default() };
        assert_eq!(sampler(&settings), "temperature 0.7, top-p 0.9, seed 3");
        let greedy = SamplerSettings { temperature: 0.0, ..settings };
        assert_eq!(sampler(&greedy), "temperature 0");
    }
}
