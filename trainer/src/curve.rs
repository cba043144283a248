//! The loss curve: a line of CSV for each report, and a picture of them all.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::checkpoint::Position;

const HEADER: &str = "stage,step,tokens,loss,held_out_bits_per_character,seconds";

/// Measurements after a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The step.
    pub position: Position,
    /// Tokens so far in this stage.
    pub tokens: usize,
    /// Mean loss since the point before, in nats a token.
    pub loss: f32,
    /// Of the held-out stories, if they were read after this step.
    pub bits_per_character: Option<f64>,
    /// Seconds since this run was started or resumed.
    pub seconds: u64,
}

/// The points of a run, kept in `loss.csv` and drawn in `loss.svg`.
#[derive(Clone, Debug)]
pub struct Curve {
    folder: PathBuf,
    points: Vec<Point>,
}

impl Curve {
    /// The curve of a folder, up to where a run is resumed.
    pub fn open(folder: &Path, until: Position) -> Result<Curve> {
        let mut points = Vec::new();
        let path = folder.join("loss.csv");
        if path.exists() {
            for line in std::fs::read_to_string(&path)?.lines().skip(1) {
                let point = parse(line)
                    .with_context(|| format!("{} has the line {line}", path.display()))?;
                points.push(point);
            }
        }
        points.retain(|point| point.position <= until);
        Ok(Curve { folder: folder.to_owned(), points })
    }

    /// All points.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Adds a point and writes both files.
    pub fn push(&mut self, point: Point) -> Result<()> {
        self.points.push(point);
        std::fs::write(self.folder.join("loss.csv"), self.csv())?;
        std::fs::write(self.folder.join("loss.svg"), self.svg())?;
        Ok(())
    }

    fn csv(&self) -> String {
        let mut text = format!("{HEADER}\n");
        for point in &self.points {
            let Point { position, tokens, loss, bits_per_character, seconds } = point;
            let bits =
                bits_per_character.map_or_else(String::new, |bits| format!("{bits:.5}"));
            let _ = writeln!(
                text,
                "{},{},{tokens},{loss:.4},{bits},{seconds}",
                position.stage, position.step
            );
        }
        text
    }

    /// Loss (line) and bits per character (dots) over the points of both stages.
    fn svg(&self) -> String {
        const SIZE: (f64, f64) = (720.0, 360.0);
        const EDGE: f64 = 44.0;
        let highest = self.points.iter().map(|p| p.loss).fold(0.5, f32::max);
        let across = SIZE.0 - 2.0 * EDGE;
        let x = |i: usize| EDGE + across * i as f64 / self.points.len().max(2) as f64;
        let y = |value: f64| {
            SIZE.1 - EDGE - (SIZE.1 - 2.0 * EDGE) * value / f64::from(highest)
        };
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
            SIZE.0, SIZE.1
        );
        for value in 0..=highest.floor() as usize {
            let y = y(value as f64);
            let _ = writeln!(
                text,
                "<path d=\"M{EDGE} {y:.1}H{:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
                SIZE.0 - EDGE,
                EDGE - 8.0,
                y + 4.0
            );
        }
        let line: Vec<String> = self
            .points
            .iter()
            .enumerate()
            .map(|(i, p)| format!("{:.1},{:.1}", x(i), y(f64::from(p.loss))))
            .collect();
        let _ = writeln!(
            text,
            "<polyline fill=\"none\" stroke=\"#35c\" points=\"{}\"/>",
            line.join(" ")
        );
        for (i, point) in self.points.iter().enumerate() {
            if let Some(bits) = point.bits_per_character {
                let _ = writeln!(
                    text,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"#c33\"/>",
                    x(i),
                    y(bits)
                );
            }
        }
        text + "<text x=\"52\" y=\"28\" fill=\"#35c\">loss, nats a token</text>\
                <text x=\"220\" y=\"28\" fill=\"#c33\">held out, bits per character</text>\n</svg>\n"
    }
}

fn parse(line: &str) -> Option<Point> {
    let fields: Vec<&str> = line.split(',').collect();
    let &[stage, step, tokens, loss, bits, seconds] = fields.as_slice() else {
        return None;
    };
    Some(Point {
        position: Position { stage: stage.parse().ok()?, step: step.parse().ok()? },
        tokens: tokens.parse().ok()?,
        loss: loss.parse().ok()?,
        bits_per_character: bits.parse().ok(),
        seconds: seconds.parse().ok()?,
    })
}
