//! All classes of the server, by their codes.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::refusal::Refusal;
use super::room::Room;

/// The most classes at a time.
const MAX_ROOMS: usize = 32;
/// How long a class stays after the last word in it.
const LIFETIME: Duration = Duration::from_secs(4 * 60 * 60);
/// The letters of codes: none that are taken for another.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// How many letters a code has.
const CODE_LETTERS: usize = 5;

/// A class that is shared by its connections.
pub(crate) struct Shared {
    room: Mutex<Room>,
    /// Told of every change.
    changes: watch::Sender<u64>,
    key: String,
    pass: String,
    used: Mutex<Instant>,
}

/// All classes.
#[derive(Clone, Default)]
pub(crate) struct Rooms(Arc<Mutex<HashMap<String, Arc<Shared>>>>);

impl Debug for Rooms {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        // Codes and keys are nobody's business.
        f.debug_struct("Rooms").finish_non_exhaustive()
    }
}

impl Rooms {
    /// Opens a class; its code and its key.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn open(&self) -> Result<(String, Arc<Shared>), Refusal> {
        let mut rooms = self.living();
        if rooms.len() >= MAX_ROOMS {
            return Err(Refusal::TOO_MANY);
        }
        let code = loop {
            let code = code();
            if !rooms.contains_key(&code) {
                break code;
            }
        };
        let (changes, _) = watch::channel(0);
        let (room, used) = (Mutex::default(), Mutex::new(Instant::now()));
        let (key, pass) = (secret(), secret());
        let shared = Arc::new(Shared { room, changes, key, pass, used });
        rooms.insert(code.clone(), shared.clone());
        Ok((code, shared))
    }

    /// The class of a code.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn find(&self, code: &str) -> Result<Arc<Shared>, Refusal> {
        let code = code.trim().to_ascii_uppercase();
        let found = lock(&self.0).get(&code).cloned();
        found.ok_or(Refusal::NO_CLASS)
    }

    /// The class that a pass lets into; none if there is none, or no longer.
    pub(crate) fn let_in(&self, pass: &str) -> Option<Arc<Shared>> {
        // All are compared, so that the time tells nothing.
        let rooms = self.living();
        let of_pass = |found: Option<Arc<Shared>>, room: &Arc<Shared>| {
            if are_same(&room.pass, pass) { Some(room.clone()) } else { found }
        };
        rooms.values().fold(None, of_pass)
    }

    /// The classes that have not been silent for too long.
    fn living(&self) -> MutexGuard<'_, HashMap<String, Arc<Shared>>> {
        let mut rooms = lock(&self.0);
        rooms.retain(|_, room| lock(&room.used).elapsed() < LIFETIME);
        rooms
    }
}

impl Shared {
    /// What makes a page the teacher's.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// What lets others into this class, on a server that wants a token.
    pub(crate) fn pass(&self) -> &str {
        &self.pass
    }

    /// Whether a page is the teacher's.
    pub(crate) fn is_key(&self, key: &str) -> bool {
        are_same(&self.key, key)
    }

    /// Reads the class.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Room) -> T) -> T {
        read(&lock(&self.room))
    }

    /// Changes the class, and tells all of its pages.
    ///
    /// # Errors
    /// What `change` says; then nobody is told.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Room) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let changed = change(&mut lock(&self.room))?;
        *lock(&self.used) = Instant::now();
        self.changes.send_modify(|version| *version += 1);
        Ok(changed)
    }

    /// Hears of changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// Nothing is left half done by a panic here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether two secrets are the same. All of both is compared, so that the time tells nothing.
fn are_same(secret: &str, given: &str) -> bool {
    let same = secret.bytes().zip(given.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    secret.len() == given.len() && same == 0
}

/// 128 bits that cannot be guessed.
fn secret() -> String {
    format!("{:016x}{:016x}", random(), random())
}

fn code() -> String {
    let mut number = random();
    let letters = (0..CODE_LETTERS).map(|_| {
        let letter = LETTERS[(number % 32) as usize];
        number /= 32;
        char::from(letter)
    });
    letters.collect()
}

/// A number that cannot be guessed: the hash of nothing under a key of the system's randomness.
fn random() -> u64 {
    RandomState::new().hash_one(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_by_their_codes_and_are_not_too_many() {
        let rooms = Rooms::default();
        let (code, room) = rooms.open().unwrap();
        assert!(room.is_key(room.key()) && !room.is_key("") && !room.is_key(&code));
        let typed = format!(" {} ", code.to_lowercase());
        assert!(Arc::ptr_eq(&rooms.find(&typed).unwrap(), &room));
        assert!(rooms.find("").is_err());
        let (_, other) = rooms.open().unwrap();
        for (of, pass) in [(&room, room.pass()), (&other, other.pass())] {
            assert!(Arc::ptr_eq(&rooms.let_in(pass).unwrap(), of));
            assert!(!of.is_key(pass), "who takes part is no teacher");
        }
        for wrong in ["", &code, room.key(), &room.pass()[1..]] {
            assert!(rooms.let_in(wrong).is_none(), "{wrong}");
        }
        for _ in 2..MAX_ROOMS {
            rooms.open().unwrap();
        }
        assert!(rooms.open().is_err());
    }
}
