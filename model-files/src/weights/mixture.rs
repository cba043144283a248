//! Which format the numbers of a matrix are packed in: fewer bits where they count less.
//!
//! `q4` is a mixture in the manner of llama.cpp's `Q4_K_M` (llama.cpp, `llama-quant.cpp`),
//! chosen by what each kind of matrix alone adds to the KL divergence from f32, for its
//! size: most of all attention's values, then keys, down-projections and the embedding.
//! Where llama.cpp gives some layers 4 bits and others 6, all have 5 here: a bit less is
//! four times the error, so the mean of both costs twice what the bit between them does.
//! `cargo xtask bench quantiser` measures it; see `docs/benchmarks.md`.

use kernels::PackedFormat;
use protocol::Precision;

use super::tensor_id::{Role, TensorId};

/// Columns of a block of the formats whose names end with K; a row is whole blocks.
const K_COLUMNS: usize = PackedFormat::Q4K.block_columns();

/// The format in which the numbers of a matrix of shape [rows, columns] are packed.
pub(super) fn format_of(
    precision: Precision,
    id: TensorId,
    rows: usize,
    columns: usize,
) -> PackedFormat {
    match precision {
        Precision::Q4 => four_bits(id.role, rows, columns),
        _ => PackedFormat::Q8_0,
    }
}

fn four_bits(role: Role, rows: usize, columns: usize) -> PackedFormat {
    use PackedFormat::{Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0};
    let whole = columns.is_multiple_of(K_COLUMNS);
    match role {
        // A few weights, and the most sensitive of all.
        Role::Value if whole => Q6K,
        // Of a few rows each.
        Role::Value | Role::StateRate | Role::StateHeadStep | Role::StateDown(_) => Q8_0,
        Role::LaurelDown | Role::LaurelUp | Role::LayerGate | Role::LayerOutput => Q8_0,
        Role::Embedding | Role::Head | Role::Key if whole => Q5K,
        Role::Embedding | Role::Head | Role::Key => Q5_1,
        Role::Output | Role::ConvolutionOutput | Role::StateOutput if whole => Q5K,
        // One step more than the gate, whose columns are the rows here.
        Role::Down | Role::ExpertDown | Role::SharedDown => {
            match (whole, rows.is_multiple_of(K_COLUMNS)) {
                (true, true) => Q5K,
                (true, false) => Q6K,
                (false, true) => Q5_0,
                (false, false) if columns.is_multiple_of(kernels::BLOCK_COLUMNS) => Q5_1,
                // Only tiny models have such widths; llama.cpp leaves these in 16 bits.
                (false, false) => Q8_0,
            }
        }
        _ if whole => Q4K,
        // A model this narrow is so small that its bytes count for little.
        _ if columns < K_COLUMNS => Q5_1,
        _ => Q5_0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(precision: Precision, role: Role, rows: usize, columns: usize) -> String {
        let id = TensorId::of_layer(3, role);
        format_of(precision, id, rows, columns).name().to_owned()
    }

    #[test]
    fn eight_bits_are_the_same_for_all_matrices() {
        for precision in [Precision::Auto, Precision::Q8] {
            for role in [Role::Embedding, Role::Value, Role::Gate] {
                assert_eq!(format(precision, role, 512, 256), "Q8_0");
            }
        }
    }

    #[test]
    fn four_bits_are_more_where_they_count() {
        // Hidden width, inner width; then key, value, query, gate, down and embedding.
        for (hidden, inner, expected) in [
            (2048, 8192, ["Q5_K", "Q6_K", "Q4_K", "Q4_K", "Q5_K", "Q5_K"]),
            (576, 1536, ["Q5_1", "Q8_0", "Q5_0", "Q5_0", "Q6_K", "Q5_1"]),
            (256, 704, ["Q5_K", "Q6_K", "Q4_K", "Q4_K", "Q5_0", "Q5_K"]),
            (288, 736, ["Q5_1", "Q8_0", "Q5_0", "Q5_0", "Q5_1", "Q5_1"]),
            (64, 172, ["Q5_1", "Q8_0", "Q5_1", "Q5_1", "Q8_0", "Q5_1"]),
        ] {
            let of = |role, rows, columns| format(Precision::Q4, role, rows, columns);
            let formats = [
                of(Role::Key, 64, hidden),
                of(Role::Value, 64, hidden),
                of(Role::Query, hidden, hidden),
                of(Role::Gate, inner, hidden),
                of(Role::Down, hidden, inner),
                of(Role::Embedding, 4096, hidden),
            ];
            assert_eq!(formats, expected, "{hidden} × {inner}");
        }
    }

    #[test]
    fn every_row_can_be_stored_in_its_format() {
        for columns in [1, 31, 64, 172, 255, 256, 576, 704, 1536, 2048] {
            for rows in [64, 256, 576] {
                for role in
                    [Role::Embedding, Role::Key, Role::Value, Role::Up, Role::Down]
                {
                    let id = TensorId::outside(role);
                    let format = format_of(Precision::Q4, id, rows, columns);
                    let block = format.block_columns();
                    assert!(block == kernels::BLOCK_COLUMNS || columns % block == 0);
                }
            }
        }
    }
}
