//! The implementations of the kernels on this machine's processor.

use anyhow::Result;
use kernels::Kernels;
use protocol::Precision;

use super::decoder::Decoder;
use super::row::Row;
use super::yardstick::Yardstick;
use crate::workload::Workload;

/// The accuracy and the speeds of one implementation of the kernels.
///
/// # Errors
/// If the model cannot be loaded.
pub(super) fn measure(
    kernels: Kernels,
    precision: Precision,
    workload: &Workload,
    yardstick: &Yardstick,
) -> Result<Row> {
    let mut decoder =
        Decoder::load(&workload.model, precision, Some(kernels), workload.threads)?;
    let logits = decoder.logits_before_last(&yardstick.ids)?;
    let next = decoder.next(&yardstick.reference.prompts[0])?;
    let (prefill, decode) = decoder.speeds(workload)?;
    Ok(Row {
        engine: format!("this engine, native: {}", kernels.name()),
        format: decoder.format,
        threads: workload.threads,
        accuracy: yardstick.accuracy_of(&logits, next),
        prefill,
        decode,
        weight_bytes: Some(decoder.weight_bytes),
    })
}
