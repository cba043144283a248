//! The branches: all texts of this visit as stretches between forks, and how they grow.

use protocol::GrowMode;
use web_sys::{HtmlInputElement, HtmlSelectElement};

use super::copies::Copies;
use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::figures::{numbers_of, text_of};
use crate::state::{Purpose, State, fork_of, stretches_of};
use crate::texts;
use crate::view::controls::set_untyped as set;

/// The elements of the branches.
#[derive(Debug)]
pub(super) struct BranchesView {
    depth: HtmlInputElement,
    width: HtmlInputElement,
    mass: HtmlInputElement,
    least: HtmlInputElement,
    mode: HtmlSelectElement,
    grow: Slot,
    stop: Slot,
    said: Slot,
    note: Slot,
    rows: Copies,
    /// The steps between the ways at a fork, beneath the running text.
    fork: Slot,
    way: Slot,
}

impl BranchesView {
    pub(super) fn new(page: &Page) -> Result<BranchesView, String> {
        Ok(BranchesView {
            depth: page.input("grow-depth")?,
            width: page.input("grow-width")?,
            mass: page.input("grow-mass")?,
            least: page.input("grow-least")?,
            mode: page.select("grow-mode")?,
            grow: page.slot("grow")?,
            stop: page.slot("grow-stop")?,
            said: page.slot("grown")?,
            note: page.slot("branches-note")?,
            rows: Copies::new(
                page,
                "branch-rows",
                "branch-template",
                &["button", ".stretch", ".numbers", ".edge"],
            )?,
            fork: page.slot("fork")?,
            way: page.slot("fork-way")?,
        })
    }

    /// Renders the steps at a fork, which are there whether or not the tool is open.
    pub(super) fn render_fork(&self, state: &State) {
        let tree = &state.explorer.tree;
        let at = state.branches.fork_at(tree, state.explorer.look_back);
        let fork = fork_of(tree, at);
        self.fork.show(fork.is_some());
        if let Some((_, ways, here)) = fork {
            self.way.text(&texts::branches::way_shown(here, ways.len()));
        }
    }

    pub(super) fn render(&mut self, state: &State) {
        let growth = &state.branches.growth;
        set(&self.depth, &growth.depth.to_string());
        set(&self.width, &growth.width.to_string());
        set(&self.mass, &crate::format::knob(growth.mass));
        set(&self.least, &crate::format::knob(growth.min_probability));
        let mode = match growth.mode {
            GrowMode::Tree => "tree",
            GrowMode::Beam => "beam",
        };
        if self.mode.value() != mode {
            self.mode.set_value(mode);
        }
        let grows = state.requests.any(|purpose| matches!(purpose, Purpose::Grow(_)));
        dom::show_one(&self.grow, &self.stop, grows);
        self.said.text(&texts::branches::came_to(&state.branches.came_to));
        let (stretches, left_out) = stretches_of(&state.explorer.tree);
        self.note.text(&match left_out {
            _ if stretches.is_empty() => texts::branches::EMPTY.into(),
            0 => String::new(),
            more => texts::branches::left_out(more),
        });
        let copies = self.rows.show(stretches.len()).iter();
        for (index, (copy, stretch)) in copies.zip(&stretches).enumerate() {
            let [button, text, numbers, edge] = &copy.parts[..] else { return };
            let shown = text_of(state, stretch);
            let (p, said) = numbers_of(state, stretch);
            copy.root.property("--depth", stretch.depth as f64);
            button.attribute("data-stretch", Some(&index.to_string()));
            button.attribute("aria-current", stretch.current.then_some("true"));
            // Tab reaches the first of them, the arrow keys the rest.
            button.attribute("tabindex", Some(if index == 0 { "0" } else { "-1" }));
            let label = texts::branches::stretch(&shown, stretch.current, &said);
            button.attribute("aria-label", Some(&label));
            edge.property("--share", p.unwrap_or(1.0).into());
            text.text(&shown);
            numbers.text(&said);
        }
    }
}
