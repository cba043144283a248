// up = act(gate) * up.

struct Params {
    tokens: u32,
    width: u32,
    // Numbers to the next token's gate and up, and the first ones.
    stride: u32,
    gate_first: u32,
    up_first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> projected: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

// e^x, where a large x means what the largest finite one does here.
fn power(x: f32) -> f32 {
    return exp(min(x, 80.0));
}

fn act(x: f32) -> f32 {
#if SILU
    return x / (1.0 + power(-x));
#endif
#if GELU_TANH
    return x / (1.0 + power(-1.5957691216 * (x + 0.044715 * x * x * x)));
#endif
#if GELU
    // The error function by formula 7.1.26 of Abramowitz and Stegun, off by 1.5e-7 at most.
    let z = min(abs(x) * 0.70710678118, 9.0);
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741
        + t * (-1.453152027 + t * 1.061405429))));
    let tail = 0.5 * polynomial * exp(-z * z);
    return x * select(1.0 - tail, tail, x < 0.0);
#endif
#if RELU
    return max(x, 0.0);
#endif
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = (group.x + group.y * groups.x) * 256u + lane;
    if (item >= params.tokens * params.width) {
        return;
    }
    let of_token = (item / params.width) * params.stride + item % params.width;
    let gate = projected[of_token + params.gate_first];
    out[item] = act(gate) * projected[of_token + params.up_first];
}
