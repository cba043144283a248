//! Numbers formatted for people.

use protocol::SamplerSettings;

/// A probability as percent with three significant digits. Only 1 is 100%, and only 0 is
/// 0%.
pub(crate) fn percent(p: f32) -> String {
    let percent = f64::from(p) * 100.0;
    if percent <= 0.0 {
        return "0%".into();
    }
    if percent >= 100.0 {
        return "100%".into();
    }
    if percent >= 99.95 {
        // Three digits would round up, so as many as distinguish it from 100.
        let places = (1.0 - (100.0 - percent).log10()).clamp(2.0, 6.0) as usize;
        return trimmed_percent(percent, places);
    }
    if percent < 0.0001 {
        return format!("{}%", scientific(percent));
    }
    format!("{percent:.*}%", places(percent))
}

/// A probability as percent for screen readers.
pub(crate) fn spoken_percent(p: f32) -> String {
    percent(p).replace('%', " percent")
}

/// A count with thousands separators: 49,142.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what it counts: 1 token, 12 tokens.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    match n {
        1 => format!("1 {noun}"),
        n => format!("{} {noun}s", count(n)),
    }
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
    for (unit, size) in [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] {
        if n >= size {
            return format!("{} {unit}", digits(n / size));
        }
    }
    format!("{n:.0} B")
}

/// A duration that was measured: 840 µs, 12.3 ms, 4.56 s.
pub(crate) fn duration(ms: f32) -> String {
    match ms {
        ms if ms >= 1000.0 => format!("{} s", digits(f64::from(ms) / 1000.0)),
        ms if ms >= 1.0 => format!("{} ms", digits(f64::from(ms))),
        ms => format!("{:.0} µs", ms * 1000.0),
    }
}

/// A duration that is estimated: 8 s, 3 min.
pub(crate) fn time_left(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{:.0} s", s.max(1.0).ceil()),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}

/// A number with three significant digits, or with all of its whole part: 0.0123, 4.56,
/// 1,234.
pub(crate) fn digits(x: f64) -> String {
    match x.abs() {
        0.0 => "0".into(),
        a if a < 0.0001 => scientific(x),
        a if a >= 999.5 => count(x.round() as u64),
        a => format!("{x:.*}", places(a)),
    }
}

/// A knob's value, with up to two decimals and no trailing zeros.
pub(crate) fn knob(x: f32) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() { "0".into() } else { text.into() }
}

/// A sampler's settings: temperature 0.7, top-k 40, seed 3. Those that cut nothing are left
/// out.
pub(crate) fn sampler(settings: &SamplerSettings) -> String {
    let SamplerSettings { temperature, top_k, top_p, min_p, seed, .. } = *settings;
    if temperature == 0.0 {
        return "temperature 0".into();
    }
    let mut text = format!("temperature {}", knob(temperature));
    if top_k > 0 {
        text += &format!(", top-k {}", count(top_k.into()));
    }
    if top_p < 1.0 {
        text += &format!(", top-p {}", knob(top_p));
    }
    if min_p > 0.0 {
        text += &format!(", min-p {}", knob(min_p));
    }
    text + &format!(", seed {seed}")
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
    format!("{number}×10{}", raised.collect::<String>())
}

fn trimmed_percent(percent: f64, places: usize) -> String {
    let text = format!("{percent:.places$}");
    match text.starts_with("100") {
        true => "100%".into(),
        false => format!("{text}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(counted(1, "token"), "1 token");
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
