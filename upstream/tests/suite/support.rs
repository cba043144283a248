//! A model as our own engine has it, and as an engine elsewhere tells of it.

use std::time::{Duration, Instant};

use engine::{Clock, Engine, Session, TextFiles};
use protocol::{
    Command, Distribution, Event, Failure, Reply, Request, RequestId, SamplerSettings,
    TokenId,
};
use random_model::{Kind, Shape, files};
use stand_in_upstream::{Behaviour, StandInUpstream};
use tokio::runtime::Runtime;
use upstream::{Settings, connect};

/// An engine elsewhere, with the runtime that it runs on.
pub(crate) struct Elsewhere {
    pub(crate) stand_ins: Vec<StandInUpstream>,
    runtime: Runtime,
}

/// The model, as our own engine has it.
pub(crate) fn session() -> Session {
    stand_in_upstream::session(files(&Shape::tiny(), Kind::Instruct, 1))
}

/// Its tokenizer.
pub(crate) fn text_files() -> TextFiles {
    let files = files(&Shape::tiny(), Kind::Instruct, 1);
    TextFiles {
        config: Some(files.config),
        tokenizer: Some(files.tokenizer),
        tokenizer_config: Some(files.tokenizer_config),
        ..TextFiles::default()
    }
}

impl Elsewhere {
    /// Engines that behave so.
    pub(crate) fn start(behaviours: impl IntoIterator<Item = Behaviour>) -> Elsewhere {
        let runtime = Runtime::new().unwrap();
        let start =
            |behaviour| runtime.block_on(StandInUpstream::start(session(), behaviour));
        let stand_ins = behaviours.into_iter().map(start).collect();
        Elsewhere { stand_ins, runtime }
    }

    /// How they are asked, with little patience.
    pub(crate) fn settings(&self) -> Settings {
        let addresses = self.stand_ins.iter().map(|it| it.url().parse().unwrap());
        Settings {
            patience: Duration::from_millis(2000),
            ..Settings::new(addresses.collect())
        }
    }

    /// Our engine over them.
    pub(crate) fn connect(&self, settings: &Settings) -> Result<Asked, Failure> {
        Ok(Asked::new(connect(settings, &text_files())?.session))
    }

    pub(crate) fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.runtime.enter()
    }
}

/// An engine that is asked one question after another.
pub(crate) struct Asked {
    engine: Engine<u8>,
    next: u32,
}

fn now_ms() -> f64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64() * 1000.0
}

impl Asked {
    pub(crate) fn new(session: Session) -> Asked {
        let clock = Clock { monotonic_ms: now_ms, unix_seconds: || 0 };
        let mut engine = Engine::new(clock);
        engine.set_session(session, &mut |_, _| ());
        Asked { engine, next: 0 }
    }

    /// All events of a command.
    ///
    /// # Panics
    /// If they do not end within a minute.
    pub(crate) fn ask(&mut self, command: Command) -> Vec<Event> {
        self.next += 1;
        let id = RequestId(self.next);
        let mut events = Vec::new();
        let mut note = |_: &u8, reply: Reply| {
            assert_eq!(reply.id, id);
            events.push(reply.event);
        };
        self.engine.submit(1, Request { id, command }, &mut note);
        let start = Instant::now();
        while self.engine.step(&mut note) {
            assert!(start.elapsed() < Duration::from_secs(60), "no answer");
        }
        let terminal = events.iter().filter(|event| event.is_terminal()).count();
        assert_eq!(terminal, 1, "{events:?}");
        events
    }

    /// The last event of a command.
    pub(crate) fn answer(&mut self, command: Command) -> Event {
        self.ask(command).pop().unwrap()
    }

    pub(crate) fn distribution(
        &mut self,
        ids: &[TokenId],
        settings: &SamplerSettings,
        watch: &[TokenId],
    ) -> Distribution {
        let command = Command::NextToken {
            ids: ids.to_vec(),
            settings: settings.clone(),
            candidates: 10,
            watch: watch.to_vec(),
        };
        match self.answer(command) {
            Event::Distribution(distribution) => distribution,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn session(&self) -> &Session {
        self.engine.session().unwrap()
    }
}
