//! The embedded journal as a world for the conformance suite, with a platter that can be held up.

use std::{
    io,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tempfile::TempDir;

use super::{
    conformance::{Fault, World},
    wait,
};
use crate::{
    embedded::{Embedded, FileFsync, Fsync, Options},
    keyed::Keyed,
    log::Journal,
};

/// A gate in front of the platter.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);
impl Gate {
    fn hold(&self, held: bool) {
        *self.0.0.lock().unwrap() = held;
        self.0.1.notify_all();
    }
}

struct Gated {
    gate: Gate,
    file: FileFsync,
}
impl Fsync for Gated {
    fn fsync(&self) -> io::Result<()> {
        let held = self.gate.0.0.lock().unwrap();
        drop(self.gate.0.1.wait_while(held, |held| *held).unwrap());
        self.file.fsync()
    }
}

/// An embedded journal in a directory of its own.
pub struct EmbeddedWorld {
    dir: TempDir,
    gate: Gate,
    journal: Mutex<Option<Arc<Embedded>>>,
}

impl EmbeddedWorld {
    /// A new, empty one.
    pub fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap(), gate: Gate::default(), journal: Mutex::default() };
        world.open();
        world
    }

    fn open(&self) {
        // The file must be there for a handle on it; sled fills it.
        let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(self.dir.path().join("db")).unwrap();
        drop(file);
        let file = FileFsync::of(&self.dir.path().join("db")).unwrap();
        let options = Options {
            ack_wait: Duration::from_secs(1),
            answer_within: Duration::from_millis(500),
            fsync: Some(Box::new(Gated { gate: self.gate.clone(), file })),
            ..Options::default()
        };
        *self.journal.lock().unwrap() = Some(Embedded::open_with(self.dir.path(), options).unwrap());
    }

    fn current(&self) -> Arc<Embedded> {
        Arc::clone(self.journal.lock().unwrap().as_ref().unwrap())
    }
}

impl Default for EmbeddedWorld {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for EmbeddedWorld {
    /// A case that failed under a fault must not wait for it for ever.
    fn drop(&mut self) {
        self.gate.hold(false);
    }
}

#[async_trait]
impl World for EmbeddedWorld {
    fn journal(&self) -> Arc<dyn Journal> {
        self.current()
    }
    fn other(&self) -> Arc<dyn Journal> {
        self.current()
    }
    fn keyed(&self) -> Arc<dyn Keyed> {
        self.current()
    }
    async fn fault(&self, fault: Fault) {
        self.gate.hold(fault != Fault::None);
    }
    async fn restart(&self) {
        let mut journal = self.journal.lock().unwrap().take();
        wait::until("the case lets go of the journal", || {
            if Arc::strong_count(journal.as_ref().unwrap()) == 1 {
                journal = None;
            }
            std::future::ready(journal.is_none().then_some(()))
        })
        .await;
        self.open();
    }
}
