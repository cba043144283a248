//! The page with everything around it: engines that answer late, in another order, twice or
//! not at all, timers, a clipboard, and a storage that outlives the page.

use std::collections::VecDeque;

use protocol::{Command, ErrorCode, Event, Reply, Request, RequestId};

use super::super::sharing::asked;
use super::answers::answers;
use super::engine::{Model, failed};
use super::steps::{Step, StepEvent};
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{BackendKind, Draft, Knob, ServerModels, SharingAction, State};
use crate::update::{begin, update};

/// A page with everything around it.
pub(super) struct World {
    pub(super) state: State,
    connection: Option<Connection>,
    /// Actions that wait to be dispatched.
    waiting: VecDeque<Action>,
    /// Replies that were delivered, and may be delivered again.
    delivered: Vec<Reply>,
    /// Replies of closed connections.
    late: Vec<(u32, Reply)>,
    /// The link or the trace that was made last.
    shared: Option<String>,
    /// How many effects the last action had.
    pub(super) effects: usize,
    /// The person has dismissed a problem.
    pub(super) dismissed: bool,
    /// Whether the last reply brought tokens for a text.
    pub(super) brought_text: bool,
}

struct Connection {
    generation: u32,
    backend: BackendKind,
    open: bool,
    loaded: Option<Model>,
    queue: Vec<Waiting>,
}

/// A request, with its remaining events once the engine has begun it.
struct Waiting {
    request: Request,
    events: Option<VecDeque<Event>>,
}

impl World {
    pub(super) fn new() -> World {
        World::with(State::default())
    }

    /// A page that begins with a state.
    pub(super) fn with(mut state: State) -> World {
        state.engine.page = "http://localhost:5005/".into();
        let effects = begin(&mut state);
        let mut world = World {
            state,
            connection: None,
            waiting: VecDeque::new(),
            delivered: Vec::new(),
            late: Vec::new(),
            shared: None,
            effects: 0,
            dismissed: false,
            brought_text: false,
        };
        world.perform(effects);
        world
    }

    /// Takes a step of a sequence.
    pub(super) fn take(&mut self, step: Step) {
        self.brought_text = false;
        self.effects = 0;
        match step.event(&self.state) {
            StepEvent::Act(action) => {
                self.dismissed |= action == Action::Dismiss;
                self.act(action);
            }
            StepEvent::Deliver => self.deliver(step.a as usize),
            StepEvent::DeliverMany => (0..40).for_each(|_| self.deliver(0)),
            StepEvent::Fail => self.fail(step.a as usize),
            StepEvent::Again => self.deliver_again(step.a as usize),
            StepEvent::Late => self.deliver_late(),
            StepEvent::Die => self.link(LinkEvent::Died("it broke".into())),
            StepEvent::Timer => {
                if let Some(action) = self.waiting.pop_front() {
                    self.act(action);
                }
            }
            StepEvent::OpenShared => {
                let shared = self.shared.clone();
                self.act(Action::Sharing(SharingAction::FileRead(shared)));
            }
            StepEvent::Reload => self.reload(),
        }
    }

    /// Delivers everything until nothing is left. False if that does not end.
    pub(super) fn settle(&mut self) -> bool {
        for _ in 0..4_000 {
            if self.can_deliver() {
                self.deliver(0);
            } else if let Some(action) = self.waiting.pop_front() {
                self.act(action);
            } else {
                return true;
            }
        }
        false
    }

