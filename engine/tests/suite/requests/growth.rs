//! Trees of continuations and beam search, held against a search step by step.

use super::*;
use protocol::{GrowMode, GrowSettings, GrownNode, Growth};
use std::collections::HashMap;

const IDS: [TokenId; 4] = [10, 11, 12, 13];

fn grow(growth: GrowSettings) -> Command {
    Command::Grow { ids: IDS.to_vec(), growth }
}

fn grown(engine: &mut Engine<u8>, command: Command) -> (Vec<GrownNode>, Growth) {
    let mut events = ask(engine, command);
    let Some(Event::Grown(growth)) = events.pop() else { panic!("{events:?}") };
    let nodes = events.into_iter().flat_map(|event| match event {
        Event::Nodes { nodes } => nodes,
        Event::Progress(_) => Vec::new(),
        other => panic!("{other:?}"),
    });
    let nodes: Vec<GrownNode> = nodes.collect();
    assert_eq!(growth.nodes as usize, nodes.len());
    assert!((1..).zip(&nodes).all(|(number, node)| node.node == number));
    (nodes, growth)
}

/// The text of a node.
fn text(nodes: &[GrownNode], mut node: u32) -> Vec<TokenId> {
    let mut path = Vec::new();
    while node > 0 {
        let found = &nodes[node as usize - 1];
        path.push(found.token.id);
        node = found.parent;
    }
    path.extend(IDS.iter().rev());
    path.reverse();
    path
}

/// The most probable tokens after a text, each with its ln p.
fn top(engine: &mut Engine<u8>, text: &[TokenId], count: u32) -> Vec<(TokenId, f64)> {
    let ids = text.to_vec();
    let settings = SamplerSettings::default();
    let command =
        Command::NextToken { ids, settings, candidates: count, watch: Vec::new() };
    let candidates = distribution(engine, command).candidates.into_iter();
    candidates.map(|c| (c.token.id, f64::from(c.probability).ln())).collect()
}

#[test]
fn a_tree_has_the_most_probable_tokens_after_each_of_its_texts() {
    let growth = GrowSettings { depth: 3, width: 3, nodes: 512, ..Default::default() };
    let (nodes, end) = grown(&mut engine(Kind::Instruct), grow(growth));
    assert!(!end.limited);
    let mut reference = engine(Kind::Instruct);
    let mut children: HashMap<u32, Vec<&GrownNode>> = HashMap::new();
    for node in &nodes {
        children.entry(node.parent).or_default().push(node);
        assert!(node.parent < node.node, "parents come first");
    }
    assert!(children.len() > 9);
    for (parent, children) in children {
        let before = text(&nodes, parent);
        let so_far = match parent {
            0 => 0.0,
            parent => nodes[parent as usize - 1].log_probability,
        };
        let expected = top(&mut reference, &before, 3);
        assert_eq!(children.len(), 3);
        for (child, (id, log_p)) in children.iter().zip(expected) {
            assert_eq!(child.token.id, id);
            assert!((child.log_probability - so_far - log_p).abs() < 1e-5);
            let score = child.score;
            assert!((f64::from(score.probability).ln() - log_p).abs() < 1e-5);
            assert!((f64::from(score.surprisal_bits) + log_p.log2_of_e()).abs() < 1e-4);
        }
    }
    let log_p = |node: &u32| nodes[*node as usize - 1].log_probability;
    assert!(end.ends.is_sorted_by(|a, b| log_p(a) >= log_p(b)));
}

trait Log2OfE {
    fn log2_of_e(self) -> f64;
}

impl Log2OfE for f64 {
    /// Nats in bits.
    fn log2_of_e(self) -> f64 {
        self * std::f64::consts::LOG2_E
    }
}

#[test]
fn many_paths_go_through_the_model_in_one_pass_and_leave_the_text_alone() {
    let mut engine = engine(Kind::Instruct);
    let now = distribution(&mut engine, next(&IDS));
    let before = engine.stats();
    let growth = GrowSettings { depth: 4, width: 4, nodes: 512, ..Default::default() };
    let (nodes, _) = grown(&mut engine, grow(growth));
    let stats = engine.stats();
    // 1 + 4 + 16 + 64 inner nodes; the first costs nothing, and some paths end early.
    assert!(nodes.len() > 250, "{}", nodes.len());
    let passes = stats.passes - before.passes;
    assert!(passes < 20, "{passes}");
    assert_eq!(stats.cache_bytes, before.cache_bytes);
    let again = distribution(&mut engine, next(&IDS));
    assert_eq!(again.candidates, now.candidates);
    assert_eq!(again.timings.forward_tokens, stats.forward_tokens);
}

