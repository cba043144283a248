//! All classes of the server, by their codes.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

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
    /// Why not, in a sentence.
    pub(crate) fn open(&self) -> Result<(String, Arc<Shared>), &'static str> {
        let mut rooms = lock(&self.0);
        rooms.retain(|_, room| lock(&room.used).elapsed() < LIFETIME);
        if rooms.len() >= MAX_ROOMS {
            return Err("Too many classes are open on this server.");
        }
        let code = loop {
            let code = code();
            if !rooms.contains_key(&code) {
                break code;
            }
        };
        let (changes, _) = watch::channel(0);
        let (room, used) = (Mutex::default(), Mutex::new(Instant::now()));
        let key = format!("{:016x}{:016x}", random(), random());
        let shared = Arc::new(Shared { room, changes, key, used });
        rooms.insert(code.clone(), shared.clone());
        Ok((code, shared))
    }

    /// The class of a code.
    ///
    /// # Errors
    /// There is none, in a sentence.
    pub(crate) fn find(&self, code: &str) -> Result<Arc<Shared>, &'static str> {
        let code = code.trim().to_ascii_uppercase();
        let found = lock(&self.0).get(&code).cloned();
        found.ok_or("There is no class of this code. Ask for it again.")
    }
}

impl Shared {
    /// What makes a page the teacher's.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether a page is the teacher's.
    pub(crate) fn is_key(&self, key: &str) -> bool {
        // All are compared, so that the time tells nothing.
        let same = self.key.bytes().zip(key.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        self.key.len() == key.len() && same == 0
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
        change: impl FnOnce(&mut Room) -> Result<T, &'static str>,
    ) -> Result<T, &'static str> {
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
        for _ in 1..MAX_ROOMS {
            rooms.open().unwrap();
        }
        assert!(rooms.open().is_err());
    }
}