    fn act(&mut self, action: Action) {
        let effects = update(&mut self.state, action);
        self.effects += effects.len();
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Connect { generation, backend, .. } => {
                    self.disconnect();
                    self.connection = Some(Connection {
                        generation,
                        backend,
                        open: false,
                        loaded: None,
                        queue: Vec::new(),
                    });
                }
                Effect::Disconnect => self.disconnect(),
                Effect::Send(request) => self.send(request),
                Effect::After { action, .. } => self.waiting.push_back(action),
                Effect::Probe => {
                    let server = ServerModels::default();
                    self.waiting.push_back(Action::ServerProbed(Some(server)));
                }
                Effect::ReadCatalogue => {
                    self.waiting.push_back(Action::CatalogueRead(None));
                }
                Effect::RollSeed => {
                    self.waiting.push_back(Action::TurnKnob(Knob::Seed, 7.0));
                }
                Effect::AskSharing { request, purpose } => {
                    let answer = Some(asked(&request));
                    let answered = SharingAction::Answered(purpose, answer);
                    self.waiting.push_back(Action::Sharing(answered));
                }
                // What was shared is opened at some later time.
                Effect::CopyAddress(link) => {
                    self.shared = Some(link);
                }
                Effect::Save { text, .. } => self.shared = Some(text),
                Effect::Copy(text) => {
                    self.waiting.push_back(Action::Copied(text.len().is_multiple_of(2)));
                }
                _ => {}
            }
        }
    }

    fn send(&mut self, request: Request) {
        // Replies of a cancelled request may be on their way already.
        if let (Some(connection), false) =
            (&mut self.connection, matches!(request.command, Command::Cancel { .. }))
        {
            assert!(connection.open, "{request:?} was sent before anyone listens");
            connection.queue.push(Waiting { request, events: None });
        }
    }

    fn disconnect(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let generation = connection.generation;
        for waiting in connection.queue {
            let Waiting { request, events } = waiting;
            let mut loaded = connection.loaded;
            let events = events.unwrap_or_else(|| {
                answers(&mut loaded, connection.backend, &request.command).into()
            });
            let id = request.id;
            let replies = events.into_iter().map(|event| Reply { id, event });
            self.late.extend(replies.map(|reply| (generation, reply)));
        }
    }

    fn can_deliver(&self) -> bool {
        self.connection.as_ref().is_some_and(|c| !c.open || !c.queue.is_empty())
    }

    fn link(&mut self, event: LinkEvent) {
        if let Some(connection) = &mut self.connection {
            if event == LinkEvent::Open {
                connection.open = true;
            }
            let generation = connection.generation;
            if matches!(event, LinkEvent::Died(_)) {
                self.disconnect();
            }
            self.act(Action::Link { generation, event });
        }
    }

    /// The next event of one of the requests, in any order. Only a change of model keeps its
    /// place in the order.
    fn next(&mut self, which: usize) -> Option<(RequestId, Event)> {
        let connection = self.connection.as_mut()?;
        let loads = |waiting: &Waiting| {
            matches!(waiting.request.command, Command::Load { .. } | Command::Describe)
        };
        let before = connection.queue.iter().position(loads);
        let among = before.map_or(connection.queue.len(), |at| at.max(1));
        let index = which.checked_rem(among)?;
        let Waiting { request, events } = &mut connection.queue[index];
        let id = request.id;
        let events = events.get_or_insert_with(|| {
            answers(&mut connection.loaded, connection.backend, &request.command).into()
        });
        let event = events.pop_front();
        if events.is_empty() {
            connection.queue.remove(index);
        }
        Some((id, event?))
    }

    fn deliver(&mut self, which: usize) {
        if self.connection.as_ref().is_some_and(|connection| !connection.open) {
            return self.link(LinkEvent::Open);
        }
        if let Some((id, event)) = self.next(which) {
            self.reply(Reply { id, event });
        }
    }

    fn reply(&mut self, reply: Reply) {
        self.brought_text |=
            matches!(reply.event, Event::Tokenized { .. } | Event::Token(_));
        self.delivered.push(reply.clone());
        self.link(LinkEvent::Reply(Box::new(reply)));
    }

    fn fail(&mut self, which: usize) {
        if self.connection.as_ref().is_some_and(|connection| connection.open)
            && let Some((id, _)) = self.next(which)
            && let Some(connection) = &mut self.connection
        {
            connection.queue.retain(|waiting| waiting.request.id != id);
            let codes = [ErrorCode::Internal, ErrorCode::Busy, ErrorCode::OutOfMemory];
            self.reply(Reply { id, event: failed(codes[which % codes.len()]) });
        }
    }

    fn deliver_again(&mut self, which: usize) {
        if let Some(index) = which.checked_rem(self.delivered.len()) {
            let reply = self.delivered[index].clone();
            self.link(LinkEvent::Reply(Box::new(reply)));
        }
    }

    fn deliver_late(&mut self) {
        if let Some((generation, reply)) = self.late.pop() {
            let event = LinkEvent::Reply(Box::new(reply));
            self.act(Action::Link { generation, event });
        }
    }

    fn reload(&mut self) {
        let draft = serde_json::to_string(&Draft::of(&self.state)).unwrap_or_default();
        let mut state = State::default();
        let draft: Draft = serde_json::from_str(&draft).unwrap_or_default();
        draft.restore(&mut state);
        state.engine.source = self.state.engine.source.clone();
        *self = World::with(state);
    }
}