#[test]
fn mass_and_probability_limit_the_tree_and_so_does_the_number_of_nodes() {
    let mut engine = engine(Kind::Instruct);
    let wide = GrowSettings { depth: 1, width: 16, ..Default::default() };
    let (all, _) = grown(&mut engine, grow(wide));
    assert_eq!(all.len(), 16);
    let p: Vec<f32> = all.iter().map(|node| node.score.probability).collect();
    // The fewest that reach the mass of the first two.
    let mass = p[0] + p[1] / 2.0;
    let (few, _) = grown(&mut engine, grow(GrowSettings { mass, ..wide }));
    assert_eq!(few.len(), 2);
    let min_probability = (p[2] + p[3]) / 2.0;
    let (probable, _) =
        grown(&mut engine, grow(GrowSettings { min_probability, ..wide }));
    assert_eq!(probable.len(), 3);
    let limited = GrowSettings { depth: 9, width: 5, nodes: 37, ..Default::default() };
    let (nodes, end) = grown(&mut engine, grow(limited));
    assert_eq!((nodes.len(), end.limited), (37, true));
}

#[test]
fn a_beam_search_keeps_the_best_paths_of_each_depth() {
    for width in [1, 3, 5] {
        let mode = GrowMode::Beam;
        let growth =
            GrowSettings { mode, depth: 4, width, nodes: 512, ..Default::default() };
        let mut engine = engine(Kind::Instruct);
        let (nodes, end) = grown(&mut engine, grow(growth));
        let found: Vec<(Vec<TokenId>, f64)> = end
            .ends
            .iter()
            .map(|end| (text(&nodes, *end), nodes[*end as usize - 1].log_probability))
            .collect();
        // The same by hand.
        let mut reference = self::engine(Kind::Instruct);
        let description = reference.session().unwrap().description().clone();
        let mut beams: Vec<(Vec<TokenId>, f64)> = vec![(IDS.to_vec(), 0.0)];
        for _ in 0..4 {
            let mut next = Vec::new();
            for (text, log_p) in beams {
                let last = *text.last().unwrap();
                if text.len() > IDS.len() && description.end_of_generation.contains(&last)
                {
                    next.push((text, log_p));
                    continue;
                }
                for (id, more) in top(&mut reference, &text, width) {
                    next.push(([&text[..], &[id]].concat(), log_p + more));
                }
            }
            next.sort_by(|a, b| b.1.total_cmp(&a.1));
            next.truncate(width as usize);
            beams = next;
        }
        assert_eq!(found.len(), beams.len());
        for ((text, log_p), (expected, expected_log_p)) in found.iter().zip(&beams) {
            assert_eq!(text, expected, "width {width}");
            assert!((log_p - expected_log_p).abs() < 1e-4);
        }
    }
}

#[test]
fn growing_can_be_cancelled_and_frees_what_it_took() {
    let mut engine = engine(Kind::Instruct);
    distribution(&mut engine, next(&IDS));
    let before = engine.stats().cache_bytes;
    let growth = GrowSettings { depth: 32, width: 16, nodes: 512, ..Default::default() };
    engine.submit(0, request(5, grow(growth)), &mut |_, _| ());
    let mut nodes = 0;
    for _ in 0..2 {
        engine.step(&mut |_, reply| {
            nodes += usize::from(matches!(reply.event, Event::Nodes { .. }));
        });
    }
    assert!(nodes > 0 && engine.stats().cache_bytes > before);
    engine.forget(&0);
    assert_eq!(engine.stats().cache_bytes, before);
}

#[test]
fn limits_out_of_their_range_are_refused() {
    let mut engine = engine(Kind::Instruct);
    let usual = GrowSettings::default();
    for growth in [
        GrowSettings { depth: 0, ..usual },
        GrowSettings { depth: limits::MAX_GROW_DEPTH + 1, ..usual },
        GrowSettings { width: 0, ..usual },
        GrowSettings { nodes: limits::MAX_GROW_NODES + 1, ..usual },
        GrowSettings { mass: 0.0, ..usual },
        GrowSettings { mass: f32::NAN, ..usual },
        GrowSettings { min_probability: -0.1, ..usual },
    ] {
        assert_eq!(failure(&mut engine, grow(growth)), ErrorCode::InvalidSettings);
    }
    let command = Command::Grow { ids: Vec::new(), growth: usual };
    assert_eq!(failure(&mut engine, command), ErrorCode::EmptyPrompt);
}
