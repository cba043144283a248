//! Norms and gates.

use fastrand::Rng;
use gpu::{Gate, GateFunction, Limits, Norm, NormRows, NormTarget};

use crate::device::gpu;
use crate::numbers::{assert_close, buffer, empty, numbers, written};

const LIMITS: Limits = Limits::DEFAULT;

fn rms_norm(row: &[f32], weight: &[f32], epsilon: f32) -> Vec<f64> {
    let squares: f64 = row.iter().map(|x| f64::from(*x).powi(2)).sum();
    let factor = 1.0 / (squares / row.len() as f64 + f64::from(epsilon)).sqrt();
    let pairs = row.iter().zip(weight);
    pairs.map(|(x, weight)| f64::from(*x) * factor * f64::from(*weight)).collect()
}

#[test]
fn norms_are_those_of_float64_wherever_they_go() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(1);
    for width in [4, 36, 576, 1000] {
        for rows in [1, 5] {
            // Rows lie within wider ones, and begin after the first number.
            let (first, stride) = (2, width + 3);
            let (out_first, out_stride) = (1, width + 2);
            let weight = numbers(&mut random, width, 1.0);
            let mut x = vec![f32::NAN; first];
            let mut inputs = Vec::new();
            for _ in 0..rows {
                let row = numbers(&mut random, width, 20.0);
                x.extend(&row);
                x.extend([f32::NAN; 3]);
                inputs.push(row);
            }
            let before = numbers(&mut random, out_first + rows * out_stride, 1.0);
            let at = NormRows { rows, width, first, stride, out_first, out_stride };
            let targets = [NormTarget::Store, NormTarget::Add(0.5), NormTarget::InPlace];
            for (target, subgroups) in
                targets.into_iter().flat_map(|target| [(target, false), (target, true)])
            {
                if subgroups && !gpu.has_subgroups {
                    continue;
                }
                let norm = Norm { epsilon: 1e-5, target, subgroups };
                let in_place = target == NormTarget::InPlace;
                let mut buffers = vec![buffer(&weight)];
                match in_place {
                    true => buffers.push(buffer(&x)),
                    false => buffers.extend([buffer(&before), buffer(&x)]),
                }
                let results =
                    gpu.run(&norm.kernel(), norm.dispatch(at, &LIMITS), &buffers);
                let results = written(&results[1]);
                let (first, stride) =
                    if in_place { (first, stride) } else { (out_first, out_stride) };
                for (row, input) in inputs.iter().enumerate() {
                    let expected = rms_norm(input, &weight, 1e-5);
                    for (column, expected) in expected.into_iter().enumerate() {
                        let at = first + row * stride + column;
                        let expected = match target {
                            NormTarget::Add(scale) => {
                                f64::from(before[at]) + f64::from(scale) * expected
                            }
                            _ => expected,
                        };
                        assert_close(results[at], expected, 10.0, &format!("{target:?}"));
                    }
                }
                if !in_place {
                    assert_eq!(results[0], before[0]);
                    assert_eq!(results[out_first + width], before[out_first + width]);
                }
            }
        }
    }
}

/// The error function, by Simpson's rule.
fn erf(x: f64) -> f64 {
    let (x, steps) = (x.clamp(-7.0, 7.0), 2000);
    let width = x / f64::from(steps);
    let weight = |step| match step {
        0 | 2000 => 1.0,
        step if step % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let terms =
        (0..=steps).map(|step| weight(step) * (-(f64::from(step) * width).powi(2)).exp());
    terms.sum::<f64>() * width / 3.0 * std::f64::consts::FRAC_2_SQRT_PI
}

#[test]
fn gates_are_those_of_float64() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(2);
    for function in [
        GateFunction::Silu,
        GateFunction::Gelu,
        GateFunction::GeluTanh,
        GateFunction::Relu,
    ] {
        for (tokens, width) in [(1, 4), (3, 700), (70, 36)] {
            let mut projected = numbers(&mut random, 2 * tokens * width, 6.0);
            // Where exponentials overflow, or everything is 0.
            projected[..4].copy_from_slice(&[-1e4, 1e4, 0.0, -0.0]);
            let gate = Gate { function, width };
            let buffers = [buffer(&projected), empty(tokens * width)];
            let results =
                gpu.run(&gate.kernel(), gate.dispatch(tokens, &LIMITS), &buffers);
            let results = written(&results[1]);
            for (at, result) in results.iter().enumerate() {
                let first = 2 * width * (at / width) + at % width;
                let [x, up] = [first, first + width].map(|at| f64::from(projected[at]));
                let act = match function {
                    GateFunction::Silu => x / (1.0 + (-x).exp()),
                    GateFunction::Gelu => 0.5 * x * (1.0 + erf(x * 0.5f64.sqrt())),
                    GateFunction::GeluTanh => {
                        let u = (2.0 / std::f64::consts::PI).sqrt()
                            * (x + 0.044_715 * x.powi(3));
                        0.5 * x * (1.0 + u.tanh())
                    }
                    GateFunction::Relu => x.max(0.0),
                };
                let size = (1.0 + x.abs()) * up.abs();
                assert_close(*result, act * up, size, &format!("{function:?} of {x}"));
            }
        }
    }
}
