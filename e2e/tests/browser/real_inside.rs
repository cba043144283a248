//! What both builds of the worker find inside of a real model, SmolLM2-135M-Instruct in Q4_1,
//! against what transformers says in f32.

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{
    Command, Event, Finding, Inspection, ModelSource, OcclusionUnit, Precision,
};
use serde_json::Value;
use test_support::{data, real_model};

/// How far a probability, a weight or a logarithm may be from f32.
const TOLERANCE: f64 = 0.01;

#[tokio::test]
async fn the_fastest_build_finds_what_transformers_finds() -> Result<()> {
    on_a_real_model(Headers::Isolating).await
}

#[tokio::test]
async fn the_widest_build_finds_what_transformers_finds() -> Result<()> {
    on_a_real_model(Headers::Plain).await
}

/// Checks the build that these headers allow.
async fn on_a_real_model(headers: Headers) -> Result<()> {
    let Some(reference) = data("smollm2/real-model-reference.json") else {
        return Ok(());
    };
    let Some(file) = real_model() else { return Ok(()) };
    let file = file.canonicalize()?;
    let reference: Value = serde_json::from_slice(&std::fs::read(reference)?)?;
    let prompts = reference["prompts"].as_array().context("there are prompts")?;
    let folder = file.parent().context("a file lies in a folder")?;
    let site = Site::start("/", headers, &[("real", folder)]).await;
    let browser = Browser::start().await?;
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let source = ModelSource::Address { url: site.url(&format!("real/{name}")) };
    let load = Command::Load { source, precision: Precision::Auto };
    let loaded = link.answer(1, load).await?;
    ensure!(matches!(loaded, Event::Ready(_)), "{loaded:?}");
    for prompt in prompts {
        check(&mut link, prompt).await?;
    }
    browser.quit().await
}

async fn check(link: &mut impl Link, prompt: &Value) -> Result<()> {
    let ids: Vec<u32> = serde_json::from_value(prompt["ids"].clone())?;
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let near = |found: f64, expected: &Value| {
        let expected = number(expected);
        ensure!((found - expected).abs() <= TOLERANCE, "{found}, not {expected}");
        Ok(())
    };
    let lens = Inspection::Lens { positions: 1, candidates: 20, follow: vec![] };
    let found = findings(link, &ids, lens).await?;
    let [Finding::Lens(lens)] = &found[..] else { bail!("{found:?}") };
    let expected = prompt["logit_lens_last_position"].as_array().context("a lens")?;
    ensure!(lens.layers.len() == expected.len());
    for (layer, expected) in lens.layers.iter().zip(expected) {
        for top in expected["top"].as_array().context("tokens")? {
            let is_it = |own: &&protocol::RankedToken| {
                Some(own.token.id.into()) == top[0].as_u64()
            };
            let own = layer.top.iter().find(is_it);
            near(own.map_or(0.0, |own| own.probability.into()), &top[1])?;
        }
    }
    let found = findings(link, &ids, Inspection::Attention { layer: None }).await?;
    let [Finding::Attention(attention)] = &found[..] else { bail!("{found:?}") };
    let layers = prompt["attention_last_query"].as_object().context("layers")?;
    for (layer, heads) in layers {
        let layer = &attention.layers[layer.parse::<usize>()?];
        for (own, head) in layer.heads.iter().zip(heads.as_array().context("heads")?) {
            for (weight, expected) in own.iter().zip(head.as_array().context("weights")?)
            {
                near((*weight).into(), expected)?;
            }
        }
    }
    let expected = &prompt["occlusion"];
    let target = expected["target"].as_u64().map(|id| id as u32);
    let question = Inspection::Occlusion { target, unit: OcclusionUnit::Token, from: 0 };
    let found = findings(link, &ids, question).await?;
    ensure!(found.len() == ids.len() + 1, "{found:?}");
    for finding in &found {
        match finding {
            Finding::Occlusion(start) => {
                near(start.log_probability, &expected["full_logprob"])?;
            }
            Finding::Occluded(part) => {
                let without = &expected["logprob_without_token"][part.start as usize];
                near(part.log_probability, without)?;
            }
            other => bail!("{other:?}"),
        }
    }
    Ok(())
}

async fn findings(
    link: &mut impl Link,
    ids: &[u32],
    question: Inspection,
) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for event in link.ask(2, Command::Inspect { ids: ids.to_vec(), question }).await? {
        match event {
            Event::Finding(finding) => found.push(finding),
            Event::Progress(_) | Event::Inspected { .. } => (),
            other => bail!("{other:?}"),
        }
    }
    Ok(found)
}
