//! Norms, activation functions, rope and a team of one, against float64.

use fastrand::Rng;
use kernels::{ActivationFunction, Kernels, Team, rotate};

use crate::random::numbers;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn norms_have_a_mean_square_of_one() {
    let mut random = Rng::with_seed(3);
    for width in [1, 8, 15, 64, 100, 576, 960] {
        let (x, weight) =
            (numbers(&mut random, width, 2.0), numbers(&mut random, width, 1.0));
        let squares: f64 = x.iter().map(|x| f64::from(*x).powi(2)).sum();
        let root = (squares / width as f64 + 1e-5).sqrt();
        for kernels in Kernels::all() {
            let mut out = vec![0.0; width];
            kernels.rms_norm(&x, &weight, 1e-5, &mut out);
            for ((out, x), weight) in out.iter().zip(&x).zip(&weight) {
                let expected = f64::from(*x) / root * f64::from(*weight);
                assert!(
                    (f64::from(*out) - expected).abs() < 1e-5 * expected.abs().max(1.0)
                );
            }
        }
    }
}

#[test]
fn layer_norms_have_a_mean_of_zero_and_a_variance_of_one() {
    let mut random = Rng::with_seed(13);
    for width in [1, 8, 15, 64, 100, 576, 960] {
        let (x, weight) =
            (numbers(&mut random, width, 2.0), numbers(&mut random, width, 1.0));
        let x: Vec<f32> = x.iter().map(|x| x + 3.0).collect();
        let bias = numbers(&mut random, width, 1.0);
        let mean = x.iter().map(|x| f64::from(*x)).sum::<f64>() / width as f64;
        let squares: f64 = x.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum();
        let root = (squares / width as f64 + 1e-5).sqrt();
        for kernels in Kernels::all() {
            for bias in [None, Some(&bias[..])] {
                let mut out = vec![0.0; width];
                kernels.layer_norm(&x, &weight, bias, 1e-5, &mut out);
                for (i, out) in out.iter().enumerate() {
                    let scaled = (f64::from(x[i]) - mean) / root * f64::from(weight[i]);
                    let expected = scaled + bias.map_or(0.0, |bias| f64::from(bias[i]));
                    assert!(
                        (f64::from(*out) - expected).abs()
                            < 1e-5 * expected.abs().max(1.0)
                    );
                }
            }
        }
    }
}

/// The error function by its series, and by its continued fraction where that is better.
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    if x.abs() > 4.0 { x.signum() } else { sum * 2.0 / std::f64::consts::PI.sqrt() }
}

#[test]
fn activations_are_those_of_their_formulas_and_gates_multiply() {
    let mut random = Rng::with_seed(4);
    let (gate, up) = (numbers(&mut random, 1000, 20.0), numbers(&mut random, 1000, 3.0));
    let gate: Vec<f32> =
        gate.iter().chain(&numbers(&mut random, 1000, 2.0)).copied().collect();
    let up: Vec<f32> = up.iter().chain(&up).copied().collect();
    let root = (2.0 / std::f64::consts::PI).sqrt();
    let formula = |activation, x: f64| match activation {
        ActivationFunction::Silu => x / (1.0 + (-x).exp()),
        ActivationFunction::Gelu => x * (1.0 + erf(x / 2f64.sqrt())) / 2.0,
        ActivationFunction::GeluTanh => {
            x * (1.0 + (root * (x + 0.044715 * x.powi(3))).tanh()) / 2.0
        }
        ActivationFunction::Relu => x.max(0.0),
        ActivationFunction::ReluSquared => x.max(0.0).powi(2),
        ActivationFunction::ClampedSwiglu => {
            x.min(7.0) / (1.0 + (-1.702 * x.min(7.0)).exp())
        }
    };
    for activation in [
        ActivationFunction::Silu,
        ActivationFunction::Gelu,
        ActivationFunction::GeluTanh,
        ActivationFunction::Relu,
        ActivationFunction::ReluSquared,
        ActivationFunction::ClampedSwiglu,
    ] {
        for kernels in Kernels::all() {
            let (mut gated, mut alone) = (up.clone(), gate.clone());
            kernels.activate_and_multiply(activation, &gate, &mut gated);
            kernels.activate(activation, &mut alone);
            for (i, gate) in gate.iter().enumerate() {
                let expected = formula(activation, f64::from(*gate));
                let check = |actual: f32, expected: f64| {
                    let error = (f64::from(actual) - expected).abs();
                    assert!(
                        error < 1e-6 * expected.abs().max(1.0),
                        "{activation:?}({gate}): {actual} instead of {expected}"
                    );
                };
                check(alone[i], expected);
                let up = match activation {
                    ActivationFunction::ClampedSwiglu => 1.0 + up[i].clamp(-7.0, 7.0),
                    _ => up[i],
                };
                check(gated[i], expected * f64::from(up));
            }
        }
    }
}

#[test]
fn rotation_turns_each_pair_by_its_angle() {
    let (cos, sin): (Vec<f32>, Vec<f32>) =
        [0.3f32, 1.2, 2.9, -0.4].iter().map(|a| (a.cos(), a.sin())).unzip();
    let head: Vec<f32> = (1..=8).map(|x| x as f32).collect();
    for interleaved in [false, true] {
        let mut rotated = head.clone();
        rotate(&mut rotated, &cos, &sin, interleaved);
        for pair in 0..4 {
            let (a, b) =
                if interleaved { (2 * pair, 2 * pair + 1) } else { (pair, pair + 4) };
            let x = head[a] * cos[pair] - head[b] * sin[pair];
            let y = head[a] * sin[pair] + head[b] * cos[pair];
            assert!((rotated[a] - x).abs() < 1e-6 && (rotated[b] - y).abs() < 1e-6);
        }
    }
}

#[test]
fn a_team_of_one_needs_no_thread() {
    let mut team = Team::alone();
    team.run(1, &|member| assert_eq!((member.index, member.count), (0, 1)));
}
