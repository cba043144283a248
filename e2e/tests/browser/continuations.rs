//! The part of the conformance suite about what could follow a text: words that are looked up,
//! trees of continuations, comparisons and whole distributions.

use anyhow::{Result, bail, ensure};
use e2e::Link;
use protocol::{
    Command, ComparedText, Event, FinishReason, GrowMode, GrowSettings, SamplerSettings,
    TokenizeOptions, WordForm,
};

use crate::questions::{distribution, next, settings};

pub(crate) async fn tells_what_could_follow(link: &mut impl Link) -> Result<()> {
    reads_continuations(link).await?;
    looks_up_words(link).await?;
    grows_trees(link).await?;
    compares(link).await?;
    tells_whole_distributions(link).await
}

async fn reads_continuations(link: &mut impl Link) -> Result<()> {
    let mut ids = Vec::new();
    for (id, special_tokens) in [(200, false), (201, true)] {
        let options = TokenizeOptions { special_tokens, continuation: true };
        let command = Command::Tokenize { text: "a<|im_end|>".into(), options };
        let Event::Tokenized { tokens } = link.answer(id, command).await? else {
            bail!("no tokens")
        };
        ids.push(tokens.iter().filter(|token| token.special).count());
    }
    ensure!(ids == [0, 1], "{ids:?}");
    Ok(())
}

async fn looks_up_words(link: &mut impl Link) -> Result<()> {
    let ids: Vec<u32> = (40..70).collect();
    let before = distribution(link.answer(210, next(ids.clone(), settings())).await?)?;
    let texts = vec!["cat".to_owned(), "<|im_end|>".to_owned()];
    let command = Command::LookUp { ids: ids.clone(), texts, settings: settings() };
    let events = link.ask(211, command).await?;
    let Some(Event::LookedUp(answer)) = events.last() else { bail!("{events:?}") };
    ensure!(events.iter().any(|event| matches!(event, Event::Word(_))), "{events:?}");
    let forms: Vec<(u32, WordForm)> =
        answer.words.iter().map(|word| (word.text, word.form)).collect();
    use WordForm::{AsTyped, SpecialTokens, WithSpace};
    ensure!(
        forms
            == [
                (0, AsTyped),
                (0, WithSpace),
                (1, AsTyped),
                (1, WithSpace),
                (1, SpecialTokens)
            ],
        "{forms:?}"
    );
    for word in &answer.words {
        ensure!(word.is_complete(), "{word:?}");
        let sum: f64 =
            word.tokens.iter().map(|token| f64::from(token.probability).ln()).sum();
        ensure!((sum - word.log_probability).abs() < 1e-4, "{word:?}");
    }
    // The second token of "cat" has the numbers that it has step by step.
    let cat = &answer.words[0];
    let command = Command::NextToken {
        ids: [ids.clone(), vec![cat.tokens[0].token.id]].concat(),
        settings: settings(),
        candidates: 1,
        watch: vec![cat.tokens[1].token.id],
    };
    let step = distribution(link.answer(212, command).await?)?;
    let (stepped, looked_up) = (&step.watched[0], &cat.tokens[1]);
    ensure!(stepped.rank == looked_up.rank);
    ensure!((stepped.probability - looked_up.probability).abs() < 1e-5);
    // The text is as it was.
    let again = distribution(link.answer(213, next(ids, settings())).await?)?;
    ensure!(again.candidates == before.candidates);
    ensure!(again.timings.forward_tokens == step.timings.forward_tokens);
    Ok(())
}

async fn grows_trees(link: &mut impl Link) -> Result<()> {
    let ids: Vec<u32> = (40..70).collect();
    for (id, mode) in [(220, GrowMode::Tree), (221, GrowMode::Beam)] {
        let growth = GrowSettings { mode, depth: 3, width: 3, ..Default::default() };
        let events = link.ask(id, Command::Grow { ids: ids.clone(), growth }).await?;
        let Some(Event::Grown(end)) = events.last() else { bail!("{events:?}") };
        let nodes: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::Nodes { nodes } => Some(nodes),
                _ => None,
            })
            .flatten()
            .collect();
        ensure!(nodes.len() == end.nodes as usize && nodes.len() >= 9, "{end:?}");
        let first =
            distribution(link.answer(id + 10, next(ids.clone(), settings())).await?)?;
        ensure!(nodes[0].token == first.candidates[0].token);
        let p = nodes[0].score.probability - first.candidates[0].probability;
        ensure!(p.abs() < 1e-6);
        if mode == GrowMode::Beam {
            ensure!(end.ends.len() == 3, "{end:?}");
        }
    }
    let growth = GrowSettings { depth: 32, width: 16, nodes: 512, ..Default::default() };
    // A text that takes long to read, so that Stop comes in time.
    let ids: Vec<u32> = (0..6000).map(|i| 10 + i % 200).collect();
    link.send(235, Command::Grow { ids, growth }).await?;
    link.send(236, Command::Cancel { request: protocol::RequestId(235) }).await?;
    let events = link.events(235).await?;
    let Some(Event::Finished { reason: FinishReason::Cancelled, .. }) = events.last()
    else {
        bail!("{events:?}")
    };
    Ok(())
}

async fn compares(link: &mut impl Link) -> Result<()> {
    let side =
        |ids: &[u32], settings| Box::new(ComparedText { ids: ids.to_vec(), settings });
    let (first, second) =
        (side(&[40, 41, 42], settings()), side(&[40, 90, 91], settings()));
    let command = Command::Compare { first, second, candidates: 5 };
    let Event::Compared(texts) = link.answer(240, command).await? else {
        bail!("no comparison")
    };
    ensure!(texts.p.jensen_shannon > 0.0 && texts.p.jensen_shannon <= 1.0);
    ensure!(texts.candidates.len() >= 5 && texts.candidates.len() <= 10);
    let greedy = SamplerSettings { temperature: 0.0, ..settings() };
    let (first, second) = (side(&[40, 41], settings()), side(&[40, 41], greedy));
    let command = Command::Compare { first, second, candidates: 5 };
    let Event::Compared(samplers) = link.answer(241, command).await? else {
        bail!("no comparison")
    };
    ensure!(samplers.p.jensen_shannon == 0.0 && samplers.q.first_from_second.is_none());
    Ok(())
}

async fn tells_whole_distributions(link: &mut impl Link) -> Result<()> {
    let ids = vec![40, 41, 42];
    let shown = distribution(link.answer(250, next(ids.clone(), settings())).await?)?;
    let Event::LogProbabilities(packed) =
        link.answer(251, Command::LogProbabilities { ids }).await?
    else {
        bail!("no log probabilities")
    };
    let Some(values) = packed.values() else { bail!("damaged numbers") };
    ensure!(values.len() == 259);
    for candidate in &shown.candidates {
        let p = values[candidate.token.id as usize].exp();
        ensure!((p - candidate.probability).abs() < 1e-6);
    }
    Ok(())
}
