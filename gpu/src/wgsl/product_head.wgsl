// x times the transpose of a packed matrix, for T tokens.

struct Params {
    tokens: u32,
    // Of the matrix.
    rows: u32,
    tiles: u32,
    blocks: u32,
    records: u32,
    // Of x, in vectors of four: columns, those to the next token, and the first one. Integers have
    // no columns of that kind.
    columns: u32,
    stride: u32,
    first: u32,
    // Of the results: numbers to the next token, and the first one.
    out_stride: u32,
    out_first: u32,
    scale: f32,
    cap: f32,
    bias_first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix_values: array<u32>;
@group(0) @binding(2) var<storage, read> matrix_scales: array<u32>;
#if INTEGERS
@group(0) @binding(3) var<storage, read> x: array<vec4<u32>>;
#else
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;
#endif
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
#if BIAS
@group(0) @binding(5) var<storage, read> bias: array<f32>;
#endif

#if !INTEGERS
// Four columns of a token.
fn input(token: u32, column: u32) -> vec4<f32> {
#if PADDED
    if (column >= params.columns) {
        return vec4<f32>(0.0);
    }
#endif
    return x[params.first + token * params.stride + column];
}
#endif

// Finishes the sum of a row and stores it.
fn put(token: u32, row: u32, sum: f32) {
    var result = sum;
#if BIAS
    result += bias[params.bias_first + row];
#endif
    result *= params.scale;
#if CAP
    // tanh, by an exponential that cannot overflow.
    let turned = clamp(2.0 * result / params.cap, -30.0, 30.0);
    result = params.cap * (1.0 - 2.0 / (exp(turned) + 1.0));
#endif
    let at = params.out_first + token * params.out_stride + row;
#if ADD
    out[at] += result;
#else
    out[at] = result;
#endif
}
