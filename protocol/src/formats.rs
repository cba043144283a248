//! What a model's weights are in its files and in memory, in words.

use crate::{ModelDescription, Precision};

impl ModelDescription {
    /// What its weights are and how it is computed, for people: `Q4_1 as in the file,
    /// computed in 16 bits`, or `8 bits (Q8_0) from BF16, computed in 16 bits`.
    pub fn formats(&self) -> String {
        if self.elsewhere {
            return "as the engine elsewhere has it".into();
        }
        let mut formats = self.weight_formats();
        if !self.computed_in.is_empty() {
            formats = format!("{formats}, computed in {}", self.computed_in);
        }
        formats
    }

    /// What of that is said of the weights.
    fn weight_formats(&self) -> String {
        if self.stored == self.precision {
            let instead = match self.kept_instead_of() {
                Some(bits) => format!(" instead of {bits} bits"),
                None => String::new(),
            };
            return format!("{} as in the file{instead}", self.precision);
        }
        let has =
            |bits| self.precision.split(" + ").any(|format| bits_of(format) == bits);
        let all =
            |bits| self.precision.split(" + ").all(|format| bits_of(format) == bits);
        let named = match self.asked {
            Precision::Q4 if all(4) => format!("4 bits ({})", self.precision),
            Precision::Q4 if has(4) || has(5) => {
                format!("4-bit mixture ({})", self.precision)
            }
            Precision::Auto | Precision::Q8 if self.precision == "Q8_0" => {
                format!("8 bits ({})", self.precision)
            }
            _ => self.precision.clone(),
        };
        match self.stored.is_empty() {
            true => named,
            false => format!("{named} from {}", self.stored),
        }
    }

    /// Whether weights that are quantised in the file have another format in memory although
    /// no other was asked for.
    pub fn converts_blocks(&self) -> bool {
        let asked =
            matches!(self.asked, Precision::F32 | Precision::F16 | Precision::Bf16);
        let in_memory: Vec<&str> = self.precision.split(" + ").collect();
        let mut stored = self.stored.split(" + ").filter(|format| bits_of(format) != 0);
        !asked && stored.any(|format| !in_memory.contains(&format))
    }

    /// The bits that were asked for, if the file has blocks of other sizes: those stay as
    /// they are, since to round them again would lose more.
    pub fn kept_instead_of(&self) -> Option<u32> {
        let bits = match self.asked {
            Precision::Q8 => 8,
            Precision::Q4 => 4,
            _ => return None,
        };
        let kept = self.stored == self.precision && is_quantised(&self.precision);
        let as_asked = self.precision.split(" + ").any(|format| bits_of(format) == bits);
        (kept && !as_asked).then_some(bits)
    }
}

/// Whether formats are those of blocks, such as `Q4_K`.
fn is_quantised(formats: &str) -> bool {
    formats.split(" + ").any(|format| bits_of(format) != 0)
}

/// The bits of a value of a format of blocks, by its name in ggml; 0 of others.
fn bits_of(format: &str) -> u32 {
    let rest = format.strip_prefix("IQ").or(format.strip_prefix('Q'));
    let rest = rest.or(format.strip_prefix("MXFP"));
    rest.and_then(|rest| rest.chars().next()?.to_digit(10)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of formats in memory, in the file, and the precision asked for.
    fn said(precision: &str, stored: &str, asked: Precision) -> String {
        let model = ModelDescription {
            precision: precision.into(),
            stored: stored.into(),
            computed_in: "16 bits".into(),
            asked,
            ..ModelDescription::default()
        };
        let said = model.formats();
        let end = ", computed in 16 bits";
        said.strip_suffix(end).unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    #[test]
    fn the_facts_say_the_formats_of_the_file_and_of_memory() {
        use Precision::{Auto, F16, F32, Q4, Q8};
        let mixture = "Q5_0 + Q8_0 + Q6_K";
        for (precision, stored, asked, expected) in [
            ("Q4_1", "Q4_1", Auto, "Q4_1 as in the file"),
            (mixture, mixture, Auto, "Q5_0 + Q8_0 + Q6_K as in the file"),
            ("Q8_0", "BF16", Auto, "8 bits (Q8_0) from BF16"),
            ("Q8_0", "F16", Q8, "8 bits (Q8_0) from F16"),
            ("Q4_0", "BF16", Q4, "4 bits (Q4_0) from BF16"),
            ("Q4_K + Q6_K", "BF16", Q4, "4-bit mixture (Q4_K + Q6_K) from BF16"),
            ("Q5_0 + Q5_1", "F32", Q4, "4-bit mixture (Q5_0 + Q5_1) from F32"),
            ("Q8_0", "F32", Q4, "Q8_0 from F32"),
            ("F32", "Q4_1", F32, "F32 from Q4_1"),
            ("F32", "F32", F32, "F32 as in the file"),
            ("F16 + F32", "BF16", F16, "F16 + F32 from BF16"),
            ("Q8_0", "", Auto, "8 bits (Q8_0)"),
            ("Q4_0 + Q8_0", "Q4_0 + F16", Auto, "Q4_0 + Q8_0 from Q4_0 + F16"),
            // What was asked for, or has blocks like that.
            ("Q8_0", "Q8_0", Q8, "Q8_0 as in the file"),
            ("Q4_K + Q6_K", "Q4_K + Q6_K", Q4, "Q4_K + Q6_K as in the file"),
            ("IQ4_NL", "IQ4_NL", Q4, "IQ4_NL as in the file"),
            ("MXFP4", "MXFP4", Q4, "MXFP4 as in the file"),
            // What was not.
            ("Q8_0", "Q8_0", Q4, "Q8_0 as in the file instead of 4 bits"),
            (
                "Q2_K + Q3_K",
                "Q2_K + Q3_K",
                Q8,
                "Q2_K + Q3_K as in the file instead of 8 bits",
            ),
        ] {
            assert_eq!(said(precision, stored, asked), expected);
        }
    }
}
